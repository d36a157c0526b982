package jobs

import "time"

// Again is Retry for the n-th time in vain: the pause doubles from the first up to the longest, with a quarter of chance, as it
// does between tries that failed.
func Again(n int, first, longest time.Duration) error {
	return Retry(Pause(n, first, longest))
}

// Pause is the pause of Again, for what is tried by the rows of its own package.
func Pause(n int, first, longest time.Duration) time.Duration {
	return Policy{First: first, Longest: longest}.pause(n)
}
