package sandbox

import "fmt"

// snils writes the insurance number with the nine digits of n: the check number is the sum of the digits, each
// times its place from the right, modulo 101, where 100 counts as 00. Holds for numbers above 001-001-998.
func snils(n int) string {
	sum, rest := 0, n
	for place := 1; place <= 9; place++ {
		sum += rest % 10 * place
		rest /= 10
	}
	return fmt.Sprintf("%03d-%03d-%03d %02d", n/1e6, n/1e3%1e3, n%1e3, sum%101%100)
}

// innPerson writes the 12-digit taxpayer number with the ten digits of n.
func innPerson(n int64) string {
	s := fmt.Sprintf("%010d", n)
	s += innDigit(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	return s + innDigit(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

// innFirm writes the 10-digit taxpayer number of an organisation with the nine digits of n.
func innFirm(n int64) string {
	s := fmt.Sprintf("%09d", n)
	return s + innDigit(s, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

func innDigit(s string, weights ...int) string {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return string(rune('0' + sum%11%10))
}

// digits keeps the digits of s: people write numbers with spaces and dashes.
func digits(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			out = append(out, s[i])
		}
	}
	return string(out)
}
