package scan

import (
	"math"
	"slices"
)

// spot is a connected piece of ink the size of a letter.
type spot struct{ x, y, w, h int }

// spots finds letters: what is darker than its neighbourhood, hangs together, and is neither a speck nor a line. The picture is
// looked at with a shorter side of about 900 pixels; scale is by how much its own pixels are more.
func spots(g *gray) (out []spot, scale float64) {
	scale = 1
	if short := min(g.w, g.h); short > 900 {
		scale = float64(short) / 900
		g = g.scaled(1 / scale)
	}
	s := g.sums()
	const reach = 14
	ink := make([]bool, g.w*g.h)
	for y := range g.h {
		y1, y2 := max(0, y-reach), min(g.h, y+reach+1)
		for x, p := range g.row(y) {
			x1, x2 := max(0, x-reach), min(g.w, x+reach+1)
			mean := s.over(x1, y1, x2, y2) / int64((x2-x1)*(y2-y1))
			ink[y*g.w+x] = mean > 90 && int64(p) < mean*80/100
		}
	}
	var todo []int
	for i := range ink {
		if !ink[i] {
			continue
		}
		ink[i] = false
		todo = append(todo[:0], i)
		x1, y1, x2, y2, n := g.w, g.h, 0, 0, 0
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			x, y := i%g.w, i/g.w
			x1, y1, x2, y2, n = min(x1, x), min(y1, y), max(x2, x), max(y2, y), n+1
			for v := max(0, y-1); v <= min(g.h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(g.w-1, x+1); u++ {
					if k := v*g.w + u; ink[k] {
						ink[k] = false
						todo = append(todo, k)
					}
				}
			}
		}
		w, h := x2-x1+1, y2-y1+1
		if n >= 8 && max(w, h) >= 5 && max(w, h) <= 60 && min(w, h) >= 2 && n*8 >= w*h {
			out = append(out, spot{x1, y1, w, h})
		}
	}
	return out, scale
}

// slope is the angle in degrees, from -90 to 90, clockwise, by which lines of text are turned: the one at which the middles of
// letters fall into the fewest rows.
func slope(all []spot) float64 {
	if len(all) < 12 {
		return 0
	}
	best, at := -1.0, 0.0
	try := func(a float64) {
		if s := rows(all, a); s > best {
			best, at = s, a
		}
	}
	for a := -90.0; a < 90; a++ {
		try(a)
	}
	for a := at - 0.9; a <= at+0.9; a += 0.15 {
		try(a)
	}
	if at >= 90 {
		at -= 180
	}
	return at
}

// rows is how well the letters fall into rows at an angle.
func rows(all []spot, degrees float64) float64 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	count := map[int]int{}
	for _, s := range all {
		y := cos*(float64(s.y)+float64(s.h)/2) - sin*(float64(s.x)+float64(s.w)/2)
		count[int(math.Floor(y/3))]++
	}
	sum := 0
	for _, n := range count {
		sum += n * n
	}
	return float64(sum)
}

// outline is where the sheet ends at its left and right, seen on a table that is darker.
type outline struct {
	found       bool
	taper       float64 // degrees by which its sides run together
	open        int     // sides on which the sheet goes on beyond the picture, while on others the table is seen
	left, right int
}

// outlined looks for the sheet in a picture that stands upright.
func outlined(g *gray) outline {
	const across = 300
	by := float64(across) / float64(max(g.w, g.h))
	small := g.scaled(by)
	var hist [256]int
	for _, p := range small.pix {
		hist[p]++
	}
	paper := quantile(&hist, 0.75)
	limit := uint8(paper * 62 / 100) //nolint:gosec // less than a byte
	bright := func(x, y int) bool { return small.pix[y*small.w+x] > limit }
	// A row belongs to the sheet when half of it is bright.
	var ys, lefts, rights []float64
	for y := range small.h {
		n, first, last := 0, -1, -1
		for x := range small.w {
			if bright(x, y) {
				n++
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if n*10 > small.w*4 {
			ys, lefts, rights = append(ys, float64(y)), append(lefts, float64(first)), append(rights, float64(last))
		}
	}
	if len(ys) < small.h/4 {
		return outline{}
	}
	trim := len(ys) / 12
	ys, lefts, rights = ys[trim:len(ys)-trim], lefts[trim:len(lefts)-trim], rights[trim:len(rights)-trim]
	l, r := incline(ys, lefts), incline(ys, rights)
	o := outline{found: true, left: int(median(lefts) / by), right: int(median(rights) / by)}
	o.taper = math.Abs(math.Atan(l)-math.Atan(r)) * 180 / math.Pi
	edge := [4]float64{} // left, right, top, bottom: share of it that is bright
	for y := range small.h {
		edge[0] += share(bright(1, y), small.h)
		edge[1] += share(bright(small.w-2, y), small.h)
	}
	for x := range small.w {
		edge[2] += share(bright(x, 1), small.w)
		edge[3] += share(bright(x, small.h-2), small.w)
	}
	closed := 0
	for _, e := range edge {
		switch {
		case e > 0.7:
			o.open++
		case e < 0.3:
			closed++
		}
	}
	if closed == 0 {
		o.open = 0 // a scanner's picture, without any table
	}
	return o
}

func share(yes bool, of int) float64 {
	if yes {
		return 1 / float64(of)
	}
	return 0
}

// incline is by how much x changes with y: the median of slopes between points far apart, which a few strays do not move.
func incline(ys, xs []float64) float64 {
	var all []float64
	half := len(ys) / 2
	for i := range half {
		all = append(all, (xs[i+half]-xs[i])/(ys[i+half]-ys[i]))
	}
	return median(all)
}

func median(s []float64) float64 {
	if len(s) == 0 {
		return 0
	}
	s = slices.Clone(s)
	slices.Sort(s)
	return s[len(s)/2]
}
