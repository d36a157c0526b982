package specimen

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"

	xdraw "golang.org/x/image/draw"
)

// Defect is what is wrong with a picture.
type Defect string

// The defects. The first four are none to a reader that helps itself.
const (
	None     Defect = ""
	Quarter  Defect = "turned by 90"
	Half     Defect = "turned by 180"
	ThreeQ   Defect = "turned by 270"
	Defocus  Defect = "out of focus"
	Motion   Defect = "shaken"
	Glare    Defect = "glare"
	Small    Defect = "low resolution"
	Tilted   Defect = "tilted"
	Aslant   Defect = "perspective"
	Cropped  Defect = "cropped"
	Noisy    Defect = "noise"
	Squeezed Defect = "jpeg artefacts"
)

// Harmless are what a reader should get over by itself, Harmful what it should refuse.
var (
	Harmless = []Defect{None, Quarter, Half, ThreeQ}                                             //nolint:gochecknoglobals // a table
	Harmful  = []Defect{Defocus, Motion, Glare, Small, Tilted, Aslant, Cropped, Noisy, Squeezed} //nolint:gochecknoglobals // a table
)

// Shot is the picture of a sheet with a defect, as a JPEG file. The same seed gives the same bytes.
func Shot(sheet *image.RGBA, d Defect, seed uint64) ([]byte, error) {
	r := rand.New(rand.NewPCG(seed, 77)) //nolint:gosec // the same picture every time
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
	sign := func() float64 { return float64(2*r.IntN(2) - 1) }

	// A sheet on a table, a little askew, the light not quite even, under a fair camera.
	scale, angle, slant, quality := between(0.85, 1.15), between(-1.5, 1.5), 0.0, 80+r.IntN(14)
	grain := between(1, 4)
	if d == Tilted {
		angle = sign() * between(12, 32)
	}
	if d == Aslant {
		slant = between(0.30, 0.45)
	}
	if d == Noisy {
		grain = between(70, 110)
	}
	pic := onTable(sheet, scale, angle, slant, r)
	switch d {
	case Quarter, Half, ThreeQ:
		pic = turned(pic, map[Defect]int{Quarter: 1, Half: 2, ThreeQ: 3}[d])
	case None, Tilted, Aslant, Noisy: // done, or to be done
	case Defocus:
		pic = soft(pic, scale*between(5, 9))
	case Motion:
		pic = shaken(pic, int(scale*between(26, 44)), r.Float64()*math.Pi)
	case Glare:
		flash(pic, r)
	case Cropped:
		pic = cropped(pic, between(0.28, 0.45), r.IntN(2))
	case Small:
		pic = shrunk(pic, between(230, 400)/float64(pic.Bounds().Dx()))
	case Squeezed:
		pic = shrunk(pic, between(560, 680)/float64(pic.Bounds().Dx()))
		quality = 2 + r.IntN(5)
	}
	grained(pic, grain, r)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, pic, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("specimen: %w", err)
	}
	return out.Bytes(), nil
}

// onTable sees the sheet from above: so many times larger, turned by so many degrees, its far edge shorter by slant.
func onTable(sheet *image.RGBA, scale, angle, slant float64, r *rand.Rand) *image.RGBA {
	w, h := float64(sheet.Bounds().Dx()), float64(sheet.Bounds().Dy())
	sin, cos := math.Sincos(angle * math.Pi / 180)
	margin := (1.05 + 0.05*r.Float64()) * (1 + slant*0.6)
	W := int(scale * margin * (w*math.Abs(cos) + h*math.Abs(sin)))
	H := int(scale * margin * (h*math.Abs(cos) + w*math.Abs(sin)))
	dst := image.NewRGBA(image.Rect(0, 0, W, H))
	table := []color.RGBA{{74, 58, 44, 255}, {48, 52, 60, 255}, {96, 92, 88, 255}}[r.IntN(3)]
	lx, ly, base := r.Float64()-0.5, r.Float64()-0.5, 0.9+0.1*r.Float64()
	for y := range H {
		for x := range W {
			dx, dy := (float64(x)-float64(W)/2)/scale, (float64(y)-float64(H)/2)/scale
			light := base * (1 + 0.12*(lx*dx/w+ly*dy/h))
			if slant > 0 {
				k := 1 + slant*(-dy/h) // smaller at the top
				dx, dy = dx*k, dy*(1+slant*0.5*(-dy/h))
			}
			u, v := cos*dx+sin*dy+w/2, -sin*dx+cos*dy+h/2
			c := table
			if u >= 0 && v >= 0 && u < w-1 && v < h-1 {
				c = bilinear(sheet, u, v)
			}
			dst.SetRGBA(x, y, color.RGBA{lit(c.R, light), lit(c.G, light), lit(c.B, light), 255})
		}
	}
	return dst
}

func lit(v uint8, by float64) uint8 { return uint8(max(0, min(255, float64(v)*by))) }

func bilinear(m *image.RGBA, u, v float64) color.RGBA {
	x, y := int(u), int(v)
	fx, fy := u-float64(x), v-float64(y)
	i := m.PixOffset(x, y)
	var out [3]uint8
	for c := range 3 {
		a, b := float64(m.Pix[i+c]), float64(m.Pix[i+4+c])
		d, e := float64(m.Pix[i+m.Stride+c]), float64(m.Pix[i+m.Stride+4+c])
		out[c] = uint8((a*(1-fx)+b*fx)*(1-fy) + (d*(1-fx)+e*fx)*fy)
	}
	return color.RGBA{out[0], out[1], out[2], 255}
}

// turned turns clockwise by so many quarters.
func turned(m *image.RGBA, quarters int) *image.RGBA {
	for range quarters {
		b := m.Bounds()
		out := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
		for y := range b.Dy() {
			for x := range b.Dx() {
				out.SetRGBA(b.Dy()-1-y, x, m.RGBAAt(x, y))
			}
		}
		m = out
	}
	return m
}

// soft is the picture out of focus: three box blurs are nearly a bell of that deviation.
func soft(m *image.RGBA, sigma float64) *image.RGBA {
	radius := max(1, int(math.Round(sigma)))
	for range 3 {
		m = swept(swept(m, radius, 1, 0), radius, 0, 1)
	}
	return m
}

// shaken smears the picture along a direction.
func shaken(m *image.RGBA, length int, direction float64) *image.RGBA {
	sin, cos := math.Sincos(direction)
	b := m.Bounds()
	out := image.NewRGBA(b)
	for y := range b.Dy() {
		for x := range b.Dx() {
			var sum [3]int
			n := 0
			for k := -length / 2; k <= length/2; k += 2 {
				px, py := x+int(float64(k)*cos), y+int(float64(k)*sin)
				if !image.Pt(px, py).In(b) {
					continue
				}
				i := m.PixOffset(px, py)
				sum[0], sum[1], sum[2] = sum[0]+int(m.Pix[i]), sum[1]+int(m.Pix[i+1]), sum[2]+int(m.Pix[i+2])
				n++
			}
			out.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}) //nolint:gosec // means of bytes
		}
	}
	return out
}

// swept is the mean over a window along one axis.
func swept(m *image.RGBA, radius, dx, dy int) *image.RGBA {
	b := m.Bounds()
	out := image.NewRGBA(b)
	lines, length, step, next := b.Dy(), b.Dx(), 4, m.Stride
	if dy > 0 {
		lines, length, step, next = b.Dx(), b.Dy(), m.Stride, 4
	}
	_ = dx
	for l := range lines {
		for c := range 3 {
			base, sum := l*next+c, 0
			pix := func(i int) int { return int(m.Pix[base+max(0, min(length-1, i))*step]) }
			for i := -radius; i <= radius; i++ {
				sum += pix(i)
			}
			for i := range length {
				out.Pix[base+i*step] = uint8(sum / (2*radius + 1)) //nolint:gosec // a mean of bytes
				sum += pix(i+radius+1) - pix(i-radius)
			}
		}
	}
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = 255
	}
	return out
}

// flash is the reflection of a lamp over the written part of the sheet.
func flash(m *image.RGBA, r *rand.Rand) {
	w, h := float64(m.Bounds().Dx()), float64(m.Bounds().Dy())
	cx, cy := w*(0.50+0.2*r.Float64()), h*(0.62+0.16*r.Float64())
	rx, ry := w*(0.20+0.12*r.Float64()), h*(0.09+0.08*r.Float64())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			k := 330 * math.Exp(-math.Pow(dx*dx+dy*dy, 1.6)*0.8)
			if k < 1 {
				continue
			}
			i := m.PixOffset(x, y)
			for c := range 3 {
				m.Pix[i+c] = uint8(min(255, float64(m.Pix[i+c])+k))
			}
		}
	}
}

// cropped cuts a share off: 0 is the bottom, 1 the right side.
func cropped(m *image.RGBA, share float64, side int) *image.RGBA {
	b := m.Bounds()
	if side == 0 {
		b.Max.Y -= int(share * float64(b.Dy()))
	} else {
		b.Max.X -= int(share * float64(b.Dx()))
	}
	out := image.NewRGBA(b)
	draw.Draw(out, b, m, b.Min, draw.Src)
	return out
}

func shrunk(m *image.RGBA, by float64) *image.RGBA {
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, int(by*float64(b.Dx())), int(by*float64(b.Dy()))))
	xdraw.CatmullRom.Scale(out, out.Bounds(), m, b, draw.Src, nil)
	return out
}

func grained(m *image.RGBA, sigma float64, r *rand.Rand) {
	for i := range m.Pix {
		if i%4 != 3 {
			m.Pix[i] = uint8(max(0, min(255, float64(m.Pix[i])+r.NormFloat64()*sigma)))
		}
	}
}
