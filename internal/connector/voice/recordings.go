package voice

import (
	"embed"
	"fmt"

	"okno/internal/i18n"
)

// Word is something the recordings say: one digit, or one of the phrases.
type Word string

// The phrases.
const (
	Greeting Word = "greeting" // that nobody else is to know the code, which follows
	Again    Word = "again"    // that it is said once more
)

// Rate is how many samples a second of a recording has, one byte each.
const Rate = 8000

// quiet is silence in mu-law.
const quiet = 0xff

//go:embed spoken/*/*.ulaw
var spoken embed.FS

// Words are everything the recordings of a language say.
func Words() []Word {
	return []Word{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", Greeting, Again}
}

// Recording is how a word sounds in a language: mu-law without silence around it.
func Recording(l i18n.Lang, w Word) []byte {
	sound, err := spoken.ReadFile(file(l, w))
	if err != nil {
		panic(fmt.Sprintf("voice: no recording of %s in %s", w, l)) // they are built in, and a test counts them
	}
	return sound
}

func file(l i18n.Lang, w Word) string { return "spoken/" + string(l) + "/" + string(w) + ".ulaw" }
