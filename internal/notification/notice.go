package notification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Topic is the sort of news. Its text is stored.
type Topic string

// The topics.
const (
	Case     Topic = "case"     // something moved in an application
	Identity Topic = "identity" // the level or a check of identity changed
	Security Topic = "security" // the safety of the account
	Support  Topic = "support"  // an answer of the support desk
	Visit    Topic = "visit"    // a time to come: booked, moved, soon
	Document Topic = "document" // a document of the person's that ends
	Offer    Topic = "offer"    // a service is not what it was, or is not offered any more
)

// Note is what a person is told, in both languages. Path leads to the page where there is more, from the portal's root.
type Note struct {
	Topic   Topic     `json:"topic"`
	Subject i18n.Text `json:"subject"`
	Body    i18n.Text `json:"body"`
	Path    string    `json:"path"`
	Brief   i18n.Text `json:"brief,omitzero"` // how an SMS says the body, or Out, where it says it shorter; no page shows it

	// Out goes to the contacts in place of Body, when it is not empty: with what must be nowhere but there. The inbox and the copy of the
	// data are read by whoever has got into the account, too. It lies sealed with the rest until the notice goes.
	Out i18n.Text `json:"out,omitzero"`

	To []contact.Target `json:"to,omitempty"` // set by TellAll; it lies sealed, too

	Soon bool `json:"soon,omitempty"` // a deadline runs: it does not wait for the letter of the day

	// Until is when it ceases to be of use, zero for never: the hold that it asks about ends, the visit begins. Nothing carries it later than
	// that; in the inbox it stays.
	Until time.Time `json:"until,omitzero"`

	Over []Over `json:"over,omitempty"` // what it may go over; nil for everything. What the person wants is asked besides

	Alone bool `json:"-"` // not for those who act for the account: they are told in other words
}

// Over is what a note that is not about safety may go over, as definitions of services name it.
type Over string

// What there is. A browser in which the person switched notices on gets what goes out at all.
const (
	OverInbox Over = "inbox"
	OverEmail Over = "email"
	OverSMS   Over = "sms"
	OverPush  Over = "push"
)

// over reports whether the note may go over that.
func (n Note) over(o Over) bool {
	if o == OverPush && (n.over(OverEmail) || n.over(OverSMS)) {
		return true
	}
	return n.Over == nil || slices.Contains(n.Over, o)
}

// past reports whether the note is of no use any more.
func (n Note) past(now time.Time) bool { return !n.Until.IsZero() && !n.Until.After(now) }

// usual are the channels of a note that is not about safety.
func (n Note) usual() []string {
	var out []string
	if n.over(OverEmail) {
		out = append(out, string(contact.Email))
	}
	if n.over(OverSMS) {
		out = append(out, string(contact.Phone))
	}
	return out
}

// Say makes a note of the messages key.subject and key.body, in which {link} is the address of path.
func (s *Service) Say(topic Topic, path, key string, args ...any) Note {
	return s.Letterhead().Say(topic, path, key, args...)
}

// out is what goes to the contacts.
func (n Note) out() i18n.Text {
	if n.Out == (i18n.Text{}) {
		return n.Body
	}
	return n.Out
}

// Notice is a note in the inbox.
type Notice struct {
	ID     string
	Note   Note
	At     time.Time
	ReadAt time.Time
	Sent   []Sending // over what it went, beside the inbox
}

// Sending says over what a notice went, and when a gateway took it.
type Sending struct {
	Way Way
	At  time.Time
}

// Deliver is the job that carries one notice over one channel.
type Deliver struct {
	Notice  string `json:"notice"`
	Channel string `json:"channel"`
}

// Kind names the job in the queue.
func (Deliver) Kind() string { return "notification.deliver" }

// JobPolicy says that a gateway that is away is waited for for two days.
func (Deliver) JobPolicy() jobs.Policy { return jobs.Policy{Tries: 60, Longest: time.Hour} }

// Service tells people.
type Service struct {
	DB       *store.DB
	Ring     *keyring.Ring
	Accounts *account.Service
	Contacts *contact.Service
	Jobs     *jobs.Client
	Gateways *Gateways
	Push     Push
	URL      *url.URL
	Name     i18n.Text // of the portal
	Night    Night     // for those who want quiet
	Daytime  Daytime   // of the letter of the day
	Zone     *time.Location

	Guardians func(ctx context.Context, q store.Querier, accounts ...string) (map[string][]string, error) // who acts for each and hears what it is told; nil: nobody
}

// InboxTopic is how pages that follow the inbox of an account listen for news.
func InboxTopic(accountID string) string { return "inbox-" + accountID }

// Tell puts the note into the account's inbox and enqueues its sending, to those too who act for the account. What touches the safety of the account goes to every
// contact that it has now: whoever has taken one of them over must not be the only one who hears of it.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, accountID string, n Note) error {
	if n.Topic == Security {
		list, err := s.Contacts.Of(ctx, tx, accountID)
		if err != nil {
			return err
		}
		to := make([]contact.Target, len(list))
		for i, c := range list {
			to[i] = c.Target
		}
		return s.TellAll(ctx, tx, accountID, n, to)
	}
	return s.tell(ctx, tx, accountID, n, n.usual()...)
}

// Telling is a note for an account.
type Telling struct {
	Account string
	Note    Note
}

// TellMany is Tell to many, in as many statements as to one: a few hundred at a time. Whoever was erased meanwhile is told nothing. What
// touches the safety of an account has ways of its own: it is told by Tell.
func (s *Service) TellMany(ctx context.Context, tx *store.Tx, letters []Telling) error {
	list := make([]addressed, len(letters))
	for i, l := range letters {
		if l.Note.Topic == Security {
			return fmt.Errorf("tell %s: what is about safety is not told to many at once", l.Account)
		}
		list[i] = addressed{l, l.Note.usual()}
	}
	_, err := s.tellEach(ctx, tx, list)
	return err
}

// TellAll is Tell that goes to just these contacts, each of them, one too that the account is about to lose: a change of
// the contacts must not be told only to who made it.
func (s *Service) TellAll(ctx context.Context, tx *store.Tx, accountID string, n Note, to []contact.Target) error {
	n.To = to
	channels := make([]string, len(to))
	for i := range to {
		channels[i] = toChannel(i)
	}
	return s.tell(ctx, tx, accountID, n, channels...)
}

// toGuardians is the way to those who act for the account. It is one of its own: a child has no contacts, and with them no other way.
const toGuardians = "guardians"

func (s *Service) guardians(ctx context.Context, q store.Querier, accounts ...string) (map[string][]string, error) {
	if s.Guardians == nil {
		return nil, nil
	}
	return s.Guardians(ctx, q, accounts...)
}

// toChannel names the way to one of the contacts that the note itself lists.
func toChannel(i int) string { return "to-" + strconv.Itoa(i) }

func (s *Service) tell(ctx context.Context, tx *store.Tx, accountID string, n Note, channels ...string) error {
	told, err := s.tellEach(ctx, tx, []addressed{{Telling{accountID, n}, channels}})
	if err == nil && told == 0 {
		err = fmt.Errorf("tell %s: %w", accountID, keyring.ErrNoKey)
	}
	return err
}

// addressed is a letter and the channels it goes over, beside browsers and those who act for the account.
type addressed struct {
	Telling
	channels []string
}

// tellEach puts the notes into the inboxes, enqueues their sending, and says how many there was anybody to tell of.
func (s *Service) tellEach(ctx context.Context, tx *store.Tx, list []addressed) (told int, _ error) {
	if len(list) == 0 {
		return 0, nil
	}
	accounts := make([]string, len(list))
	for i, l := range list {
		accounts[i] = l.Account
	}
	keys, err := s.Ring.People(ctx, tx, accounts)
	if err != nil {
		return 0, err
	}
	browsers, err := s.pushes(ctx, tx, accounts...)
	if err != nil {
		return 0, err
	}
	guardians, err := s.guardians(ctx, tx, accounts...)
	if err != nil {
		return 0, err
	}
	var rows []string
	var args []any
	var sending []jobs.Args
	for _, l := range list {
		key := keys[l.Account]
		if key == nil {
			continue
		}
		plain, err := json.Marshal(l.Note)
		if err != nil {
			return 0, err
		}
		nid, n := id.At(tx.Now()), len(args)
		rows = append(rows, fmt.Sprintf("($%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5))
		args = append(args, nid, l.Account, string(l.Note.Topic), key.Seal("notice", "content", nid, plain), tx.Now())
		for _, c := range l.channels {
			sending = append(sending, Deliver{nid, c})
		}
		if l.Note.over(OverPush) {
			for _, c := range browsers[l.Account] {
				sending = append(sending, Deliver{nid, c})
			}
		}
		if len(guardians[l.Account]) > 0 && !l.Note.Alone {
			sending = append(sending, Deliver{nid, toGuardians})
		}
		if err := tx.Notify(ctx, InboxTopic(l.Account)); err != nil {
			return 0, err
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if err := tx.Do(ctx, `INSERT INTO notice (id, account_id, topic, content, created_at) VALUES `+strings.Join(rows, ", "), args...); err != nil {
		return 0, fmt.Errorf("tell %d: %w", len(rows), err)
	}
	return len(rows), s.Jobs.Enqueue(ctx, tx, sending...)
}

// Deliver does the job: nothing when the channel is not this notice's, or when it was sent already, or when it is of no use any more.
func (s *Service) Deliver(ctx context.Context, job Deliver) error {
	l, err := s.load(ctx, job)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, keyring.ErrNoKey) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	if l.sent {
		return nil
	}
	if job.Channel == toGuardians {
		return s.relay(ctx, job.Notice, l.account, l.note)
	}
	if l.note.past(s.DB.Now()) {
		return nil
	}
	if strings.HasPrefix(job.Channel, toBrowser) {
		return s.deliverPush(ctx, job, l)
	}
	r, err := s.route(ctx, l, job.Channel)
	if err != nil || r.to.Value == "" {
		return err
	}
	if r.wait > 0 {
		return fmt.Errorf("the night is quiet: %w", jobs.Retry(r.wait))
	}
	if r.daily {
		return s.gather(ctx, job.Notice)
	}
	gateway, err := s.send(ctx, job, r.to, l)
	if err != nil {
		if try, of := jobs.Try(ctx); try >= of {
			return s.instead(ctx, job, l, err)
		}
		return err
	}
	return s.note(ctx, job, gateway)
}

// instead sends over the other contact what no gateway took over the one: at the last try, unless the person heard of it another way or
// the note may not go there. failed is why the one does not work.
func (s *Service) instead(ctx context.Context, job Deliver, l loaded, failed error) error {
	other := contact.Phone
	if job.Channel == string(contact.Phone) {
		other = contact.Email
	}
	if l.note.Topic == Security || !slices.Contains(l.note.usual(), string(other)) {
		return failed
	}
	var heard bool
	if err := s.DB.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM delivery WHERE notice_id = $1 AND channel <> $2)`, job.Notice, toGuardians).Scan(&heard); err != nil || heard {
		return errors.Join(failed, err)
	}
	contacts, err := s.Contacts.Of(ctx, s.DB, l.account)
	if err != nil {
		return errors.Join(failed, err)
	}
	to := contact.Target{Kind: other, Value: first(contact.Serving(contacts), other)}
	if to.Value == "" {
		return failed
	}
	if wait := s.quiet(l.choice); wait > 0 && other == contact.Phone {
		return fmt.Errorf("the night is quiet: %w", jobs.Retry(wait))
	}
	job.Channel = string(other)
	gateway, err := s.send(ctx, job, to, l)
	if err != nil {
		return errors.Join(failed, err)
	}
	return s.note(ctx, job, gateway)
}

// note writes down that the gateway took it.
func (s *Service) note(ctx context.Context, job Deliver, gateway string) error {
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		return tx.Do(ctx, `INSERT INTO delivery (notice_id, channel, sent_at, gateway) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, job.Notice, job.Channel, tx.Now(), gateway)
	})
}

// relay tells those who act for the account what it is told, each in their own inbox, once: a child has no phone to be texted at.
func (s *Service) relay(ctx context.Context, nid, accountID string, n Note) error {
	all, err := s.guardians(ctx, s.DB, accountID)
	guardians := all[accountID]
	if err != nil || len(guardians) == 0 {
		return err
	}
	told := s.Letterhead().forChild(accountID, n)
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		fresh, err := tx.Exec(ctx, `INSERT INTO delivery (notice_id, channel, sent_at, gateway) VALUES ($1, $2, $3, '') ON CONFLICT DO NOTHING`, nid, toGuardians, tx.Now())
		if err != nil || fresh == 0 {
			return err
		}
		for _, g := range guardians { // two parents
			if err := s.Tell(ctx, tx, g, told); err != nil && !errors.Is(err, keyring.ErrNoKey) {
				return err
			}
		}
		return nil
	})
}

// route is where a notice goes over a channel, how long it must wait before, and whether it goes with the letter of the day. The Value
// of to is "" when it does not go there.
type route struct {
	to    contact.Target
	wait  time.Duration
	daily bool
}

func (s *Service) route(ctx context.Context, l loaded, channel string) (route, error) {
	for i, t := range l.note.To {
		if channel == toChannel(i) {
			return route{to: t}, nil
		}
	}
	contacts, err := s.Contacts.Of(ctx, s.DB, l.account)
	if err != nil {
		return route{}, err
	}
	kind := contact.Kind(channel)
	if l.note.Topic == Security { // it lists its contacts itself, unless an older program wrote it: then it goes over both
		return route{to: contact.Target{Kind: kind, Value: first(contacts, kind)}}, nil
	}
	serving := contact.Serving(contacts)
	ways := l.choice.For(l.note.Topic, Reachable(serving, l.browsers && s.Push.On()))
	r := route{to: contact.Target{Kind: kind, Value: first(serving, kind)}}
	switch {
	case kind == contact.Phone && has(ways, BySMS):
		r.wait = s.quiet(l.choice)
	case kind == contact.Email && has(ways, Daily):
		r.daily = !l.note.Soon
	case kind == contact.Email && has(ways, ByMail):
	default:
		return route{}, nil
	}
	return r, nil
}

// quiet is how long whoever wants quiet nights is left alone still.
func (s *Service) quiet(c Choice) time.Duration {
	if !c.Quiet {
		return 0
	}
	return s.Asleep(s.DB.Now())
}

// Asleep is how long the night still lasts in which the moment is, 0 by day: whoever wants quiet nights hears nothing before.
func (s *Service) Asleep(at time.Time) time.Duration {
	if s == nil || s.Zone == nil {
		return 0
	}
	return s.Night.left(at.In(s.Zone))
}

// Evening is the moment by day, and the last at which everybody hears in time what would be told at the moment by night.
func (s *Service) Evening(at time.Time) time.Time {
	if s.Asleep(at) == 0 {
		return at
	}
	return s.Night.evening(at.In(s.Zone))
}

// first is the first contact of the kind, "" when there is none.
func first(contacts []contact.Contact, kind contact.Kind) string {
	for _, c := range contacts {
		if c.Target.Kind == kind {
			return c.Target.Value
		}
	}
	return ""
}

func (s *Service) send(ctx context.Context, job Deliver, to contact.Target, l loaded) (string, error) {
	mid := job.Notice + "-" + job.Channel
	if to.Kind == contact.Phone {
		body := s.Letterhead().SMS(l.lang, l.note)
		return anyOf(ctx, s.Gateways.Log, s.Gateways.Texts, func(g SMSGateway) error { return g.SendSMS(ctx, Text{mid, to.Value, body}) })
	}
	off := ""
	if l.note.stoppable() {
		off = s.Off(l.account, l.note.Topic)
	}
	letter := s.Letterhead().Letter(l.lang, l.note, off)
	letter.ID, letter.To = mid, to.Value
	return anyOf(ctx, s.Gateways.Log, s.Gateways.Letters, func(g MailGateway) error { return g.SendMail(ctx, letter) })
}

// loaded is a notice that is to be delivered over a channel, and what is to be known of whose it is.
type loaded struct {
	account  string
	lang     i18n.Lang
	note     Note
	choice   Choice
	sent     bool // over this channel, already
	browsers bool // they have some that take notices
}

// load reads it, in one statement.
func (s *Service) load(ctx context.Context, job Deliver) (l loaded, _ error) {
	var sealed, chosen, wrapped []byte
	err := store.One(s.DB.QueryRow(ctx, `SELECT account_id, content, (SELECT content FROM notice_choice WHERE notice_choice.account_id = notice.account_id), `+
		keyring.WrappedSQL("notice.account_id")+`, `+account.LangSQL("notice.account_id")+`,
		EXISTS (SELECT 1 FROM delivery WHERE delivery.notice_id = notice.id AND delivery.channel = $2), EXISTS (SELECT 1 FROM push_browser WHERE push_browser.account_id = notice.account_id)
		FROM notice WHERE id = $1`, job.Notice, job.Channel).Scan(&l.account, &sealed, &chosen, &wrapped, (*string)(&l.lang), &l.sent, &l.browsers))
	if err != nil {
		return l, err
	}
	key, err := s.Ring.Unwrap(l.account, wrapped)
	if err != nil {
		return l, err
	}
	if l.note, err = opened(key, job.Notice, sealed); err != nil || chosen == nil {
		return l, err
	}
	return l, key.OpenJSON("notice_choice", "content", l.account, chosen, &l.choice)
}

func (s *Service) open(accountID, nid string, sealed, wrapped []byte) (Note, error) {
	key, err := s.Ring.Unwrap(accountID, wrapped)
	if err != nil {
		return Note{}, err
	}
	return opened(key, nid, sealed)
}

func opened(key *keyring.Key, nid string, sealed []byte) (Note, error) {
	plain, err := key.Open("notice", "content", nid, sealed)
	if err != nil {
		return Note{}, fmt.Errorf("open notice %s: %w", nid, err)
	}
	var n Note
	return n, json.Unmarshal(plain, &n)
}

// Inbox lists the newest notices of whoever asks.
func (s *Service) Inbox(ctx context.Context, who access.Actor, most int) ([]Notice, error) {
	return s.Earlier(ctx, who, most, "")
}

// Earlier lists the newest of the notices before the one given, of all when it is "".
func (s *Service) Earlier(ctx context.Context, who access.Actor, most int, before string) ([]Notice, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	args, older := []any{who.ID, most}, ""
	if before != "" {
		args, older = append(args, before), ` AND id < $3`
	}
	rows, err := s.DB.Query(ctx, `SELECT id, content, created_at, read_at, `+keyring.WrappedSQL("notice.account_id")+`
		FROM notice WHERE account_id = $1`+older+` ORDER BY id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("inbox of %s: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Notice
	for rows.Next() {
		var n Notice
		var sealed, wrapped []byte
		if err := rows.Scan(&n.ID, &sealed, store.Time(&n.At), store.NullTime(&n.ReadAt), &wrapped); err != nil {
			return nil, err
		}
		if n.Note, err = s.open(who.ID, n.ID, sealed, wrapped); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil || len(out) == 0 {
		return nil, err
	}
	return out, s.sendings(ctx, who.ID, out)
}

// sendings adds to the notices, which stand newest first, over what they went.
func (s *Service) sendings(ctx context.Context, accountID string, list []Notice) error {
	rows, err := s.DB.Query(ctx, `SELECT d.notice_id, d.channel, d.sent_at FROM delivery d JOIN notice n ON n.id = d.notice_id
		WHERE n.account_id = $1 AND n.id >= $2 AND n.id <= $3 ORDER BY d.sent_at, d.channel`, accountID, list[len(list)-1].ID, list[0].ID)
	if err != nil {
		return fmt.Errorf("what was sent to %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	at := make(map[string]*Notice, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	for rows.Next() {
		var nid, channel string
		var sent Sending
		if err := rows.Scan(&nid, &channel, store.Time(&sent.At)); err != nil {
			return err
		}
		n := at[nid]
		if n == nil {
			continue // of another moment than the list
		}
		if sent.Way = wayOf(channel, n.Note.To); sent.Way == "" || sent.Way == ByPush && slices.ContainsFunc(n.Sent, func(o Sending) bool { return o.Way == ByPush }) {
			continue // those who act for the account have inboxes of their own; of several browsers one is told of
		}
		n.Sent = append(n.Sent, sent)
	}
	return rows.Err()
}

// wayOf is the way that a channel is of; "" for none to the person.
func wayOf(channel string, to []contact.Target) Way {
	if strings.HasPrefix(channel, toBrowser) {
		return ByPush
	}
	for i, t := range to {
		if channel == toChannel(i) {
			return Way(t.Kind)
		}
	}
	if w := Way(channel); w == ByMail || w == BySMS {
		return w
	}
	return ""
}

// Unread is how many notices whoever asks has not read, on whichever page of the inbox they stand.
func (s *Service) Unread(ctx context.Context, who access.Actor) (n int, err error) {
	if err := who.May(access.UseCabinet); err != nil {
		return 0, err
	}
	return n, s.DB.QueryRow(ctx, `SELECT `+UnreadSQL("$1"), who.ID).Scan(&n)
}

// UnreadSQL lends the number of unread notices of the account that expr names.
func UnreadSQL(expr string) string {
	return `(SELECT count(*) FROM notice WHERE notice.account_id = ` + expr + ` AND notice.read_at IS NULL)`
}

// Read marks every notice of whoever asks as read.
func (s *Service) Read(ctx context.Context, who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE notice SET read_at = $1 WHERE account_id = $2 AND read_at IS NULL`, tx.Now(), who.ID); err != nil {
			return err
		}
		return tx.Notify(ctx, InboxTopic(who.ID))
	})
}
