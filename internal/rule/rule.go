package rule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Kind is the type of a value.
type Kind int

// The kinds. The zero Kind is a text.
const (
	Text Kind = iota
	Whole
	Number
	Truth
	Date  // 1990-03-05
	Group // has Fields
	Rows  // a list of what has Fields
	Texts // a list of texts, empty when there are none
)

// Shape is the type of a value with those of its parts.
type Shape struct {
	Kind   Kind
	Fields map[string]Shape
}

// Bounds of one expression, so that a hostile definition costs nothing.
const (
	maxText   = 2000
	maxDepth  = 40
	costLimit = 200_000 // some milliseconds; a comparison of two answers costs 4
)

// Scope is what expressions may look at.
type Scope struct {
	root  Shape
	known map[string]Shape
	base  *cel.Env
	names *names

	mu   sync.Mutex
	rows map[string]*cel.Env // with the variable row of that group
}

// NewScope makes a scope of the answers and of the facts that a profile may know.
func NewScope(answers Shape, known map[string]Shape) (*Scope, error) {
	std, err := standard()
	if err != nil {
		return nil, err
	}
	n := &names{Provider: std.CELTypeProvider(), shapes: map[string]Shape{}}
	env, err := std.Extend(
		cel.CustomTypeProvider(n),
		cel.Variable("d", n.typeOf("answers", answers)),
		cel.Variable("p", n.typeOf("profile", Shape{Kind: Group, Fields: known})),
		cel.Variable("today", cel.TimestampType),
	)
	if err != nil {
		return nil, fmt.Errorf("rule: scope: %w", err)
	}
	return &Scope{root: answers, known: known, base: env, names: n, rows: map[string]*cel.Env{}}, nil
}

// standard is what every scope begins with.
var standard = sync.OnceValues(func() (*cel.Env, error) {
	env, err := cel.NewEnv(append([]cel.EnvOption{
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserExpressionSizeLimit(maxText),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
	}, functions()...)...)
	if err != nil {
		return nil, fmt.Errorf("rule: environment: %w", err)
	}
	return env, nil
})

// names tells the checker of the parts of answers. Values are plain maps, so that nothing is converted to be looked at.
type names struct {
	types.Provider
	shapes map[string]Shape // by the name of the type
}

func (n *names) typeOf(name string, s Shape) *cel.Type {
	switch s.Kind {
	case Whole:
		return cel.NullableType(cel.IntType)
	case Number:
		return cel.NullableType(cel.DoubleType)
	case Truth:
		return cel.NullableType(cel.BoolType)
	case Date:
		return cel.NullableType(cel.TimestampType)
	case Group:
		n.shapes[name] = s
		return cel.ObjectType(name)
	case Rows:
		n.shapes[name] = Shape{Kind: Group, Fields: s.Fields}
		return cel.ListType(cel.ObjectType(name))
	case Texts:
		return cel.ListType(cel.StringType)
	case Text:
	}
	return cel.NullableType(cel.StringType)
}

// FindStructType is of types.Provider.
func (n *names) FindStructType(name string) (*types.Type, bool) {
	if _, ok := n.shapes[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return n.Provider.FindStructType(name)
}

// FindStructFieldNames is of types.Provider.
func (n *names) FindStructFieldNames(name string) ([]string, bool) {
	s, ok := n.shapes[name]
	if !ok {
		return n.Provider.FindStructFieldNames(name)
	}
	var out []string
	for field := range s.Fields {
		out = append(out, field)
	}
	slices.Sort(out)
	return out, true
}

// FindStructFieldType is of types.Provider.
func (n *names) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	s, ok := n.shapes[name]
	if !ok {
		return n.Provider.FindStructFieldType(name, field)
	}
	f, ok := s.Fields[field]
	if !ok {
		return nil, false
	}
	return &types.FieldType{Type: n.typeOf(name+"."+field, f)}, true
}

// NewValue is of types.Provider: expressions make no answers.
func (n *names) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("%s cannot be made in an expression", name)
}

// Expr is a compiled expression that is true or false.
type Expr struct {
	text     string
	program  cel.Program
	pointers []string
	facts    []string
	compared []Comparison
	vain     bool
}

// Comparison is an answer beside a text with which the expression compares it: 'oak' of d.kind == 'oak', of d.kind in ['oak', 'fir'], and of
// 'oak' in d.kinds.
type Comparison struct {
	Pointer string
	Text    string
	At      int // character at which the text stands, from 1
}

// Compile reads an expression. group is the pointer of the rows of which it is said, "" for the answers as a whole. The error
// says in plain words what is not understood.
func (s *Scope) Compile(text, group string) (*Expr, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("it is longer than %d characters", maxText)
	}
	env, err := s.env(group)
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		var said []string
		for _, e := range issues.Errors() {
			said = append(said, fmt.Sprintf("%s (character %d)", plain(e.Message), e.Location.Column()+1))
			if strings.HasPrefix(e.Message, syntaxError) {
				break // the others follow from it
			}
		}
		return nil, errors.New(strings.Join(said, "; "))
	}
	if out := checked.OutputType(); !out.IsExactType(cel.BoolType) && !out.IsExactType(cel.NullableType(cel.BoolType)) {
		return nil, fmt.Errorf("it must be true or false, and is a value of type %s", typeName(out))
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if !cheap(env, checked) {
		options = append(options, cel.CostLimit(costLimit))
	}
	program, err := env.Program(checked, options...)
	if err != nil {
		return nil, fmt.Errorf("it cannot be run: %w", err)
	}
	e := &Expr{text: text, program: program}
	e.looksAt(checked, s, group)
	return e, nil
}

// cheap reports whether the expression can cost no more than the limit, whatever is answered: it is then run without being watched,
// in a third of the time. What goes through rows, and what compares groups as a whole, may cost anything.
func cheap(env *cel.Env, checked *cel.Ast) bool {
	cost, err := env.EstimateCost(checked, sizes{})
	return err == nil && cost.Max <= costLimit
}

// sizes says how large a value can be (checker.CostEstimator).
type sizes struct{}

// Longest is how many characters a definition may allow in a text.
const Longest = 100_000

// EstimateSize is of checker.CostEstimator: a text is no longer than Longest, and what else has a size is unknown.
func (sizes) EstimateSize(of checker.AstNode) *checker.SizeEstimate {
	switch of.Type().Kind() { //nolint:exhaustive // others are unknown
	case types.ListKind, types.MapKind, types.StructKind, types.DynKind, types.AnyKind, types.TypeParamKind, types.OpaqueKind:
		return nil
	}
	return &checker.SizeEstimate{Max: Longest}
}

// EstimateCallCost is of checker.CostEstimator. A function of ours costs as much as the rows that it goes through, and what a pattern costs
// its length does not say.
func (sizes) EstimateCallCost(function, _ string, _ *checker.AstNode, _ []checker.AstNode) *checker.CallEstimate {
	if function == "gap" || function == "matches" { // a pattern may repeat
		return &checker.CallEstimate{CostEstimate: checker.CostEstimate{Max: math.MaxUint64}}
	}
	return nil
}

func (s *Scope) env(group string) (*cel.Env, error) {
	if group == "" {
		return s.base, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if env := s.rows[group]; env != nil {
		return env, nil
	}
	shape, ok := s.at(group)
	if !ok || shape.Kind != Rows {
		return nil, fmt.Errorf("%s is no group of rows", group)
	}
	name := "answers" + strings.ReplaceAll(group, "/", ".")
	s.names.typeOf(name, shape)
	env, err := s.base.Extend(cel.Variable("row", cel.ObjectType(name)))
	if err != nil {
		return nil, fmt.Errorf("rule: rows of %s: %w", group, err)
	}
	s.rows[group] = env
	return env, nil
}

func (s *Scope) at(pointer string) (Shape, bool) {
	shape := s.root
	for _, key := range steps(pointer) {
		next, ok := shape.Fields[key]
		if !ok {
			return Shape{}, false
		}
		shape = next
	}
	return shape, true
}

func steps(pointer string) []string {
	return strings.Split(strings.TrimPrefix(pointer, "/"), "/")
}

// looksAt notes which answers and facts the expression looks at.
func (e *Expr) looksAt(checked *cel.Ast, s *Scope, group string) {
	root := ast.NavigateAST(checked.NativeRep())
	for _, n := range ast.MatchDescendants(root, ast.KindMatcher(ast.SelectKind)) {
		from, path := chain(n)
		switch from {
		case "d":
			if shape, ok := s.at("/" + strings.Join(path, "/")); ok && shape.Kind != Group {
				e.pointers = append(e.pointers, "/"+strings.Join(path, "/"))
			}
		case "row":
			e.pointers = append(e.pointers, group+"/*/"+strings.Join(path, "/"))
		case "p":
			e.facts = append(e.facts, path[0])
		}
	}
	for _, n := range ast.MatchDescendants(root, ast.KindMatcher(ast.CallKind)) {
		e.compares(checked, n.AsCall(), group)
		if f := n.AsCall().FunctionName(); f != operators.Equals && f != operators.NotEquals {
			continue
		}
		kinds := map[types.Kind]bool{}
		for _, arg := range n.Children() {
			kinds[arg.Type().Kind()] = true
		}
		e.vain = e.vain || kinds[types.NullTypeKind] && kinds[types.StructKind]
	}
	slices.Sort(e.pointers)
	slices.Sort(e.facts)
	e.pointers, e.facts = slices.Compact(e.pointers), slices.Compact(e.facts)
}

// compares notes with which texts the call compares an answer.
func (e *Expr) compares(checked *cel.Ast, call ast.CallExpr, group string) {
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals, operators.In:
	default:
		return
	}
	var pointer string
	var texts []ast.Expr
	for _, arg := range call.Args() {
		switch arg.Kind() { //nolint:exhaustive // others are neither
		case ast.SelectKind:
			switch from, path := chain(arg); from {
			case "d":
				pointer = "/" + strings.Join(path, "/")
			case "row":
				pointer = group + "/*/" + strings.Join(path, "/")
			}
		case ast.LiteralKind:
			texts = append(texts, arg)
		case ast.ListKind:
			texts = append(texts, arg.AsList().Elements()...)
		}
	}
	for _, x := range texts {
		if x.Kind() != ast.LiteralKind || pointer == "" {
			continue
		}
		if text, ok := x.AsLiteral().Value().(string); ok {
			at := checked.NativeRep().SourceInfo().GetStartLocation(x.ID())
			e.compared = append(e.compared, Comparison{pointer, text, at.Column() + 1})
		}
	}
}

// chain is the variable a selection begins at and the names that follow.
func chain(n ast.Expr) (from string, path []string) {
	for n.Kind() == ast.SelectKind {
		path = append(path, n.AsSelect().FieldName())
		n = n.AsSelect().Operand()
	}
	slices.Reverse(path)
	if n.Kind() == ast.IdentKind {
		from = n.AsIdent()
	}
	return from, path
}

// String is the text of the expression.
func (e *Expr) String() string { return e.text }

// Pointers lists the answers that the expression looks at; of a row's, /work/*/from.
func (e *Expr) Pointers() []string { return slices.Clone(e.pointers) }

// Facts lists what of the profile the expression looks at.
func (e *Expr) Facts() []string { return slices.Clone(e.facts) }

// Compared lists the answers that the expression compares with texts of its own, and with which.
func (e *Expr) Compared() []Comparison { return slices.Clone(e.compared) }

// Vain reports whether the expression compares with null what never is: an address, a row, a group of answers.
func (e *Expr) Vain() bool { return e.vain }

// Holds reports whether the expression is true. What cannot be said of the values does not hold.
func (e *Expr) Holds(s Sight) bool {
	v, _, err := e.program.Eval(s)
	return err == nil && v == types.True
}

// Broken reports whether the expression is false, as a demand on the answers is. What cannot be said of them, because one is
// missing, is not broken; what costs too much to say is.
func (e *Expr) Broken(s Sight) bool {
	v, _, err := e.program.Eval(s)
	if err != nil {
		return strings.Contains(err.Error(), "cost limit exceeded")
	}
	return v == types.False
}

// Sight is the values of one moment.
type Sight struct {
	vars map[string]any
	row  any // of a row's expressions
}

// ResolveName is of cel.Activation.
func (v Sight) ResolveName(name string) (any, bool) {
	if name == "row" {
		return v.row, v.row != nil
	}
	value, ok := v.vars[name]
	return value, ok
}

// Parent is of cel.Activation.
func (Sight) Parent() cel.Activation { return nil }

// IsZero reports whether nothing is to be seen.
func (v Sight) IsZero() bool { return v.vars == nil }

// See takes the answers as they are stored, the facts that are known and the day.
func (s *Scope) See(answers map[string]any, known map[string]string, today time.Time) Sight {
	p := map[string]any{}
	for name, shape := range s.known {
		p[name] = nil
		if v, ok := known[name]; ok {
			p[name] = value(shape, v)
		}
	}
	return Sight{vars: map[string]any{"d": newGroup(s.root.Fields, answers), "p": p, "today": today}}
}

// Row is the sight from one row of a group: i counts from 0. A row that is not there is one without answers.
func (v Sight) Row(of string, i int) Sight {
	at, _ := v.vars["d"].(*group)
	if at == nil {
		return v
	}
	shape, stored := Shape{Fields: at.fields}, any(at.stored)
	for _, key := range steps(of) {
		m, _ := stored.(map[string]any)
		shape, stored = shape.Fields[key], m[key]
	}
	var row any
	if rows, _ := stored.([]any); i < len(rows) {
		row = rows[i]
	}
	return Sight{v.vars, newGroup(shape.Fields, row)}
}

// ListOf are the texts of a stored list, none of anything else.
func ListOf(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, x := range list {
		if t, ok := x.(string); ok {
			out = append(out, t)
		}
	}
	return out
}

// value is a stored answer in its type; nil when it is missing or is no such thing.
func value(s Shape, v any) any {
	switch s.Kind {
	case Group, Rows: // newGroup
	case Whole:
		if f, ok := v.(float64); ok {
			return int64(f)
		}
	case Number:
		if f, ok := v.(float64); ok {
			return f
		}
	case Truth:
		if b, ok := v.(bool); ok {
			return b
		}
	case Date:
		if t, ok := v.(string); ok {
			if day, err := time.Parse(time.DateOnly, t); err == nil {
				return day
			}
		}
	case Texts:
		return ListOf(v)
	case Text:
		if t, ok := v.(string); ok && t != "" {
			return t
		}
	}
	return nil
}
