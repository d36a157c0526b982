package bench

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/store"
)

func TestTheTableSaysWhichGoalsWereMissed(t *testing.T) {
	var out bytes.Buffer
	err := print(&out, []row{{what: "a", value: "1", goal: "≥ 2"}, {what: "b", value: "3", goal: "≥ 2", met: true}, {what: "c", value: "4"}})
	if err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "MISSED") || !strings.Contains(s, "1 of 2 goals met") {
		t.Errorf("it says\n%s", s)
	}
}

// answering serves one connection with the texts, one a request.
func answering(t *testing.T, answers ...string) *line {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	go func() {
		r := bufio.NewReader(there)
		for _, a := range answers {
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == "\r\n" {
					break
				}
			}
			io.WriteString(there, a)
		}
	}()
	return &line{here, bufio.NewReader(here)}
}

func TestAnAnswerIsReadToItsEndAndNoFurther(t *testing.T) {
	l := answering(t,
		"HTTP/1.1 303 See Other\r\nLocation: /cabinet\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\nno",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend")
	req := request("localhost", "/", "", nil)
	a, err := l.do(req, false)
	if err != nil || a.status != 303 || a.location != "/cabinet" || len(a.cookies) != 1 || a.cookies[0] != "a=b" {
		t.Errorf("the first: %+v, %v", a, err)
	}
	if a, err = l.do(req, true); err != nil || string(a.body) != "hello world" {
		t.Errorf("the second: %q, %v", a.body, err)
	}
	if a, err = l.do(req, true); err != nil || string(a.body) != "end" {
		t.Errorf("the third: %q, %v", a.body, err)
	}
}

func TestOurOwnCPUIsCounted(t *testing.T) {
	before, err := readProcess(os.Getpid())
	if err != nil {
		t.Skip(err) // not Linux
	}
	for end := time.Now().Add(10 * time.Second); myCPU() < 60*time.Millisecond && time.Now().Before(end); {
	}
	after, err := readProcess(os.Getpid())
	if err != nil || after.own < before.own || after.own == 0 || after.parent != os.Getppid() {
		t.Errorf("%+v, then %+v, %v", before, after, err)
	}
}

// What a case writes is seen and not listed; the writer makes of it another case each time.
func TestTheWriterWritesWhatItSaw(t *testing.T) {
	ctx := context.Background()
	dsn := "sqlite:" + t.TempDir() + "/okno.db"
	db, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(text string) {
		t.Helper()
		if _, err := db.Writer().Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE TABLE application (id TEXT PRIMARY KEY, number TEXT UNIQUE)`)
	run(`CREATE TABLE other (id INTEGER PRIMARY KEY, note TEXT)`)
	run(`INSERT INTO other (note) VALUES ('old')`)
	w := &worker{}
	if _, err := w.do(order{Do: "before", DSN: dsn}); err != nil {
		t.Fatal(err)
	}
	defer w.db.Close()
	run(`INSERT INTO application VALUES ('01kqv5w0000000000000000000', '2026-000007')`)
	run(`INSERT INTO other (note) VALUES ('case/01kqv5w0000000000000000000')`)
	d, err := w.do(order{Do: "after"})
	if err != nil || strings.Join(d.Says, " ") != "application other" {
		t.Fatalf("it saw %v, %v", d.Says, err)
	}
	if d, err = w.do(order{Do: "write", Conns: 2, For: 50 * time.Millisecond}); err != nil || d.N < 2 {
		t.Fatalf("it wrote %d, %v", d.N, err)
	}
	var cases, notes, ids int
	if err := db.QueryRow(ctx, `SELECT (SELECT count(*) FROM application), (SELECT count(*) FROM other), (SELECT count(DISTINCT note) FROM other)`).Scan(&cases, &notes, &ids); err != nil {
		t.Fatal(err)
	}
	if cases != d.N+1 || notes != d.N+2 || ids != notes {
		t.Errorf("%d cases and %d notes, %d of them different, after %d transactions", cases, notes, ids, d.N)
	}
}
