package voice

import (
	"bytes"
	"time"

	"okno/internal/i18n"
)

// The pauses of a call: until the phone is at the ear, between digits so that they can be written down, between the two times.
const (
	toTheEar = 600 * time.Millisecond
	writing  = 300 * time.Millisecond
	between  = 600 * time.Millisecond
)

// speech is what is said of a code, in two parts: after the first it has been said once.
func speech(l i18n.Lang, digits string) [][]byte {
	var once bytes.Buffer
	for _, d := range digits {
		once.Write(silence(writing))
		once.Write(Recording(l, Word(d)))
	}
	first := bytes.Join([][]byte{silence(toTheEar), Recording(l, Greeting), once.Bytes(), silence(writing)}, nil)
	second := bytes.Join([][]byte{silence(between), Recording(l, Again), once.Bytes(), silence(between)}, nil)
	return [][]byte{first, second}
}

func silence(d time.Duration) []byte {
	return bytes.Repeat([]byte{quiet}, int(d*Rate/time.Second))
}
