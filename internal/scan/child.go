package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Limits are what a child process may take. What is zero gets the default in its comment.
type Limits struct {
	AtOnce  int           // pictures that a Reader holds, each with one child at most; 2
	Timeout time.Duration // of one child; 60 s
	CPU     time.Duration // of one child; 15 s
	Memory  int64         // address space of one child; 1 GiB
	Answer  int64         // what a child may print: a page of words is some hundred KB, a drawn page a few MB; 64 MB
	Pixels  int           // of a picture, told by its head before it is decoded; 40 million
}

func (l Limits) orDefault() Limits {
	if l.AtOnce <= 0 {
		l.AtOnce = 2
	}
	if l.Timeout <= 0 {
		l.Timeout = time.Minute
	}
	if l.CPU <= 0 {
		l.CPU = 15 * time.Second
	}
	if l.Memory <= 0 {
		l.Memory = 1 << 30
	}
	if l.Answer <= 0 {
		l.Answer = 64_000_000
	}
	if l.Pixels <= 0 {
		l.Pixels = 40_000_000
	}
	return l
}

// ErrChild says that a program could not be run, or did not do its work within its limits. It is no judgement of the paper.
var ErrChild = errors.New("scan: the reading program did not do its work")

// run lets a program read in and returns what it prints. No shell is between; the child gets nothing of our environment, and its
// limits are set before it starts (prlimit execs it). It may not write a byte into any file (RLIMIT_FSIZE is 0): what is on the
// page goes through pipes and memory only. Its own words are not returned, for they may quote the page. A picture that is held has one
// child at a time, so that no more of them run than pictures are held.
func (r *Reader) run(ctx context.Context, in io.Reader, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limits.Timeout)
	defer cancel()
	seconds := int(max(1, r.limits.CPU/time.Second))
	bounds := []string{"--as=" + strconv.FormatInt(r.limits.Memory, 10), "--cpu=" + strconv.Itoa(seconds), "--fsize=0", "--core=0", "--nofile=64", "--", program}
	cmd := exec.CommandContext(ctx, "prlimit", append(bounds, args...)...) //nolint:gosec // the programs are constants, their arguments ours
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "OMP_THREAD_LIMIT=1"}
	cmd.Stdin = in
	out := bounded{most: r.limits.Answer}
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("%w: %s: %w", ErrChild, program, err)
	}
	return out.kept.Bytes(), nil
}

// bounded keeps what is written to it, and no more of it than most. The buffer is not embedded: its ReadFrom would go round Write.
type bounded struct {
	kept bytes.Buffer
	most int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.kept.Len()+len(p)) > b.most {
		return 0, errors.New("the answer is too long")
	}
	return b.kept.Write(p)
}
