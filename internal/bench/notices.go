package bench

import (
	"context"
	"fmt"
	"time"

	"okno/internal/notification"
	"okno/internal/store"
)

// toldAtOnce is how many people one transaction tells.
const toldAtOnce = 100

// notices measures how many people are told of something, a hundred in a transaction, beside plain transactions that write the same rows,
// the notes and the jobs that will send them: those of a table in one statement, or a statement for each, whichever is faster.
func (b *bench) notices(ctx context.Context, e store.Engine) error {
	p, all, x, leave, err := b.peopled(ctx, e, done{}, max(b.People, toldAtOnce), false)
	if err != nil {
		return err
	}
	defer leave()
	c, stop, err := b.children(1)
	if err != nil {
		return err
	}
	defer stop()
	note := x.Notices.Say(notification.Identity, "cabinet", "message.level.confirmed")
	var list []notification.Telling
	for _, one := range all[:toldAtOnce] {
		list = append(list, notification.Telling{Account: one.account, Note: note})
	}
	tell := func() error {
		return x.DB.Write(ctx, func(tx *store.Tx) error { return x.Notices.TellMany(ctx, tx, list) })
	}
	rows, err := written(c[0], p.Database, tell, "notice", "river_job")
	if err != nil {
		return err
	}
	for _, n := range []int{1, 4} {
		var ours int
		var bare [2]int // a statement for each row; for each table
		for i := range b.Slices + 1 {
			told, err := togetherHere(order{Conns: n, For: b.Slice}, tell)
			if err != nil {
				return err
			}
			var wrote [2]done
			for k := range wrote {
				if wrote[k], err = c[0].do(order{Do: "write", Conns: n, For: b.Slice, Whole: k == 1}); err != nil {
					return err
				}
			}
			if i > 0 { // the first is to warm up
				ours, bare[0], bare[1] = ours+told.N, bare[0]+wrote[0].N, bare[1]+wrote[1].N
			}
		}
		ratio, over := float64(ours)/float64(max(bare[0], bare[1])), (time.Duration(b.Slices) * b.Slice).Seconds()
		goal, met := atLeast(ratio, 0.5)
		b.add(fmt.Sprintf("notices by the hundred ÷ bare transactions, %d at once", n), e, fmt.Sprintf("%.3f", ratio), goal, met, "%.0f notices/s beside %.0f/s row by row and %.0f/s table by table; %d rows of notice and river_job in each",
			float64(ours*toldAtOnce)/over, float64(bare[0]*toldAtOnce)/over, float64(bare[1]*toldAtOnce)/over, len(rows.Says))
	}
	return nil
}
