package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed policy.yaml
var defaults []byte

// Defaults is the text of the file that is part of the program: `okno policy` prints it.
func Defaults() string { return string(defaults) }

// Default is the policy of the program alone.
func Default() *Policy {
	p, err := Load("")
	if err != nil {
		panic("policy: the program's own policy.yaml is broken: " + err.Error()) // a test loads it
	}
	return p
}

// Load lays the operator's file over the defaults; with no path there is none. The error lists everything that is wrong,
// each as a Problem.
func Load(path string) (*Policy, error) {
	if path == "" {
		return read("", nil)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return read(path, text)
}

// Problem is one thing that is wrong with a file.
type Problem struct {
	File   string
	Line   int
	Field  string // its full name: code.sms_lifetime
	Reason string
	Remedy string
}

func (p *Problem) Error() string {
	s := p.File + ":" + strconv.Itoa(p.Line) + ": "
	if p.Field != "" {
		s += p.Field + ": "
	}
	s += p.Reason
	if p.Remedy != "" {
		s += "; " + p.Remedy
	}
	return s
}

func read(file string, text []byte) (*Policy, error) {
	var p Policy
	r := reader{places: map[string]place{}}
	r.lay("policy.yaml", defaults, &p)
	if len(r.problems) == 0 && text != nil {
		r.lay(file, text, &p)
	}
	if len(r.problems) == 0 {
		for _, b := range p.bounds() {
			if b.reason != "" {
				at := r.where(b.field)
				r.problems = append(r.problems, &Problem{at.file, at.line, b.field, b.reason, b.remedy})
			}
		}
	}
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	return &p, nil
}

// reader lays files over a policy and remembers where each value came from.
type reader struct {
	file     string
	places   map[string]place
	problems []error
}

type place struct {
	file string
	line int
}

// where finds the place of a field, or of the nearest thing around it.
func (r *reader) where(field string) place {
	for {
		if at, ok := r.places[field]; ok {
			return at
		}
		i := strings.LastIndexByte(field, '.')
		if i < 0 {
			return place{"policy.yaml", 1}
		}
		field = field[:i]
	}
}

func (r *reader) lay(file string, text []byte, p *Policy) {
	r.file = file
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		line := 1
		if _, after, ok := strings.Cut(err.Error(), "line "); ok {
			if n, err := strconv.Atoi(after[:max(strings.IndexFunc(after, func(c rune) bool { return c < '0' || c > '9' }), 0)]); err == nil {
				line = n
			}
		}
		r.problems = append(r.problems, &Problem{file, line, "", "this is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: "), "indent with spaces, write `name: value`"})
		return
	}
	if len(doc.Content) == 0 {
		return // an empty file, or only comments
	}
	r.value(doc.Content[0], reflect.ValueOf(p).Elem(), "")
}

func (r *reader) wrong(n *yaml.Node, field, reason, remedy string) {
	r.problems = append(r.problems, &Problem{r.file, n.Line, field, reason, remedy})
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	bytesType    = reflect.TypeFor[Bytes]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
)

// value sets v to what the node says.
func (r *reader) value(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	r.places[field] = place{r.file, n.Line}
	if n.Tag == "!!null" {
		r.wrong(n, field, "there is no value", "write one, or remove the line to keep the default")
		return
	}
	switch v.Kind() { //nolint:exhaustive // Policy has no others; a test walks it
	case reflect.Struct:
		if v.Type() != prefixType {
			r.fields(n, v, field)
			return
		}
	case reflect.Slice:
		r.list(n, v, field)
		return
	}
	if n.Kind != yaml.ScalarNode {
		r.wrong(n, field, "this is not a single value", "write "+example(v.Type()))
		return
	}
	if err := scalar(n.Value, v); err != nil {
		r.wrong(n, field, fmt.Sprintf("%q: %v", n.Value, err), "write "+example(v.Type()))
	}
}

func (r *reader) fields(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, field, "here stands a group of settings", "write them below it, indented: "+strings.Join(names(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		name := join(field, key.Value)
		j := slices.Index(names(v.Type()), key.Value)
		if j < 0 {
			r.wrong(key, name, "there is no such setting", remedyFor(key.Value, names(v.Type())))
			continue
		}
		if seen[key.Value] {
			r.wrong(key, name, "it is set twice", "remove one of the two")
			continue
		}
		seen[key.Value] = true
		r.value(val, v.Field(j), name)
		r.places[name] = place{r.file, key.Line}
	}
}

func (r *reader) list(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, field, "here stands a list", "write [first, second]")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		r.value(c, out.Index(i), fmt.Sprintf("%s.%d", field, i+1))
	}
	v.Set(out)
}

func scalar(text string, v reflect.Value) error {
	switch v.Type() {
	case durationType:
		d, err := duration(text)
		v.SetInt(int64(d))
		return err
	case bytesType:
		n, err := size(text)
		v.SetInt(n)
		return err
	case prefixType:
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return errors.New("this is not a network")
		}
		v.Set(reflect.ValueOf(p.Masked()))
		return nil
	}
	switch v.Kind() { //nolint:exhaustive // Policy has no others; a test walks it
	case reflect.Int:
		n, err := strconv.Atoi(text)
		v.SetInt(int64(n))
		if err != nil {
			return errors.New("this is not a whole number")
		}
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		if err != nil {
			return errors.New("this is not a number")
		}
	case reflect.String:
		v.SetString(text)
	default:
		return fmt.Errorf("the program cannot read a %s", v.Type())
	}
	return nil
}

// duration reads 30s, 5m, 1h30m, 7d.
func duration(text string) (time.Duration, error) {
	days := time.Duration(0)
	if n, rest, ok := strings.Cut(text, "d"); ok {
		d, err := strconv.ParseUint(n, 10, 16)
		if err != nil {
			return 0, errors.New("this is not a length of time")
		}
		if days, text = time.Duration(d)*24*time.Hour, rest; text == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("this is not a length of time")
	}
	return days + d, nil
}

// size reads 500KB, 5MB, 19MiB, 1024.
func size(text string) (int64, error) {
	units := []struct {
		name string
		n    int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1000}, {"MB", 1000_000}, {"GB", 1000_000_000}, {"B", 1}, {"", 1}}
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 32)
			if err != nil {
				break
			}
			return int64(n) * u.n, nil //nolint:gosec // 32 bits times a gigabyte fits
		}
	}
	return 0, errors.New("this is not a size")
}

func example(t reflect.Type) string {
	switch t {
	case durationType:
		return "a length of time: 30s, 5m, 2h, 7d"
	case bytesType:
		return "a size: 500KB, 5MB, 19MiB"
	case prefixType:
		return "a network: 10.0.0.0/24, 2001:db8::/32"
	}
	switch t.Kind() { //nolint:exhaustive // Policy has no others; a test walks it
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "a text"
}

func names(t reflect.Type) []string {
	out := make([]string, t.NumField())
	for i := range out {
		out[i], _, _ = strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
	}
	return out
}

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

// remedyFor proposes the known name that is nearest to the one written.
func remedyFor(name string, known []string) string {
	best, least := "", len(name)/2+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known here: " + strings.Join(known, ", ")
}

// distance is how many letters must be changed, added or taken away (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
