package procedure

// Calendar is how days of a deadline are counted.
type Calendar string

// The calendars.
const (
	AllDays Calendar = "all"        // every day
	Working Calendar = "ru-working" // working days of the Russian production calendar
)
