package support

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
)

// State of a question. Its text is stored.
type State string

// The states.
const (
	Open     State = "open"     // the desk's turn
	Answered State = "answered" // the asker's turn
	Closed   State = "closed"
)

// Service keeps questions.
type Service struct {
	DB       *store.DB
	Ring     *keyring.Ring
	Policy   *policy.Policy
	Accounts *account.Service
	Notices  *notification.Service
	Files    *files.Store
	Jobs     *jobs.Client
}

// Upload is a screenshot as it arrived.
type Upload struct {
	Name string
	Data []byte
}

// New is a question as it is asked. ID is made by the form (id.New), so that a form sent twice is one question.
type New struct {
	ID      string
	Text    string
	Tried   string // with what it did not work: a number, an address, a document; it follows the text of the question
	Page    string // path of the page where the problem was
	Contact string // of a visitor who wants an answer there; "" otherwise
	Files   []Upload
	Browser string // value of the cookie that the browser came with, for limits; "" when it came with none
	Network string // prefix of the visitor's network, for limits; "" is one where they do not hold
	Ticket  string // that the form came with: see Service.Ticket
	Lang    i18n.Lang
}

// said is the first message: the text, and what was tried below it.
func (n New) said() string {
	text := strings.TrimSpace(n.Text)
	if tried := strings.TrimSpace(n.Tried); tried != "" {
		text += "\n\n" + n.Lang.T("support.text.tried", "what", tried)
	}
	return text
}

// Question is a question with its talk.
type Question struct {
	ID        string
	Number    string
	AccountID string // "" for a visitor
	Page      string
	State     State
	Contact   string // of a visitor, "" when none was left
	Lang      i18n.Lang
	CreatedAt time.Time
	TouchedAt time.Time
	Messages  []Message
	Files     []files.File
	owner     string
}

// Message is one turn of the talk.
type Message struct {
	ByDesk bool
	Text   string
	At     time.Time
}

// The refusals.
var (
	ErrMissing = fault.New(fault.Missing, "support.missing")
	ErrMany    = fault.New(fault.TooMany, "support.many") // too many questions for today
	ErrClosed  = fault.New(fault.Conflict, "support.closed")
	ErrWait    = fault.New(fault.TooMany, "support.wait")         // many questions from the network: the form is taken a little later
	ErrReplies = fault.New(fault.TooMany, "support.replies_many") // too many replies to one question for today
)

// Topic is how pages that show the question listen for news.
func Topic(questionID string) string { return "question-" + questionID }

// QueueTopic is how the desk listens for news.
const QueueTopic = "questions"

// Token is the secret part of a visitor's address of the question.
func (s *Service) Token(questionID string) string {
	return s.Ring.Token("support.question", questionID)
}

func (s *Service) read(n New) ([]files.New, error) {
	var sheet form.Sheet
	switch size := utf8.RuneCountInString(strings.TrimSpace(n.Text)); {
	case size == 0:
		sheet = append(sheet, fault.F("text", "support.text_missing"))
	case size > s.Policy.Support.MaxText:
		sheet = append(sheet, fault.F("text", "support.text_long", "max", s.Policy.Support.MaxText, "typed", size))
	}
	if !form.Blank(n.Contact) {
		_, p := contact.Read(n.Contact)
		sheet.Note("contact", p)
	}
	if size := utf8.RuneCountInString(strings.TrimSpace(n.Tried)); size > s.Policy.Support.MaxTried {
		sheet = append(sheet, fault.F("tried", "support.text_long", "max", s.Policy.Support.MaxTried, "typed", size))
	}
	up, most := s.Policy.Uploads, int64(s.Policy.Uploads.MaxSize)
	if len(n.Files) > up.Count {
		sheet = append(sheet, fault.F("files", "support.files_many", "max", up.Count))
	}
	var out []files.New
	for _, f := range n.Files[:min(len(n.Files), up.Count)] {
		media, ok := files.Sniff(f.Data)
		switch {
		case int64(len(f.Data)) > most:
			sheet = append(sheet, fault.F("files", "support.file_large", "name", files.Name(f.Name, ""), "max", most/1_000_000))
		case !ok || !slices.Contains(up.Types, string(media)):
			sheet = append(sheet, fault.F("files", "support.file_type", "name", files.Name(f.Name, ""), "types", files.Names(up.Types)))
		default:
			out = append(out, files.New{Name: files.Name(f.Name, media), Media: media, Data: f.Data})
		}
	}
	return out, sheet.Err()
}

// Ask files a question. A form sent twice returns the question that is there.
func (s *Service) Ask(ctx context.Context, who access.Actor, n New) (Question, error) {
	up, err := s.read(n)
	if err != nil {
		return Question{}, err
	}
	if !id.Valid(n.ID) {
		n.ID = id.New()
	}
	owner := n.ID
	if who.Kind == access.Person {
		owner = who.ID
	}
	if up, err = s.inspect(ctx, up); err != nil {
		return Question{}, err
	}
	q, fresh, err := s.begin(ctx, who, owner, n)
	if err != nil || !fresh {
		return q, err
	}
	kept, err := s.put(ctx, owner, up)
	if err != nil {
		return Question{}, err
	}
	return q, s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, f := range kept { // five at most
			if err := s.Files.Keep(ctx, tx, f); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO question_file (question_id, file_id) VALUES ($1, $2)`, q.ID, f.ID); err != nil {
				return err
			}
		}
		return tx.Notify(ctx, QueueTopic)
	})
}

// inspect has the files looked through. It comes before anything is written, so that a question that is refused leaves nothing behind.
func (s *Service) inspect(ctx context.Context, up []files.New) ([]files.New, error) {
	var sheet form.Sheet
	for i, f := range up {
		seen, err := s.Files.Inspect(ctx, f)
		switch {
		case errors.Is(err, files.ErrInfected):
			sheet = append(sheet, fault.F("files", "support.file_infected", "name", f.Name))
		case errors.Is(err, files.ErrUnscanned): // one message is enough, and the others would wait for the same scanner
			return nil, append(sheet, fault.F("files", "support.file_unscanned")).Err()
		case err != nil:
			return nil, fmt.Errorf("look through a screenshot: %w", err)
		}
		up[i] = seen
	}
	return up, sheet.Err()
}

func (s *Service) put(ctx context.Context, owner string, up []files.New) ([]files.File, error) {
	var out []files.File
	for _, f := range up {
		f.Owner = owner
		kept, err := s.Files.Put(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("keep a screenshot: %w", err)
		}
		out = append(out, kept)
	}
	return out, nil
}

// begin writes the question and its first message; the limits are counted with it. fresh is false for a form sent twice.
func (s *Service) begin(ctx context.Context, who access.Actor, owner string, n New) (q Question, fresh bool, err error) {
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		q, fresh, refused = Question{}, false, nil
		old, err := s.load(ctx, tx, n.ID)
		if err == nil {
			q = old
			return s.same(ctx, tx, old, owner, n)
		}
		if !errors.Is(err, ErrMissing) {
			return err
		}
		if refused, err = s.admit(ctx, tx, who, n); err != nil || refused != nil {
			return err
		}
		fresh = true
		q = Question{ID: n.ID, Number: newNumber(), AccountID: owner, Page: path(n.Page), State: Open, Contact: strings.TrimSpace(n.Contact), Lang: n.Lang, CreatedAt: tx.Now(), TouchedAt: tx.Now(), owner: owner}
		if who.Kind != access.Person {
			q.AccountID = ""
			if _, err := s.Ring.NewPerson(ctx, tx, owner); err != nil {
				return err
			}
		}
		return s.insert(ctx, tx, who, q, n.said())
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Question{}, false, err
	}
	return q, fresh, nil
}

// same is nil when the question that is there is the one that is asked again: of the same asker and in the same words.
// Its id alone is no secret, so it must not be enough to be shown the way to a visitor's question.
func (s *Service) same(ctx context.Context, tx *store.Tx, old Question, owner string, n New) error {
	if old.owner != owner {
		return ErrMissing
	}
	key, err := s.Ring.Person(ctx, tx, owner)
	if err != nil {
		return err
	}
	talk, err := messages(ctx, tx, key, old.ID)
	if err != nil {
		return err
	}
	n.Lang = old.Lang
	if len(talk) == 0 || talk[0].Text != n.said() {
		return ErrMissing
	}
	return nil
}

func (s *Service) insert(ctx context.Context, tx *store.Tx, who access.Actor, q Question, text string) error {
	key, err := s.Ring.Person(ctx, tx, q.owner)
	if err != nil {
		return err
	}
	var accountID any
	if q.AccountID != "" {
		accountID = q.AccountID
	}
	var sealed []byte
	if q.Contact != "" {
		sealed = key.Seal("question", "contact", q.ID, []byte(q.Contact))
	}
	if _, err := tx.Exec(ctx, `INSERT INTO question (id, number, account_id, owner, token_hash, page, state, contact, lang, created_at, touched_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
		q.ID, q.Number, accountID, q.owner, keyring.HashToken(s.Token(q.ID)), q.Page, string(q.State), sealed, string(q.Lang), tx.Now()); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	if err := s.say(ctx, tx, key, q.ID, who, text); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Action: "support.asked", Actor: who, Subject: q.AccountID, Object: "question/" + q.ID})
}

// say adds a message to the talk.
func (s *Service) say(ctx context.Context, tx *store.Tx, key *keyring.Key, questionID string, who access.Actor, text string) error {
	party, employee, mid := "person", "", id.At(tx.Now())
	if who.Kind == access.Staff {
		party, employee = "support", who.ID
	}
	_, err := tx.Exec(ctx, `INSERT INTO question_message (id, question_id, party, employee, text, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		mid, questionID, party, employee, key.Seal("question_message", "text", mid, []byte(text)), tx.Now())
	return errors.Join(err, tx.Notify(ctx, Topic(questionID)), tx.Notify(ctx, QueueTopic))
}

// newNumber is what a person reads out on the hotline: it opens nothing by itself.
func newNumber() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	d := fmt.Sprintf("%08d", n)
	return d[:4] + "-" + d[4:]
}

// path keeps the path of an address: what follows "?" may be personal.
func path(page string) string {
	page, _, _ = strings.Cut(page, "?")
	page, _, _ = strings.Cut(page, "#")
	if !strings.HasPrefix(page, "/") || len(page) > 300 {
		return "/"
	}
	return page
}

const columns = `id, number, COALESCE(account_id, ''), owner, page, state, contact, lang, created_at, touched_at`

func (s *Service) load(ctx context.Context, q store.Querier, questionID string) (Question, error) {
	x, err := s.scan(ctx, q, q.QueryRow(ctx, `SELECT `+columns+` FROM question WHERE id = $1`, questionID))
	if errors.Is(err, store.ErrNotFound) {
		return Question{}, ErrMissing
	}
	return x, err
}

func (s *Service) scan(ctx context.Context, q store.Querier, r interface{ Scan(into ...any) error }) (Question, error) {
	var x Question
	var state, lang string
	var sealed []byte
	err := store.One(r.Scan(&x.ID, &x.Number, &x.AccountID, &x.owner, &x.Page, &state, &sealed, &lang, store.Time(&x.CreatedAt), store.Time(&x.TouchedAt)))
	if err != nil {
		return Question{}, err
	}
	x.State, x.Lang = State(state), i18n.Lang(lang)
	if sealed == nil {
		return x, nil
	}
	key, err := s.Ring.Person(ctx, q, x.owner)
	if err != nil {
		return Question{}, err
	}
	plain, err := key.Open("question", "contact", x.ID, sealed)
	x.Contact = string(plain)
	return x, err
}

// whole loads a question with its talk and its screenshots.
func (s *Service) whole(ctx context.Context, questionID string) (Question, error) {
	var x Question
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if x, err = s.load(ctx, tx, questionID); err != nil {
			return err
		}
		key, err := s.Ring.Person(ctx, tx, x.owner)
		if err != nil {
			return err
		}
		if x.Messages, err = messages(ctx, tx, key, questionID); err != nil {
			return err
		}
		ids, err := fileIDs(ctx, tx, questionID)
		if err != nil {
			return err
		}
		for _, fid := range ids { // five at most
			f, err := s.Files.About(ctx, tx, fid)
			if err != nil {
				return err
			}
			x.Files = append(x.Files, f)
		}
		return nil
	})
	return x, err
}

func messages(ctx context.Context, tx *store.Tx, key *keyring.Key, questionID string) ([]Message, error) {
	rows, err := tx.Query(ctx, `SELECT id, party, text, at FROM question_message WHERE question_id = $1 ORDER BY id`, questionID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Message
	for rows.Next() {
		var mid, party string
		var sealed []byte
		var m Message
		if err := rows.Scan(&mid, &party, &sealed, store.Time(&m.At)); err != nil {
			return nil, err
		}
		plain, err := key.Open("question_message", "text", mid, sealed)
		if err != nil {
			return nil, err
		}
		m.ByDesk, m.Text = party == "support", string(plain)
		out = append(out, m)
	}
	return out, rows.Err()
}

func fileIDs(ctx context.Context, tx *store.Tx, questionID string) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT file_id FROM question_file WHERE question_id = $1 ORDER BY file_id`, questionID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var fid string
		if err := rows.Scan(&fid); err != nil {
			return nil, err
		}
		out = append(out, fid)
	}
	return out, rows.Err()
}

// given reports whether the token is the question's: as it is derived now, or as it was when the question was asked, under a
// root that may be gone since. A visitor's address goes on working either way.
func (s *Service) given(ctx context.Context, questionID, token string) bool {
	if s.Ring.IsToken("support.question", questionID, token) {
		return true
	}
	var hash []byte
	err := store.One(s.DB.QueryRow(ctx, `SELECT token_hash FROM question WHERE id = $1`, questionID).Scan(&hash))
	return err == nil && token != "" && keyring.Equal(hash, keyring.HashToken(token))
}

// Get shows a question to whoever asked it: a person to their own, a visitor by the secret part of the address.
func (s *Service) Get(ctx context.Context, who access.Actor, questionID, token string) (Question, error) {
	x, err := s.whole(ctx, questionID)
	if err != nil {
		return Question{}, err
	}
	own := x.AccountID != "" && who.Kind == access.Person && x.AccountID == who.ID
	byToken := x.AccountID == "" && s.given(ctx, questionID, token)
	if !own && !byToken {
		return Question{}, ErrMissing
	}
	return x, nil
}

// Mine lists the questions of whoever asks, the newest first, without their talk.
func (s *Service) Mine(ctx context.Context, who access.Actor, most int) ([]Question, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return s.list(ctx, `account_id = $1 ORDER BY id DESC LIMIT $2`, who.ID, most)
}

// Said is what was said in the newest of their questions, by the ids of these: so that whoever asks finds a question by its words.
func (s *Service) Said(ctx context.Context, who access.Actor, most int) (map[string]string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	key, err := s.Ring.Person(ctx, s.DB, who.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT id, question_id, text FROM question_message WHERE question_id IN (SELECT id FROM question WHERE account_id = $1 ORDER BY id DESC LIMIT $2) ORDER BY id`, who.ID, most)
	out := map[string]string{}
	err = store.Each(rows, err, func(r *store.Rows) error {
		var mid, qid string
		var sealed []byte
		if err := r.Scan(&mid, &qid, &sealed); err != nil {
			return err
		}
		plain, err := key.Open("question_message", "text", mid, sealed)
		out[qid] += " " + string(plain)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what was said in questions: %w", err)
	}
	return out, nil
}

// Queue lists the questions in the state, the one that waits longest first, without their talk.
func (s *Service) Queue(ctx context.Context, who access.Actor, state State, most int) ([]Question, error) {
	if err := who.May(access.AnswerTickets); err != nil {
		return nil, err
	}
	return s.list(ctx, `state = $1 ORDER BY touched_at LIMIT $2`, string(state), most)
}

// Counts says how many questions are in each state.
func (s *Service) Counts(ctx context.Context, who access.Actor) (map[State]int, error) {
	if err := who.May(access.AnswerTickets); err != nil {
		return nil, err
	}
	var open, answered, closed int
	err := s.DB.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'answered'), count(*) FILTER (WHERE state = 'closed') FROM question`).Scan(&open, &answered, &closed)
	return map[State]int{Open: open, Answered: answered, Closed: closed}, err
}

func (s *Service) list(ctx context.Context, condition string, args ...any) ([]Question, error) {
	rows, err := s.DB.Query(ctx, `SELECT `+columns+` FROM question WHERE `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list questions: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Question
	for rows.Next() {
		var x Question
		var state, lang string
		var sealed []byte
		if err := rows.Scan(&x.ID, &x.Number, &x.AccountID, &x.owner, &x.Page, &state, &sealed, &lang, store.Time(&x.CreatedAt), store.Time(&x.TouchedAt)); err != nil {
			return nil, err
		}
		x.State, x.Lang = State(state), i18n.Lang(lang)
		out = append(out, x)
	}
	return out, rows.Err()
}

// Look shows a question to the support desk. The look is recorded.
func (s *Service) Look(ctx context.Context, who access.Actor, questionID string) (Question, error) {
	return s.look(ctx, who, questionID, "support.viewed")
}

func (s *Service) look(ctx context.Context, who access.Actor, questionID, action string) (Question, error) {
	if err := who.May(access.AnswerTickets); err != nil {
		return Question{}, err
	}
	x, err := s.whole(ctx, questionID)
	if err != nil {
		return Question{}, err
	}
	return x, s.DB.Write(ctx, func(tx *store.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: x.AccountID, Object: "question/" + x.ID})
	})
}

// Peek is Look for the stream of a page that was looked at already: it shows whether there is news and is not recorded.
func (s *Service) Peek(ctx context.Context, who access.Actor, questionID string) (state string, err error) {
	if err := who.May(access.AnswerTickets); err != nil {
		return "", err
	}
	var touched time.Time
	err = store.One(s.DB.QueryRow(ctx, `SELECT state, touched_at FROM question WHERE id = $1`, questionID).Scan(&state, store.Time(&touched)))
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrMissing
	}
	return state + "." + strconv.FormatInt(touched.UnixMicro(), 10), err
}

// File opens a screenshot of a question that the actor may see. That the desk did is recorded.
func (s *Service) File(ctx context.Context, who access.Actor, questionID, token, fileID string) (files.File, *bytes.Reader, error) {
	var x Question
	var err error
	if who.Kind == access.Staff {
		x, err = s.look(ctx, who, questionID, "support.file_opened")
	} else {
		x, err = s.Get(ctx, who, questionID, token)
	}
	if err != nil {
		return files.File{}, nil, err
	}
	for _, f := range x.Files {
		if f.ID == fileID {
			return s.Files.Open(ctx, s.DB, fileID)
		}
	}
	return files.File{}, nil, ErrMissing
}

// Answer adds the desk's answer and tells the asker.
func (s *Service) Answer(ctx context.Context, who access.Actor, questionID, text string) error {
	if err := who.May(access.AnswerTickets); err != nil {
		return err
	}
	return s.talk(ctx, who, questionID, text, Answered, func(tx *store.Tx, x Question) error {
		if err := audit.Record(ctx, tx, audit.Event{Action: "support.answered", Actor: who, Subject: x.AccountID, Object: "question/" + x.ID}); err != nil {
			return err
		}
		if x.AccountID != "" {
			return s.Notices.Tell(ctx, tx, x.AccountID, toPerson(s.Notices.Letterhead(), x.ID, x.Number))
		}
		if x.Contact == "" {
			return nil
		}
		return s.Jobs.Enqueue(ctx, tx, AnswerReady{Question: x.ID, Nth: int64(len(x.Messages))})
	})
}

// Reply adds the asker's reply, which opens the question again.
func (s *Service) Reply(ctx context.Context, who access.Actor, questionID, token, text string) error {
	if _, err := s.Get(ctx, who, questionID, token); err != nil {
		return err
	}
	return s.talk(ctx, who, questionID, text, Open, func(tx *store.Tx, _ Question) error {
		v, err := limit.Take(ctx, tx, s.Policy.Support.RepliesPer.Rule("support.replies"), "support.replies:"+questionID)
		if err == nil && !v.Allowed {
			err = ErrReplies.At(v.Until)
		}
		return err
	})
}

func (s *Service) talk(ctx context.Context, who access.Actor, questionID, text string, to State, then func(*store.Tx, Question) error) error {
	text = strings.TrimSpace(text)
	switch size := utf8.RuneCountInString(text); {
	case size == 0:
		return fault.Invalid(fault.F("text", "support.text_missing"))
	case size > s.Policy.Support.MaxText:
		return fault.Invalid(fault.F("text", "support.text_long", "max", s.Policy.Support.MaxText, "typed", size))
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := s.load(ctx, tx, questionID)
		if err != nil {
			return err
		}
		if x.State == Closed {
			return ErrClosed
		}
		key, err := s.Ring.Person(ctx, tx, x.owner)
		if err != nil {
			return err
		}
		if x.Messages, err = messages(ctx, tx, key, questionID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE question SET state = $1, touched_at = $2 WHERE id = $3`, string(to), tx.Now(), questionID); err != nil {
			return err
		}
		if err := s.say(ctx, tx, key, questionID, who, text); err != nil {
			return err
		}
		return then(tx, x)
	})
}

// Close ends a question.
func (s *Service) Close(ctx context.Context, who access.Actor, questionID string) error {
	if err := who.May(access.AnswerTickets); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := s.load(ctx, tx, questionID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE question SET state = $1, touched_at = $2 WHERE id = $3`, string(Closed), tx.Now(), questionID); err != nil {
			return err
		}
		if err := errors.Join(tx.Notify(ctx, Topic(questionID)), tx.Notify(ctx, QueueTopic)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "support.closed", Actor: who, Subject: x.AccountID, Object: "question/" + x.ID})
	})
}

// AnswerReady is the job that tells a visitor that the desk has answered: the answer itself stays on the page.
type AnswerReady struct {
	Question string `json:"question"`
	Nth      int64  `json:"nth"`
}

// Kind names the job in the queue.
func (AnswerReady) Kind() string { return "support.answer" }

// Deliver does the job AnswerReady.
func (s *Service) Deliver(ctx context.Context, job AnswerReady) error {
	x, err := s.load(ctx, s.DB, job.Question)
	if errors.Is(err, ErrMissing) || errors.Is(err, keyring.ErrNoKey) {
		return nil
	}
	if err != nil {
		return err
	}
	t, problem := contact.Read(x.Contact)
	if problem != nil {
		return nil
	}
	link := s.Notices.URL.JoinPath("support", x.ID)
	link.RawQuery = "t=" + s.Token(x.ID)
	mid := fmt.Sprintf("%s-%d", x.ID, job.Nth)
	m := toVisitor(s.Notices.Letterhead(), x.Lang, x.Number, link.String())
	if t.Kind == contact.Phone {
		return s.Notices.Gateways.SMS(ctx, mid, t.Value, m.SMS)
	}
	return s.Notices.Gateways.Mail(ctx, mid, t.Value, m.Letter.Subject, m.Letter.Text, "")
}

// toPerson is what somebody with an account is told of an answer.
func toPerson(h notification.Letterhead, id, number string) notification.Note {
	return h.Say(notification.Support, "support/"+id, "message.support", "number", number)
}

// Samples are those of everything that people are told by the package.
func (s *Service) Samples() []notification.Sample {
	h := s.Notices.Letterhead()
	link := h.URL.JoinPath("support", notification.SampleID)
	link.RawQuery = "t=" + notification.SampleToken
	return []notification.Sample{
		h.Sample("message.support", toPerson(h, notification.SampleID, sampleNumber)),
		notification.Direct("message.support.visitor", notification.Support, func(l i18n.Lang) notification.Message { return toVisitor(h, l, sampleNumber, link.String()) }),
	}
}

const sampleNumber = "0000-0000"

// toVisitor is what a visitor, who has no inbox, is told of an answer.
func toVisitor(h notification.Letterhead, l i18n.Lang, number, link string) notification.Message {
	args := []any{"number", number, "link", link}
	body := l.T("message.support.body", args...)
	return notification.Message{SMS: h.Signed(l, body), Letter: notification.Letter{Subject: l.T("message.support.subject", args...), Text: h.Around(l, body)}}
}
