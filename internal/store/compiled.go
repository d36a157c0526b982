package store

import (
	"context"
	"database/sql/driver"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"modernc.org/sqlite"
)

// compiling opens connections that keep the statements they have compiled: on SQLite compiling a statement costs as much as
// running it, and the libraries over database/sql (River above all) hand in the same texts again and again without preparing them.
type compiling struct{ driver.Connector }

func newCompiling(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return compiling{c}, nil
}

func (c compiling) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &compiledConn{rawConn: conn.(rawConn), kept: map[string]*compiled{}}, nil
}

// rawConn is what the driver's connection can do.
type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type rawStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// compiledConn is a connection with its statements. database/sql lets one goroutine at a time use it.
type compiledConn struct {
	rawConn
	kept map[string]*compiled
}

// compiled is a kept statement; it is busy while its rows are read, and then cannot be run a second time.
type compiled struct {
	rawStmt
	busy bool
}

// keepAtMost bounds what a connection keeps; texts are literals of the program and of its libraries.
const keepAtMost = 500

// get returns the kept statement of the text, nil when the text is to be run as it comes.
func (c *compiledConn) get(ctx context.Context, query string) (*compiled, error) {
	if k := c.kept[query]; k != nil {
		if k.busy {
			return nil, nil
		}
		return k, nil
	}
	if len(c.kept) >= keepAtMost || !repeated(query) {
		return nil, nil
	}
	st, err := c.PrepareContext(ctx, steady(query))
	if err != nil {
		return nil, err
	}
	k := &compiled{rawStmt: st.(rawStmt)}
	c.kept[query] = k
	return k, nil
}

// bare is a LIMIT that is a parameter and nothing else.
var bare = regexp.MustCompile(`(?i)\bLIMIT\s+([?$]\d+)`)

// steady is the text with its plan not depending on what is bound: SQLite looks at a parameter that is the whole of a LIMIT when it
// plans, and so compiles the statement anew each time another value, or the same again, is bound.
// Compared with a constant in the condition of an index, a parameter does the same; there the text has to say the constant.
func steady(query string) string {
	return nameless(bare.ReplaceAllString(query, "LIMIT CAST($1 AS INTEGER)"))
}

// nameless is the text with its parameters without their numbers, when they stand in their order and each stands once, as they do where
// rows are inserted: to bind one SQLite looks for its name among those of all, which for a hundred rows at a time costs more than to write
// them. Another text it returns as it is.
func nameless(query string) string {
	var out strings.Builder
	n := 0
	for i := 0; i < len(query); {
		switch c := query[i]; {
		case c == '\'' || c == '"' || c == '`':
			end := strings.IndexByte(query[i+1:], c) // one within is two, and so two texts side by side
			if end < 0 {
				return query
			}
			out.WriteString(query[i : i+end+2])
			i += end + 2
		case strings.HasPrefix(query[i:], "--"):
			end := strings.IndexByte(query[i:], '\n')
			if end < 0 {
				end = len(query) - i
			}
			i += end
		case strings.HasPrefix(query[i:], "/*"), c == '[', c == ':', c == '@', c == '#': // other names, or what might hide one
			return query
		case c == '$' || c == '?':
			k := i + 1
			for k < len(query) && '0' <= query[k] && query[k] <= '9' {
				k++
			}
			if n++; query[i+1:k] != strconv.Itoa(n) || k < len(query) && word(query[k]) {
				return query
			}
			out.WriteByte('?')
			i = k
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String()
}

func word(c byte) bool {
	return c == '_' || c >= utf8.RuneSelf || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// repeated reports whether the text is one that comes again: it reads or changes rows. Definitions and pragmas are not kept.
func repeated(query string) bool {
	for {
		query = strings.TrimLeft(query, " \t\r\n")
		if !strings.HasPrefix(query, "--") {
			break
		}
		_, query, _ = strings.Cut(query, "\n")
	}
	verb, _, _ := strings.Cut(query, " ")
	verb, _, _ = strings.Cut(verb, "\n")
	switch strings.ToUpper(verb) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return true
	}
	return false
}

func (c *compiledConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.get(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.rawConn.ExecContext(ctx, query, args)
	}
	return k.ExecContext(ctx, args)
}

func (c *compiledConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.get(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.rawConn.QueryContext(ctx, query, args)
	}
	rows, err := k.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &compiledRows{rows, k}, nil
}

func (c *compiledConn) Close() error {
	for _, k := range c.kept {
		k.Close() //nolint:errcheck // the connection goes with it
	}
	c.kept = nil
	return c.rawConn.Close()
}

type compiledRows struct {
	driver.Rows
	of *compiled
}

func (r *compiledRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
