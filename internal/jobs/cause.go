package jobs

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river"

	"okno/internal/trace"
)

// metadata is what River keeps beside the arguments of a job. Only what is random goes there: which trace the job was
// enqueued in.
type metadata struct {
	Cause string `json:"okno_cause,omitempty"`
}

// causeOf is the metadata of jobs that are enqueued in ctx: nil outside of traces.
func causeOf(ctx context.Context) []byte {
	cause := trace.Cause(ctx)
	if cause == "" {
		return nil
	}
	b, err := json.Marshal(metadata{cause})
	if err != nil {
		return nil
	}
	return b
}

// begin begins the span of one run.
func (w *work[A]) begin(ctx context.Context, j *river.Job[A]) (context.Context, trace.Span) {
	if w.tracer == nil {
		return ctx, trace.Span{}
	}
	var m metadata
	_ = json.Unmarshal(j.Metadata, &m) // a job whose metadata cannot be read points to nothing
	ctx, span := w.tracer.Job(ctx, j.Kind, m.Cause)
	span.Count(trace.Try, int64(j.Attempt))
	return ctx, span
}
