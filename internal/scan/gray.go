package scan

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"strconv"
)

// gray is a picture without colours. Light is 255.
type gray struct {
	w, h int
	pix  []uint8
}

func newGray(w, h int) *gray { return &gray{w, h, make([]uint8, w*h)} }

func (g *gray) row(y int) []uint8 { return g.pix[y*g.w : (y+1)*g.w] }

// fromImage drops the colours. What is transparent lies on white.
func fromImage(m image.Image) *gray {
	b := m.Bounds()
	g := newGray(b.Dx(), b.Dy())
	switch m := m.(type) {
	case *image.YCbCr:
		for y := range g.h {
			copy(g.row(y), m.Y[m.YOffset(b.Min.X, b.Min.Y+y):][:g.w])
		}
	case *image.Gray:
		for y := range g.h {
			copy(g.row(y), m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):][:g.w])
		}
	default:
		for y := range g.h {
			row := g.row(y)
			for x := range g.w {
				r, gr, bl, a := m.At(b.Min.X+x, b.Min.Y+y).RGBA()
				white := 0xffff - a
				row[x] = color.GrayModel.Convert(color.RGBA64{uint16(r + white), uint16(gr + white), uint16(bl + white), 0xffff}).(color.Gray).Y //nolint:gosec,forcetypeassert // premultiplied, so within 16 bits; the model's own type
			}
		}
	}
	return g
}

// pgm is the picture as children are given it.
func (g *gray) pgm() *bytes.Reader {
	head := "P5\n" + strconv.Itoa(g.w) + " " + strconv.Itoa(g.h) + "\n255\n"
	return bytes.NewReader(append([]byte(head), g.pix...))
}

// crop is a part, as far as there is one.
func (g *gray) crop(x1, y1, x2, y2 int) *gray {
	x1, y1, x2, y2 = max(0, x1), max(0, y1), min(g.w, x2), min(g.h, y2)
	if x1 >= x2 || y1 >= y2 {
		return newGray(1, 1)
	}
	out := newGray(x2-x1, y2-y1)
	for y := range out.h {
		copy(out.row(y), g.row(y1 + y)[x1:x2])
	}
	return out
}

// scaled is the picture so many times as large. Small ones are means of what they cover.
func (g *gray) scaled(by float64) *gray {
	if by == 1 {
		return g
	}
	out := newGray(max(1, int(by*float64(g.w))), max(1, int(by*float64(g.h))))
	fx, fy := float64(g.w)/float64(out.w), float64(g.h)/float64(out.h)
	if by > 1 {
		for y := range out.h {
			for x := range out.w {
				out.pix[y*out.w+x] = g.between((float64(x)+0.5)*fx-0.5, (float64(y)+0.5)*fy-0.5)
			}
		}
		return out
	}
	for y := range out.h {
		y1, y2 := int(float64(y)*fy), max(int(float64(y)*fy)+1, int(float64(y+1)*fy))
		for x := range out.w {
			x1, x2 := int(float64(x)*fx), max(int(float64(x)*fx)+1, int(float64(x+1)*fx))
			sum, n := 0, 0
			for v := y1; v < min(y2, g.h); v++ {
				for _, p := range g.row(v)[x1:min(x2, g.w)] {
					sum += int(p)
					n++
				}
			}
			out.pix[y*out.w+x] = uint8(sum / max(1, n)) //nolint:gosec // a mean of bytes
		}
	}
	return out
}

// between is the light at a place that need not be a pixel.
func (g *gray) between(u, v float64) uint8 {
	u, v = max(0, min(float64(g.w-1), u)), max(0, min(float64(g.h-1), v))
	x, y := min(int(u), max(0, g.w-2)), min(int(v), max(0, g.h-2))
	fx, fy := u-float64(x), v-float64(y)
	at := func(x, y int) float64 { return float64(g.pix[min(y, g.h-1)*g.w+min(x, g.w-1)]) }
	return uint8((at(x, y)*(1-fx)+at(x+1, y)*fx)*(1-fy) + (at(x, y+1)*(1-fx)+at(x+1, y+1)*fx)*fy)
}

// quarters turns clockwise by so many right angles.
func (g *gray) quarters(n int) *gray {
	for range ((n % 4) + 4) % 4 {
		out := newGray(g.h, g.w)
		for y := range g.h {
			for x, p := range g.row(y) {
				out.pix[x*out.w+out.w-1-y] = p
			}
		}
		g = out
	}
	return g
}

// turned turns clockwise by degrees, within the same frame; what comes in from outside is like the edge.
func (g *gray) turned(degrees float64) *gray {
	if math.Abs(degrees) < 0.1 {
		return g
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	out := newGray(g.w, g.h)
	cx, cy := float64(g.w)/2, float64(g.h)/2
	for y := range out.h {
		for x := range out.w {
			dx, dy := float64(x)-cx, float64(y)-cy
			out.pix[y*out.w+x] = g.between(cos*dx+sin*dy+cx, -sin*dx+cos*dy+cy)
		}
	}
	return out
}

// sums is an integral image: the sum over any rectangle in four look-ups.
type sums struct {
	w   int
	sum []int64
}

func (g *gray) sums() sums {
	s := sums{g.w + 1, make([]int64, (g.w+1)*(g.h+1))}
	for y := range g.h {
		var line int64
		for x, p := range g.row(y) {
			line += int64(p)
			s.sum[(y+1)*s.w+x+1] = s.sum[y*s.w+x+1] + line
		}
	}
	return s
}

func (s sums) over(x1, y1, x2, y2 int) int64 {
	return s.sum[y2*s.w+x2] - s.sum[y1*s.w+x2] - s.sum[y2*s.w+x1] + s.sum[y1*s.w+x1]
}
