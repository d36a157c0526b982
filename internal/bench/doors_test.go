package bench

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sample are n times about mean, with the long tail that times have.
func sample(seed uint64, n int, mean float64) []float64 {
	dice := rand.New(rand.NewPCG(seed, 7))
	out := make([]float64, n)
	for i := range out {
		out[i] = mean + dice.NormFloat64()*0.2 + dice.ExpFloat64()*0.5
	}
	return out
}

func TestTimesThatAreAlikeAreNotToldApartAndOthersAre(t *testing.T) {
	a, same, slower := sample(1, 2000, 10), sample(2, 2000, 10), sample(3, 2000, 10.15)
	if x, z := welch(cropped(a), cropped(same)), rankSum(a, same); math.Abs(x) > apart || math.Abs(z) > apart {
		t.Errorf("two of one distribution: t %.1f, z %.1f", x, z)
	}
	if x, z := welch(cropped(slower), cropped(a)), rankSum(slower, a); x < apart || z < apart {
		t.Errorf("one is slower by a seventh of a millisecond: t %.1f, z %.1f", x, z)
	}
	if x, z := welch(a, slower), rankSum(a, slower); x > 0 || z > 0 {
		t.Errorf("the sign of t %.1f and z %.1f does not say which is slower", x, z)
	}
}

// The numbers are worked out by hand. Ranks of a: 1, 3, 3, 5, 8, so U is 5 where 10 is expected; the ties, three 2s and two 4s, make
// the variance 20/12 · (10 − 30/72).
func TestTheStatisticsAreThoseOfTheBooks(t *testing.T) {
	a, b := []float64{1, 2, 2, 3, 5}, []float64{2, 4, 4, 6}
	if got := welch(a, b); math.Abs(got-(-1.3190)) > 1e-3 {
		t.Errorf("t is %.4f", got)
	}
	if got := rankSum(a, b); math.Abs(got-(-1.2511)) > 1e-3 {
		t.Errorf("z is %.4f", got)
	}
	if welch(nil, b) != 0 || rankSum(nil, b) != 0 || welch([]float64{1, 1}, []float64{1, 1}) != 0 || rankSum([]float64{1, 1}, []float64{1, 1}) != 0 {
		t.Error("too little, and too alike, is told apart")
	}
}
