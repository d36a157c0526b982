package ui

// Tone is what a colour means. The zero value means nothing in particular.
type Tone string

// The tones; they are Designsystemet's data-color.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// icon is the drawing that repeats the tone for those who do not see the colour.
func (t Tone) icon() Icon {
	switch t {
	case Success:
		return IconCircleCheck
	case Warning:
		return IconTriangleAlert
	case Danger:
		return IconOctagonAlert
	case Info, Neutral, "":
	}
	return IconInfo
}

// Variant is how loud a button is. A page has one Primary.
type Variant string

// The variants, loudest first.
const (
	Primary   Variant = ""
	Secondary Variant = "secondary"
	Tertiary  Variant = "tertiary"
)
