package form

// PassportEnds is the last day on which a Russian passport issued on that day is valid: it is changed at 20 and at 45, within
// 90 days of the birthday (Decree of the Government of the Russian Federation of 23.12.2023 № 2267). Zero: it has no end.
func PassportEnds(born, issued Date) Date {
	for _, age := range []int{20, 45} {
		if birthday := born.Add(age, 0, 0); issued.Before(birthday) {
			return birthday.Add(0, 0, passportGrace)
		}
	}
	return Date{}
}
