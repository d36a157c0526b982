package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/limit"
	"okno/internal/scan"
	"okno/internal/store"
)

// ErrReading refuses a picture for now: the programs that read are away or busy.
var ErrReading = fault.New(fault.Unavailable, "verification.picture_later")

// ErrPictures refuses another picture for now. Its RetryAt says when one is read again.
var ErrPictures = fault.New(fault.TooMany, "verification.pictures")

// CanRead reports whether pictures of passports are read here.
func (s *Service) CanRead() bool { return s.Pictures != nil }

// FromPicture reads the page of a passport and puts what stands there into the fields of the passport's step, for the person to look
// through and send; the step is not filled in by that. It returns the fields of the person's step that the page has otherwise. The
// picture itself is not kept: it is gone when it was read. A picture that cannot be read is refused on the field "picture", with
// the reason that the person can do something about (LVL-4).
func (s *Service) FromPicture(ctx context.Context, who access.Actor, data []byte) (differs []string, err error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, err := limit.Take(ctx, tx, s.Policy.Registers.PicturesPerPerson.Rule("verification.picture"), "verification.picture:"+who.ID)
		if err == nil && !v.Allowed {
			err = ErrPictures.At(v.Until)
		}
		return err
	}); err != nil {
		return nil, err
	}
	reading, err := s.read(ctx, data)
	if err != nil {
		return nil, err
	}
	value := func(f scan.Field) string { return reading.Fields[f].Text }
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		differs = nil
		p, err := s.begin(ctx, tx, who)
		if err != nil {
			return err
		}
		if p.Waiting() && p.Refusal == "" {
			return ErrAsking
		}
		x := &p.Papers
		typed := x.Values(form.Passport)
		typed[FieldKind] = string(form.Passport)
		for f, name := range map[scan.Field]string{scan.Series: "passport_series", scan.Number: "passport_number", scan.IssuedAt: "passport_issued_at", scan.IssuedBy: "passport_issued_by",
			scan.DepartmentCode: "passport_department_code"} {
			if v := value(f); v != "" {
				typed[name] = form.Dotted(v)
			}
		}
		x.Typed = typed
		names := map[scan.Field]string{scan.Surname: "surname", scan.GivenName: "given_name", scan.Patronymic: "patronymic", scan.BirthDate: "birth_date"}
		for f, outcome := range scan.Compare(reading.Fields, map[scan.Field]string{scan.Surname: x.Surname, scan.GivenName: x.GivenName, scan.Patronymic: x.Patronymic, scan.BirthDate: x.BirthDate}) {
			if outcome == scan.Differs {
				differs = append(differs, names[f])
			}
		}
		slices.Sort(differs)
		p.Papers = x.without(StepPassport)
		p.State, p.Refusal = Entering, ""
		return s.keep(ctx, tx, p)
	})
	return differs, err
}

// read looks through the file and reads it, outside any transaction: it takes seconds.
func (s *Service) read(ctx context.Context, data []byte) (scan.Reading, error) {
	no := func(key string, args ...any) error { return fault.Invalid(fault.F("picture", key, args...)) }
	up := s.Policy.Uploads
	switch media, ok := files.Sniff(data); {
	case s.Pictures == nil:
		return scan.Reading{}, ErrReading
	case len(data) == 0:
		return scan.Reading{}, no("verification.picture_empty")
	case len(data) > int(up.MaxSize):
		return scan.Reading{}, no("verification.picture_large", "max", int64(up.MaxSize)/1_000_000)
	case !ok || !slices.Contains(up.Types, string(media)):
		return scan.Reading{}, no("verification.picture_type", "types", files.Names(up.Types))
	}
	if s.Files != nil {
		if _, err := s.Files.Inspect(ctx, files.New{Data: data}); errors.Is(err, files.ErrInfected) {
			return scan.Reading{}, no("verification.picture_infected")
		} else if err != nil {
			return scan.Reading{}, ErrReading.Because(err)
		}
	}
	r, err := s.Pictures.Read(ctx, data, scan.Photo)
	switch {
	case errors.Is(err, scan.ErrBomb), errors.Is(err, scan.ErrBroken), errors.Is(err, scan.ErrActive):
		return scan.Reading{}, no("verification.picture_broken")
	case err != nil && ctx.Err() != nil:
		return scan.Reading{}, ctx.Err()
	case err != nil:
		return scan.Reading{}, ErrReading.Because(fmt.Errorf("read a page: %w", err))
	case r.Refused != scan.Fine:
		return scan.Reading{}, no(r.Refused.Key())
	}
	return r, nil
}
