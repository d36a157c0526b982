package specimen

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// mm is so many pixels: sheets are drawn as a scanner of 254 dpi sees them.
const mm = 10

// The size of an open passport: two pages of 125 by 88 mm, one above the other.
const (
	width  = 125 * mm
	height = 176 * mm
	fold   = 88 * mm
)

// Person is whose paper it is. Dates are ISO 8601.
type Person struct {
	Surname, GivenName, Patronymic string
	Sex                            string // male, female
	BirthDate, BirthPlace          string
	Series, Number                 string
	IssuedAt, IssuedBy             string
	DepartmentCode                 string
	Address                        string
	SNILS, INN                     string
}

// Style is how a sheet is printed.
type Style struct {
	Text *opentype.Font // values and labels
	MRZ  *opentype.Font // of one width
	Seed uint64
}

var (
	paper = color.RGBA{238, 224, 214, 255}
	ink   = color.RGBA{35, 32, 40, 255}
	label = color.RGBA{120, 92, 92, 255}
	red   = color.RGBA{168, 40, 46, 255}
)

// pen draws on a sheet.
type pen struct {
	*image.RGBA
	style Style
	err   error
}

func newSheet(s Style, tint color.RGBA) *pen {
	p := &pen{RGBA: image.NewRGBA(image.Rect(0, 0, width, height)), style: s}
	draw.Draw(p, p.Bounds(), image.NewUniform(tint), image.Point{}, draw.Src)
	return p
}

// waves are the lines behind the text: many, thin, a little darker than the paper.
func (p *pen) waves(tint color.RGBA) {
	r := rand.New(rand.NewPCG(p.style.Seed, 3)) //nolint:gosec // the same sheet every time
	for k := range 46 {
		y0 := float64(height*k) / 46
		amp, per, ph := 14+r.Float64()*26, 130+r.Float64()*240, r.Float64()*7
		for x := range width {
			y := int(y0 + amp*math.Sin(float64(x)/per+ph) + 6*math.Sin(float64(x)/37+ph*3))
			for d := range 2 {
				if image.Pt(x, y+d).In(p.Bounds()) {
					p.SetRGBA(x, y+d, tint)
				}
			}
		}
	}
}

// face is the style's typeface at a size in millimetres of its em.
func (p *pen) face(f *opentype.Font, size float64) font.Face {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size * mm, DPI: 72, Hinting: font.HintingNone})
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("typeface: %w", err)
	}
	return face
}

// write puts a line with its baseline at x, y, in millimetres.
func (p *pen) write(x, y, size float64, c color.Color, text string) {
	face := p.face(p.style.Text, size)
	if p.err != nil {
		return
	}
	d := font.Drawer{Dst: p.RGBA, Src: image.NewUniform(c), Face: face, Dot: at(x, y)}
	d.DrawString(text)
}

// centred is write about the middle x.
func (p *pen) centred(x, y, size float64, c color.Color, text string) {
	face := p.face(p.style.Text, size)
	if p.err != nil {
		return
	}
	w := float64(font.MeasureString(face, text)) / 64 / mm
	p.write(x-w/2, y, size, c, text)
}

func at(x, y float64) fixed.Point26_6 {
	return fixed.Point26_6{X: fixed.Int26_6(x * mm * 64), Y: fixed.Int26_6(y * mm * 64)}
}

// machine writes a line of the machine-readable zone, every character in its cell of 2.54 mm.
func (p *pen) machine(x, y float64, text string) {
	face := p.face(p.style.MRZ, 4.2)
	if p.err != nil {
		return
	}
	adv, ok := face.GlyphAdvance('A')
	if !ok || adv == 0 {
		p.err = fmt.Errorf("typeface of the machine-readable zone has no letters")
		return
	}
	size := 4.2 * 2.54 * mm * 64 / float64(adv)
	face = p.face(p.style.MRZ, size)
	for i, r := range text {
		d := font.Drawer{Dst: p.RGBA, Src: image.NewUniform(ink), Face: face, Dot: at(x+2.54*float64(i), y)}
		d.DrawString(string(r))
	}
}

// along writes text along the right edge, from the top down, as numbers of passports stand.
func (p *pen) along(x, y, size float64, c color.Color, text string) {
	face := p.face(p.style.Text, size)
	if p.err != nil {
		return
	}
	w, h := font.MeasureString(face, text).Ceil()+4, int(size*mm*1.3)
	flat := image.NewAlpha(image.Rect(0, 0, w, h))
	d := font.Drawer{Dst: flat, Src: image.Opaque, Face: face, Dot: fixed.P(2, int(size*mm))}
	d.DrawString(text)
	turned := image.NewAlpha(image.Rect(0, 0, h, w))
	for i := range w {
		for j := range h {
			turned.SetAlpha(h-1-j, i, flat.AlphaAt(i, j))
		}
	}
	draw.DrawMask(p, turned.Bounds().Add(image.Pt(int(x*mm), int(y*mm))), image.NewUniform(c), image.Point{}, turned, image.Point{}, draw.Over)
}

// rule is a thin line under a value.
func (p *pen) rule(x1, x2, y float64) {
	draw.Draw(p, image.Rect(int(x1*mm), int(y*mm), int(x2*mm), int(y*mm)+1), image.NewUniform(color.RGBA{190, 160, 156, 255}), image.Point{}, draw.Src)
}

// wrapped breaks a text into lines of at most n letters.
func wrapped(text string, n int) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(text) {
		switch {
		case line == "":
			line = w
		case len([]rune(line))+1+len([]rune(w)) <= n:
			line += " " + w
		default:
			out, line = append(out, line), w
		}
	}
	return append(out, line)
}

func dotted(iso string) string {
	if len(iso) != len("2006-01-02") {
		return iso
	}
	return iso[8:] + "." + iso[5:7] + "." + iso[:4]
}

// machined reports whether forms of that day bear a machine-readable zone.
func machined(iso string) bool { return iso >= "2011-07-01" }

// Photo draws the two pages of an internal passport that say who it is.
func Photo(who Person, s Style) (*image.RGBA, error) {
	p := newSheet(s, paper)
	p.waves(color.RGBA{226, 206, 198, 255})
	up := strings.ToUpper

	p.centred(60, 8.5, 4.4, red, "РОССИЙСКАЯ ФЕДЕРАЦИЯ")
	p.write(7, 17.5, 2.6, label, "Паспорт выдан")
	for i, line := range wrapped(up(who.IssuedBy), 38) {
		p.write(14, 24+8*float64(i), 3.7, ink, line)
		p.rule(10, 112, 25.2+8*float64(i))
	}
	p.write(7, 50.5, 2.6, label, "Дата выдачи")
	p.write(25, 50.5, 3.7, ink, dotted(who.IssuedAt))
	p.write(57, 50.5, 2.6, label, "Код подразделения")
	p.write(85, 50.5, 3.7, ink, who.DepartmentCode)
	p.write(7, 66, 2.6, label, "Личный код")
	p.write(57, 82, 2.6, label, "Личная подпись")
	p.rule(80, 112, 82.5)
	p.centred(34, 80, 7, color.RGBA{206, 150, 146, 255}, "ОБРАЗЕЦ")

	// The fold, then the page with the picture.
	for y := range 16 {
		c := color.RGBA{uint8(190 + 3*y), uint8(176 + 3*y), uint8(166 + 3*y), 255}
		if y < 8 {
			c = color.RGBA{uint8(238 - 6*y), uint8(224 - 6*y), uint8(214 - 6*y), 255}
		}
		draw.Draw(p, image.Rect(0, fold-8+y, width, fold-7+y), image.NewUniform(c), image.Point{}, draw.Src)
	}
	p.portrait(image.Rect(6*mm, 99*mm, 41*mm, 144*mm))
	rows := []struct{ name, value string }{{"Фамилия", who.Surname}, {"Имя", who.GivenName}, {"Отчество", who.Patronymic}}
	for i, r := range rows {
		y := 102 + 10*float64(i)
		p.write(46, y, 2.6, label, r.name)
		p.write(64, y, 4, ink, up(r.value))
		p.rule(62, 112, y+1.2)
	}
	p.write(46, 132, 2.6, label, "Пол")
	p.write(53, 132, 3.7, ink, map[string]string{"male": "МУЖ.", "female": "ЖЕН."}[who.Sex])
	p.write(68, 132, 2.6, label, "Дата рождения")
	p.write(90, 132, 3.7, ink, dotted(who.BirthDate))
	p.write(46, 139, 2.6, label, "Место")
	p.write(46, 142, 2.6, label, "рождения")
	for i, line := range wrapped(up(who.BirthPlace), 19) {
		p.write(64, 140+6*float64(i), 3.7, ink, line)
	}
	number := who.Series + who.Number
	if len(number) == 10 {
		spaced := number[:2] + " " + number[2:4] + "  " + number[4:]
		p.along(115.5, 20, 4.6, red, spaced)
		p.along(115.5, 112, 4.6, red, spaced)
	}
	if machined(who.IssuedAt) {
		one, two := Zone(who)
		p.machine(6.5, 163, one)
		p.machine(6.5, 170, two)
	}
	return p.RGBA, p.err
}

// portrait is the grey shape where a photograph would be.
func (p *pen) portrait(r image.Rectangle) {
	draw.Draw(p, r, image.NewUniform(color.RGBA{206, 204, 202, 255}), image.Point{}, draw.Src)
	cx, cy := float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y)+0.42*float64(r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			dx, dy := float64(x)-cx, float64(y)-cy
			head := dx*dx/(80*80)+dy*dy/(110*110) < 1
			body := dy > 0 && dx*dx/(160*160)+(dy-250)*(dy-250)/(150*150) < 1
			if head || body {
				g := uint8(140 + 20*math.Sin(float64(y)/40) + 10*math.Cos(float64(x)/23))
				p.SetRGBA(x, y, color.RGBA{g, g - 4, g - 8, 255})
			}
		}
	}
	p.centred(float64(r.Min.X+r.Max.X)/2/mm, float64(r.Max.Y)/mm-3, 5, red, "ОБРАЗЕЦ")
}

// Registration draws the pages of an internal passport with the stamp of where one lives.
func Registration(who Person, s Style) (*image.RGBA, error) {
	p := newSheet(s, paper)
	p.waves(color.RGBA{226, 206, 198, 255})
	p.centred(60, 8.5, 4, red, "МЕСТО ЖИТЕЛЬСТВА")
	blue := color.RGBA{52, 58, 128, 255}
	p.write(18, 24, 4, blue, "ЗАРЕГИСТРИРОВАН")
	p.write(18, 31, 3.2, blue, strings.ToUpper(who.IssuedBy))
	for i, line := range wrapped(who.Address, 40) {
		p.write(18, 40+7*float64(i), 3.6, blue, line)
	}
	p.write(18, 68, 3.2, blue, "Дата "+dotted(who.IssuedAt))
	p.write(60, 76, 3.2, blue, "Подпись")
	p.centred(60, 98, 4, red, "МЕСТО ЖИТЕЛЬСТВА")
	p.centred(60, 130, 10, color.RGBA{222, 190, 184, 255}, "ОБРАЗЕЦ")
	if len(who.Series+who.Number) == 10 {
		p.along(115.5, 20, 4.6, red, who.Series+"  "+who.Number)
	}
	return p.RGBA, p.err
}

// Letter draws a paper that is none: a page of running text.
func Letter(who Person, s Style) (*image.RGBA, error) {
	p := newSheet(s, color.RGBA{243, 241, 236, 255})
	p.centred(62, 16, 5, ink, "ОБРАЗЕЦ ПИСЬМА")
	text := "Уважаемые соседи! В субботу во дворе нашего дома пройдёт уборка. Приходите с перчатками и хорошим настроением, грабли и мешки выдаст управляющая компания. " +
		"После уборки будет чай с пирогами. Если пойдёт дождь, встретимся через неделю в то же время. Просим убрать машины с проезда до девяти часов утра. "
	for i, line := range wrapped(text+text, 52) {
		p.write(12, 30+6.6*float64(i), 3.7, ink, line)
	}
	p.write(70, 168, 3.7, ink, "Совет дома, "+who.Surname)
	return p.RGBA, p.err
}

// Blank draws a sheet on which nothing is written.
func Blank(s Style) *image.RGBA {
	p := newSheet(s, paper)
	p.waves(color.RGBA{226, 206, 198, 255})
	return p.RGBA
}

// Travel draws the page of a person's international passport.
func Travel(who Person, s Style) (*image.RGBA, error) {
	one, two := TravelZone(who)
	return Zoned([]string{one, two}, s)
}

// Zoned draws a page of a passport or a card of no country, with these lines as its machine-readable zone.
func Zoned(lines []string, s Style) (*image.RGBA, error) {
	p := newSheet(s, color.RGBA{224, 232, 238, 255})
	p.RGBA = p.SubImage(image.Rect(0, 0, width, fold)).(*image.RGBA) //nolint:forcetypeassert // of an RGBA
	p.waves(color.RGBA{206, 216, 226, 255})
	p.centred(62, 8, 4, ink, "UTOPIA  ОБРАЗЕЦ  SPECIMEN")
	p.portrait(image.Rect(6*mm, 12*mm, 41*mm, 57*mm))
	for i, text := range []string{"Surname", "Given names", "Nationality", "Date of birth"} {
		p.write(46, 18+9*float64(i), 2.6, label, text)
	}
	for i, l := range lines {
		p.machine(6.5, 80-7*float64(len(lines)-1-i), l)
	}
	return p.RGBA, p.err
}

// Insurance draws a certificate of insurance: the green card with the SNILS.
func Insurance(who Person, s Style) (*image.RGBA, error) {
	p := newSheet(s, color.RGBA{214, 232, 214, 255})
	p.RGBA = p.SubImage(image.Rect(0, 0, width, fold)).(*image.RGBA) //nolint:forcetypeassert // of an RGBA
	p.waves(color.RGBA{196, 220, 198, 255})
	p.centred(62, 10, 3.6, ink, "РОССИЙСКАЯ ФЕДЕРАЦИЯ")
	p.centred(62, 18, 4.2, ink, "СТРАХОВОЕ СВИДЕТЕЛЬСТВО")
	p.centred(62, 24, 3.2, ink, "ОБЯЗАТЕЛЬНОГО ПЕНСИОННОГО СТРАХОВАНИЯ")
	p.centred(62, 34, 5, ink, who.SNILS)
	p.write(10, 44, 3, label, "Ф.И.О.")
	for i, text := range []string{who.Surname, who.GivenName, who.Patronymic} {
		p.write(30, 44+6*float64(i), 3.7, ink, strings.ToUpper(text))
	}
	p.write(10, 64, 3, label, "Дата и место рождения")
	p.write(52, 64, 3.7, ink, dotted(who.BirthDate))
	p.write(10, 70, 3.4, ink, strings.ToUpper(who.BirthPlace))
	p.centred(100, 82, 6, color.RGBA{150, 186, 152, 255}, "ОБРАЗЕЦ")
	return p.RGBA, p.err
}

// Taxpayer draws a certificate of a tax number.
func Taxpayer(who Person, s Style) (*image.RGBA, error) {
	p := newSheet(s, color.RGBA{244, 240, 228, 255})
	p.waves(color.RGBA{232, 226, 208, 255})
	p.centred(62, 16, 4, ink, "ФЕДЕРАЛЬНАЯ НАЛОГОВАЯ СЛУЖБА")
	p.centred(62, 28, 5.4, ink, "СВИДЕТЕЛЬСТВО")
	p.centred(62, 36, 3.6, ink, "О ПОСТАНОВКЕ НА УЧЁТ В НАЛОГОВОМ ОРГАНЕ")
	p.write(12, 52, 3.6, ink, "Настоящее свидетельство подтверждает, что")
	p.write(12, 62, 4, ink, strings.ToUpper(who.Surname+" "+who.GivenName+" "+who.Patronymic))
	p.write(12, 72, 3.6, ink, "дата рождения "+dotted(who.BirthDate))
	p.write(12, 82, 3.6, ink, "поставлен на учёт в соответствии с Налоговым кодексом,")
	p.write(12, 90, 3.6, ink, "и присвоен идентификационный номер налогоплательщика")
	p.centred(62, 106, 6, ink, who.INN)
	p.centred(62, 140, 11, color.RGBA{214, 204, 180, 255}, "ОБРАЗЕЦ")
	return p.RGBA, p.err
}
