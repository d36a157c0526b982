package application

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"

	_ "image/jpeg" // sizes of pictures
	_ "image/png"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/id"
	"okno/internal/limit"
	"okno/internal/procedure"
	"okno/internal/scan"
	"okno/internal/store"
)

// pieceMedia is what a piece of a file is among the files of its owner: nothing that anybody opens.
const pieceMedia files.Media = "application/octet-stream"

// NewUpload is a file that a person begins to send.
type NewUpload struct {
	Service string // code of the draft's
	Case    string // id, when it is for an answer to what the agency asked for; Service does not matter then
	Slot    string
	Name    string // as the browser says
	Size    int64  // -1 while nobody knows it
	Key     string // the browser's own: the same file of the same person goes on where it stopped
	Instead string // id of the attachment that it replaces
}

// longestKey is more than any browser's name for a file needs.
const longestKey = 300

// Begin opens a way for a file, or finds the one on which the same file stopped.
func (s *Attachments) Begin(ctx context.Context, who access.Actor, n NewUpload) (Upload, error) {
	application, x, who, err := s.place(ctx, who, n)
	if err != nil {
		return Upload{}, err
	}
	if len(n.Key) > longestKey {
		n.Key = ""
	}
	if err := refuse(x, sizeWrong(x, n.Size)); err != nil {
		return Upload{}, err
	}
	key, err := s.Ring.Person(ctx, s.DB, who.Whose())
	if err != nil {
		return Upload{}, err
	}
	u := Upload{ID: id.New(), Application: application, Slot: x.ID, Size: n.Size, account: who.Whose(), name: n.Name, key: n.Key, instead: n.Instead}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		under, err := uploadsOf(ctx, tx, key, who.Whose())
		if err != nil {
			return err
		}
		for _, v := range under {
			if n.Key != "" && v.key == n.Key && v.Application == application && v.Slot == x.ID && v.Size == n.Size {
				u = v
				return nil
			}
		}
		if len(under) >= s.Policy.Attachments.UnderWay {
			refused = ErrManyAtOnce
			return nil
		}
		if err := s.room(ctx, tx, application, x, n.Instead); err != nil {
			return err
		}
		v, err := limit.Take(ctx, tx, s.Policy.Attachments.PerPerson.Rule("attachment.sent"), "attachment.sent:"+who.ID)
		if err != nil || !v.Allowed {
			refused = ErrOften.At(v.Until)
			return err
		}
		return errors.Join(s.touch(ctx, tx, who.Whose(), application, x.ID), u.insert(ctx, tx, key))
	})
	return u, errors.Join(err, refused)
}

// place is where a new file goes: into the person's draft, or into the answer that their case waits for; and who sends it, as they act there.
func (s *Attachments) place(ctx context.Context, who access.Actor, n NewUpload) (application string, x procedure.Attachment, acting access.Actor, err error) {
	var asked []procedure.Attachment
	if n.Case != "" {
		c, err := s.mine(ctx, who, n.Case)
		if err != nil {
			return "", x, who, err
		}
		who = c.acting(who)
		application = c.ID
		if x, ok := c.takes(s.Zone, n.Slot); ok {
			asked = append(asked, x)
		}
	} else {
		d, err := s.Draft(ctx, who, n.Service)
		if err != nil {
			return "", x, who, err
		}
		application, asked = d.ID, d.Def.Attachments(d.Form, d.Answers)
	}
	for _, x := range asked {
		if x.ID == n.Slot {
			return application, x, who, nil
		}
	}
	return "", x, who, ErrNoFile
}

// room says when the application has as many files as it may. One that is replaced makes room for the other, and what was filed for an
// attachment that is asked for anew counts no more.
func (s *Attachments) room(ctx context.Context, tx *store.Tx, application string, x procedure.Attachment, instead string) error {
	var all, here int
	err := tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE slot = $2) FROM attachment WHERE application_id = $1 AND state <> 'infected' AND id <> $3
		AND replaced_at IS NULL AND (filed_at IS NULL OR slot <> $2)`,
		application, x.ID, instead).Scan(&all, &here)
	switch {
	case err != nil:
		return err
	case here >= x.Most:
		return refuse(x, fault.F("", "attachment.full", "most", x.Most))
	case all >= s.Policy.Attachments.Most:
		return ErrManyFiles
	}
	return nil
}

// refuse is a complaint that stands beside the attachment; none when it names no sentence.
func refuse(x procedure.Attachment, f fault.Field) error {
	if f.Key == "" {
		return nil
	}
	f.Name = FieldOfSlot(x.ID)
	return fault.Invalid(f)
}

func sizeWrong(x procedure.Attachment, size int64) fault.Field {
	switch {
	case size == 0:
		return fault.F("", "attachment.empty")
	case size > x.Max && x.Max < 1_000_000:
		return fault.F("", "attachment.large_kb", "max", x.Max/1000)
	case size > x.Max:
		return fault.F("", "attachment.large", "max", x.Max/1_000_000)
	}
	return fault.Field{}
}

// typeWrong tells the type by the first bytes, whatever the file is called.
func typeWrong(x procedure.Attachment, head []byte) (files.Media, fault.Field) {
	media, ok := files.Sniff(head)
	if ok && slices.Contains(x.Types, media) {
		return media, fault.Field{}
	}
	types := make([]string, len(x.Types))
	for i, t := range x.Types {
		types[i] = string(t)
	}
	return media, fault.F("", "attachment.type", "types", files.Names(types))
}

// headOfFile is how many bytes tell the type.
const headOfFile = 8

// Under is the person's own upload: how much of it is here.
func (s *Attachments) Under(ctx context.Context, who access.Actor, uploadID string) (Upload, error) {
	if err := who.May(access.Apply); err != nil {
		return Upload{}, err
	}
	return s.upload(ctx, s.DB, who, uploadID)
}

func (s *Attachments) upload(ctx context.Context, q store.Querier, who access.Actor, uploadID string) (Upload, error) {
	u, sealed, err := scanUpload(q.QueryRow(ctx, `SELECT `+uploadColumns+` FROM attachment_upload WHERE id = $1`, uploadID))
	if err = store.One(err); errors.Is(err, store.ErrNotFound) || err == nil && who.Kind != access.Person {
		return Upload{}, ErrNoUpload
	}
	if err != nil {
		return Upload{}, fmt.Errorf("upload %s: %w", uploadID, err)
	}
	if u.account != who.ID {
		c, err := holder(ctx, q, u.account, u.Application)
		if err != nil {
			return Upload{}, err
		}
		if !c.sees(who, q.Now()) {
			return Upload{}, ErrNoUpload
		}
	}
	key, err := s.Ring.Person(ctx, q, u.account)
	if err != nil {
		return Upload{}, err
	}
	return u, u.unseal(key, sealed)
}

// of is the attachment that the upload is for, by the definition of its draft, whose code comes with it, or of its case.
func (s *Attachments) of(ctx context.Context, q store.Querier, u Upload) (procedure.Attachment, string, error) {
	var code string
	err := store.One(q.QueryRow(ctx, `SELECT service FROM draft WHERE id = $1 AND account_id = $2`, u.Application, u.account).Scan(&code))
	if errors.Is(err, store.ErrNotFound) {
		x, err := s.anew(ctx, u)
		return x, "", err
	}
	if err != nil {
		return procedure.Attachment{}, "", err
	}
	if def, ok := s.Catalogue.ByCode(code); ok {
		if x, ok := def.Attachment(u.Slot); ok {
			return x, code, nil
		}
	}
	return procedure.Attachment{}, "", ErrNoUpload
}

// Append takes the piece that begins at the offset. One that does not follow what has come is ErrOffset, and the upload that is
// returned says where to go on: of two browsers that send one file each piece is taken once.
func (s *Attachments) Append(ctx context.Context, who access.Actor, uploadID string, offset int64, data []byte) (Upload, error) {
	u, err := s.Under(ctx, who, uploadID)
	if err != nil {
		return Upload{}, err
	}
	x, _, err := s.of(ctx, s.DB, u)
	if err != nil {
		return Upload{}, err
	}
	most := u.Size
	if most < 0 {
		most = x.Max
	}
	switch end := offset + int64(len(data)); {
	case offset != u.Offset:
		return u, ErrOffset
	case len(data) == 0:
		return u, nil
	case len(data) > int(s.Policy.Attachments.Chunk):
		return u, fault.Invalid(fault.F(FieldOfSlot(u.Slot), "attachment.piece"))
	case end > most:
		return u, s.abandon(ctx, u, refuse(x, sizeWrong(x, x.Max+1)))
	}
	if offset == 0 && len(data) >= headOfFile { // nobody sends all of a file that is not taken
		if _, wrong := typeWrong(x, data); wrong.Key != "" {
			return u, s.abandon(ctx, u, refuse(x, wrong))
		}
	}
	put, err := s.Files.Put(ctx, files.New{Owner: u.account, Media: pieceMedia, Data: data})
	if err != nil {
		return u, err
	}
	now := u
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		now = u
		err := store.Touched(tx.Exec(ctx, `UPDATE attachment_upload SET received = received + $1, went_on_at = $2 WHERE id = $3 AND received = $4`, len(data), tx.Now(), u.ID, offset))
		if err != nil {
			return err
		}
		if err := s.Files.Keep(ctx, tx, put); err != nil {
			return err
		}
		now.Offset += int64(len(data))
		_, err = tx.Exec(ctx, `INSERT INTO attachment_piece (upload_id, start, file_id) VALUES ($1, $2, $3)`, u.ID, offset, put.ID)
		return err
	})
	if errors.Is(err, store.ErrStale) { // another window was faster; the bytes of this piece are swept
		if now, err = s.Under(ctx, who, uploadID); err == nil {
			err = ErrOffset
		}
	}
	return now, err
}

// abandon forgets an upload of which nothing will come, and says why.
func (s *Attachments) abandon(ctx context.Context, u Upload, why error) error {
	err := s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return s.forgetUpload(ctx, tx, u.ID) })
	return errors.Join(why, err)
}

// Stop forgets a file that the person does not want to send any more.
func (s *Attachments) Stop(ctx context.Context, who access.Actor, uploadID string) error {
	u, err := s.Under(ctx, who, uploadID)
	if err != nil {
		return err
	}
	return s.abandon(ctx, u, nil)
}

// Receive takes a whole file from a form without scripts, piece by piece.
func (s *Attachments) Receive(ctx context.Context, who access.Actor, n NewUpload, body io.Reader) (Attached, error) {
	n.Size, n.Key = -1, ""
	u, err := s.Begin(ctx, who, n)
	if err != nil {
		return Attached{}, err
	}
	buf := make([]byte, s.Policy.Attachments.Chunk)
	for more := true; more; {
		got, err := fill(body, buf)
		if more = err == nil; err != nil && err != io.EOF { //nolint:errorlint // the very value: one that is wrapped is a file cut short
			return Attached{}, s.abandon(ctx, u, err)
		}
		if u, err = s.Append(ctx, who, u.ID, u.Offset, buf[:got]); err != nil {
			return Attached{}, err
		}
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		return store.Touched(tx.Exec(ctx, `UPDATE attachment_upload SET size = received WHERE id = $1 AND size < 0`, u.ID))
	}); err != nil {
		return Attached{}, err
	}
	a, err := s.Finish(ctx, who, u.ID)
	if err != nil {
		return Attached{}, s.abandon(ctx, u, err)
	}
	return a, nil
}

// fill reads until the buffer is full; io.EOF is the end of the file, and any other error is not.
func fill(from io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = from.Read(buf[n:])
		n += got
	}
	return n, err
}

// Finish makes an attachment of what has come. Asked again it returns the same. What is wrong with the file is said beside the
// attachment, and nothing is left of it.
func (s *Attachments) Finish(ctx context.Context, who access.Actor, uploadID string) (Attached, error) {
	a, err := s.finish(ctx, who, uploadID)
	if errors.Is(err, ErrNoUpload) { // finished already: the answer was lost, or another window was faster
		return s.get(ctx, s.DB, who, uploadID)
	}
	return a, err
}

func (s *Attachments) finish(ctx context.Context, who access.Actor, uploadID string) (Attached, error) {
	u, err := s.Under(ctx, who, uploadID)
	if err != nil {
		return Attached{}, err
	}
	x, code, err := s.of(ctx, s.DB, u)
	if err != nil {
		return Attached{}, err
	}
	if u.Size == 0 {
		return Attached{}, s.abandon(ctx, u, refuse(x, sizeWrong(x, 0)))
	}
	if u.Offset != u.Size {
		return Attached{}, ErrUnfinished
	}
	select {
	case s.whole <- struct{}{}:
		defer func() { <-s.whole }()
	case <-ctx.Done():
		return Attached{}, ctx.Err()
	}
	data, err := s.together(ctx, u)
	if err != nil {
		return Attached{}, err
	}
	a := Attached{ID: u.ID, Application: u.Application, Slot: u.Slot, State: Ready, account: u.account}
	file, err := s.judged(ctx, x, u, data, &a)
	if fault.KindOf(err) == fault.InvalidInput {
		return Attached{}, s.abandon(ctx, u, err)
	}
	if err != nil {
		return Attached{}, err
	}
	put, err := s.Files.Put(ctx, file)
	if err != nil {
		return Attached{}, err
	}
	a.file = put.ID
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return s.keep(ctx, tx, who, x, u, a, put) })
	switch {
	case errors.Is(err, store.ErrStale): // another window finished it
		return s.get(ctx, s.DB, who, uploadID)
	case fault.KindOf(err) == fault.InvalidInput:
		return Attached{}, s.abandon(ctx, u, err)
	case err != nil:
		return Attached{}, err
	}
	if code == "" {
		return s.get(ctx, s.DB, who, a.ID)
	}
	c, err := holder(ctx, s.DB, u.account, u.Application)
	if err != nil {
		return Attached{}, err
	}
	d, err := s.Draft(ctx, c.acting(who), code)
	if errors.Is(err, ErrMissing) { // sent this very moment, with the file
		return s.get(ctx, s.DB, who, a.ID)
	}
	if err != nil {
		return Attached{}, err
	}
	for _, kept := range d.Attached {
		if kept.ID == a.ID {
			return kept, nil
		}
	}
	return Attached{}, ErrNoFile // removed in another window this very moment
}

// together is the whole of a file from its pieces.
func (s *Attachments) together(ctx context.Context, u Upload) ([]byte, error) {
	all, err := pieces(ctx, s.DB, u.ID)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, ErrNoUpload // there were some: finished or stopped in another window
	}
	data := make([]byte, 0, u.Size)
	for _, p := range all {
		if p.start != int64(len(data)) {
			return nil, fmt.Errorf("upload %s: a piece is missing at %d", u.ID, len(data))
		}
		_, body, err := s.Files.Open(ctx, s.DB, p.file)
		if errors.Is(err, store.ErrNotFound) {
			return nil, ErrNoUpload // likewise
		}
		if err != nil {
			return nil, err
		}
		part, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		data = append(data, part...)
	}
	if int64(len(data)) != u.Size {
		return nil, fmt.Errorf("upload %s: %d bytes of %d", u.ID, len(data), u.Size)
	}
	return data, nil
}

// judged looks at the whole of a file: what it is, whether it was cleaned, whether there is malware in it. What its maker noted in a
// picture is taken out.
func (s *Attachments) judged(ctx context.Context, x procedure.Attachment, u Upload, data []byte, a *Attached) (files.New, error) {
	media, wrong := typeWrong(x, data)
	if wrong.Key != "" {
		return files.New{}, refuse(x, wrong)
	}
	sum := sha256.Sum256(data)
	clean, err := scan.Clean(data, s.Policy.Scan.Pixels)
	switch {
	case errors.Is(err, scan.ErrActive):
		return files.New{}, refuse(x, fault.F("", "attachment.active"))
	case errors.Is(err, scan.ErrBomb), err == nil && len(clean) > files.MaxSize: // a PNG that was turned is packed anew
		return files.New{}, refuse(x, fault.F("", "attachment.pixels_many", "max", s.Policy.Scan.Pixels/1_000_000))
	case errors.Is(err, scan.ErrBroken):
		return files.New{}, refuse(x, fault.F("", "attachment.broken"))
	case err != nil:
		return files.New{}, err
	}
	if x.Width > 0 && media != files.PDF {
		c, _, err := image.DecodeConfig(bytes.NewReader(clean))
		if err != nil {
			return files.New{}, refuse(x, fault.F("", "attachment.broken"))
		}
		if c.Width < x.Width || c.Height < x.Height {
			return files.New{}, refuse(x, fault.F("", "attachment.pixels_few", "width", x.Width, "height", x.Height, "has_width", c.Width, "has_height", c.Height))
		}
	}
	a.Name, a.Media, a.Size, a.sum = files.Name(u.name, media), media, int64(len(clean)), sum[:]
	file, err := s.Files.Inspect(ctx, files.New{Owner: u.account, Name: a.Name, Media: media, Data: clean})
	switch {
	case errors.Is(err, files.ErrInfected):
		return files.New{}, refuse(x, fault.F("", "attachment.infected"))
	case errors.Is(err, files.ErrUnscanned): // nothing is lost: it waits until the scanner is back
		file.Unscanned = true
	case err != nil:
		return files.New{}, fmt.Errorf("look through an attachment: %w", err)
	}
	if file.Unscanned {
		a.State = Checking
	}
	if len(x.Fills) > 0 {
		a.Reading = ToRead
	}
	return file, nil
}

// keep writes the attachment down, in the place of another if it replaces one. Whoever finds the upload gone is told store.ErrStale.
func (s *Attachments) keep(ctx context.Context, tx *store.Tx, who access.Actor, x procedure.Attachment, u Upload, a Attached, put files.File) error {
	if err := s.touch(ctx, tx, u.account, u.Application, u.Slot); err != nil {
		return err
	}
	key, err := s.Ring.Person(ctx, tx, u.account)
	if err != nil {
		return err
	}
	all, err := attachedTo(ctx, tx, key, u.account, u.Application)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID == u.ID {
			return store.ErrStale
		}
	}
	var there int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM attachment_upload WHERE id = $1`, u.ID).Scan(&there); err != nil {
		return err
	}
	if there == 0 {
		return store.ErrStale
	}
	for _, other := range all {
		switch {
		case other.ID == u.instead && other.Slot == u.Slot && other.FiledAt.IsZero():
			if err := s.drop(ctx, tx, other); err != nil {
				return err
			}
		case bytes.Equal(other.sum, a.sum) && other.Slot == u.Slot && other.State != Infected: // asked for anew, the very same would be no answer
			return refuse(x, fault.F("", "attachment.twice", "name", other.Name))
		}
	}
	if err := s.room(ctx, tx, u.Application, x, ""); err != nil {
		return err
	}
	if err := s.Files.Keep(ctx, tx, put); err != nil {
		return err
	}
	a.SentAt = tx.Now()
	if err := a.insert(ctx, tx, key); err != nil {
		return err
	}
	if err := s.forgetUpload(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := s.Jobs.Enqueue(ctx, tx, a.jobs()...); err != nil {
		return err
	}
	return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "attachment.sent", Actor: who, Subject: u.account, Object: "attachment/" + a.ID, Detail: audit.Detail{"field": a.Slot}}),
		tx.Notify(ctx, FilesTopic(a.Application)))
}

// discardAttached takes away what belongs to the draft that the person throws away.
func (s *Service) discardAttached(ctx context.Context, tx *store.Tx, who access.Actor, code string) error {
	const of = ` IN (SELECT id FROM draft WHERE account_id = $1 AND by_id = $2 AND service = $3)`
	under, err := store.Names(tx.Query(ctx, `SELECT id FROM attachment_upload WHERE application_id`+of, who.Whose(), who.By(), code))
	if err != nil {
		return err
	}
	for _, u := range under { // as many as a person may have on the way
		if err := s.forgetUpload(ctx, tx, u); err != nil {
			return err
		}
	}
	for n := fewAttached; err == nil && n == fewAttached; {
		n, err = s.sweepAttached(ctx, tx, `filed_at IS NULL AND application_id`+of, who.Whose(), who.By(), code)
	}
	return err
}
