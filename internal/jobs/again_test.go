package jobs

import (
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"
)

func TestWhoeverDoesNotAnswerIsAskedMoreAndMoreSeldom(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 6: time.Minute, 200: time.Minute} {
		var later *rivertype.JobSnoozeError
		if err := Again(n, 2*time.Second, time.Minute); !errors.As(err, &later) || later.Duration < want-want/8 || later.Duration > want+want/8 {
			t.Errorf("after %d times in vain: %v, want about %s", n, err, want)
		}
	}
}
