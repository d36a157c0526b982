package form

// Ends is the first day on which the document proves nothing any more in the hands of somebody born on that day, zero when no such day
// is known: a passport has its birthdays, a certificate of birth the one at 14, any other document the day after its last.
func (x Identity) Ends(born Date) Date {
	about, _ := PaperOf(x.Kind)
	var end Date
	switch {
	case x.Kind == Passport && !born.IsZero():
		if last := PassportEnds(born, x.IssuedAt); !last.IsZero() {
			end = last.Add(0, 0, 1)
		}
	case about.Until > 0 && !born.IsZero():
		end = born.Add(about.Until, 0, 0)
	}
	if day := x.ExpiresAt.Add(0, 0, 1); !x.ExpiresAt.IsZero() && (end.IsZero() || day.Before(end)) {
		end = day
	}
	return end
}

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
