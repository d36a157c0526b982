package scan

import (
	"math"
	"slices"
)

// measures are what can be told of a picture before a letter of it is read.
type measures struct {
	short     int     // pixels of the shorter side
	sharp     float64 // steepest step in text as a share of its contrast, in the direction where it is least steep
	glare     float64 // share of the picture in its largest burnt-out spot
	grain     float64 // deviation of what should be even
	blocks    float64 // steps at the borders of JPEG's blocks beside those within
	written   int     // places with something to read
	lightness float64 // of the brighter half
}

func measure(g *gray) measures {
	m := measures{short: min(g.w, g.h), blocks: blockiness(g), grain: grain(g)}
	small := g
	if m.short > 1000 {
		small = g.scaled(1000 / float64(m.short))
	}
	m.sharp, m.written = sharpness(small)
	m.glare, m.lightness = burnt(small)
	return m
}

// sharpness looks at blocks with a contrast like that of text. A shaken picture is sharp along the way it was shaken, so the
// direction with the softest edges counts.
func sharpness(g *gray) (sharp float64, written int) {
	const side = 32
	directions := [4][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}}
	var seen [4][]float64
	for y := 1; y+side < g.h; y += side {
		for x := 1; x+side < g.w; x += side {
			var hist [256]int
			for v := y; v < y+side; v++ {
				for _, p := range g.row(v)[x : x+side] {
					hist[p]++
				}
			}
			lo, hi := quantile(&hist, 0.03), quantile(&hist, 0.97)
			if hi-lo < 50 || hi < 90 { // nothing written, or the table beneath
				continue
			}
			written++
			for d, dir := range directions {
				steep := 0
				for v := y; v < y+side; v++ {
					for u := x; u < x+side; u++ {
						a, b := int(g.pix[v*g.w+u]), int(g.pix[(v+dir[1])*g.w+u+dir[0]])
						steep = max(steep, a-b, b-a)
					}
				}
				step := float64(steep) / float64(hi-lo)
				if d > 1 {
					step /= math.Sqrt2
				}
				seen[d] = append(seen[d], step)
			}
		}
	}
	if written < 6 {
		return 0, written
	}
	sharp = math.Inf(1)
	for _, s := range seen {
		slices.Sort(s)
		sharp = min(sharp, s[len(s)*7/10])
	}
	return sharp, written
}

func quantile(hist *[256]int, q float64) int {
	total := 0
	for _, n := range hist {
		total += n
	}
	want, sum := int(q*float64(total)), 0
	for v, n := range hist {
		if sum += n; sum > want {
			return v
		}
	}
	return 255
}

// burnt finds the largest spot in which nothing is left but white. Of paper that is as white it tells nothing, so then it is 0.
func burnt(g *gray) (share, lightness float64) {
	const side = 8
	w, h := g.w/side, g.h/side
	if w == 0 || h == 0 {
		return 0, 0
	}
	white := make([]bool, w*h)
	var hist [256]int
	for y := range h {
		for x := range w {
			n, sum := 0, 0
			for v := y * side; v < (y+1)*side; v++ {
				for _, p := range g.row(v)[x*side : (x+1)*side] {
					sum += int(p)
					if p >= 250 {
						n++
					}
				}
			}
			hist[sum/(side*side)]++
			white[y*w+x] = n >= side*side*9/10
		}
	}
	paper := quantile(&hist, 0.6)
	lightness = float64(paper)
	if paper >= 246 {
		return 0, lightness
	}
	largest := 0
	for i := range white {
		largest = max(largest, flood(white, w, i))
	}
	return float64(largest) / float64(w*h), lightness
}

// flood counts what hangs together with i, and takes it away.
func flood(set []bool, w, i int) int {
	if !set[i] {
		return 0
	}
	set[i] = false
	n, todo := 0, []int{i}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n++
		for _, k := range [4]int{i - 1, i + 1, i - w, i + w} {
			if k < 0 || k >= len(set) || !set[k] || (k == i-1 && i%w == 0) || (k == i+1 && k%w == 0) {
				continue
			}
			set[k] = false
			todo = append(todo, k)
		}
	}
	return n
}

// grain is the deviation of single pixels where the picture should be even: Immerkær's mask, in the quieter third of blocks.
func grain(g *gray) float64 {
	const side = 24
	var all []float64
	for y := 1; y+side < g.h; y += side {
		for x := 1; x+side < g.w; x += side {
			sum, light := 0, 0
			for v := y; v < y+side; v++ {
				up, at, down := g.row(v-1), g.row(v), g.row(v+1)
				for u := x; u < x+side; u++ {
					d := int(up[u-1]) - 2*int(up[u]) + int(up[u+1]) - 2*int(at[u-1]) + 4*int(at[u]) - 2*int(at[u+1]) + int(down[u-1]) - 2*int(down[u]) + int(down[u+1])
					sum += max(d, -d)
					light += int(at[u])
				}
			}
			if light > side*side*80 && light < side*side*245 {
				all = append(all, math.Sqrt(math.Pi/2)*float64(sum)/(6*side*side))
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/3]
}

// blockiness is how much larger steps are at every eighth pixel than between: JPEG's own mark.
func blockiness(g *gray) float64 {
	var at, within, na, nw int
	for y := 0; y < g.h; y += 3 {
		row := g.row(y)
		for x := 1; x < g.w; x++ {
			d := int(row[x]) - int(row[x-1])
			d = min(max(d, -d), 40)
			if x%8 == 0 {
				at, na = at+d, na+1
			} else {
				within, nw = within+d, nw+1
			}
		}
	}
	if na == 0 || nw == 0 {
		return 1
	}
	return (float64(at)/float64(na) + 0.05) / (float64(within)/float64(nw) + 0.05)
}
