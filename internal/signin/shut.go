package signin

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// Door is a way in that wrong tries have shut for a while. Its text ends the keys of what is said.
type Door string

// The doors. Those that end in "here" are of one browser of the owner's, all others of browsers that the owner never used.
const (
	DoorContact     Door = "contact" // a password with this contact, or with the SNILS
	DoorAccount     Door = "account" // a password with whatever contact
	DoorHere        Door = "here"
	DoorSecond      Door = "second" // the second factor after a right password
	DoorSecondHere  Door = "second_here"
	DoorRecover     Door = "recover" // what a recovery asks for beside the contact
	DoorRecoverHere Door = "recover_here"
)

// Here reports whether the door is that of one browser of the owner's.
func (d Door) Here() bool { return d == DoorHere || d == DoorSecondHere || d == DoorRecoverHere }

// Shut is a door that is shut until then. It opens by itself.
type Shut struct {
	Door    Door
	Contact string // that the door is of, masked
	Other   bool   // of a browser of the owner's that is not the one that asks
	Agent   string // … which one; "" when it did not say
	Until   time.Time
}

// Shuts is what is shut of an account now.
type Shuts struct {
	List  []Shut
	Known bool // the browser that asks is one of the owner's: what strangers shut is open to it
}

// ErrSecondNumbered is ErrSecondBlocked where support can see the block, by the number that is said.
var ErrSecondNumbered = fault.New(fault.TooMany, "second.blocked_number")

// errNoShut is a number under which nothing is shut for the contact that was typed.
var errNoShut = fault.Invalid(fault.F("number", "desk.shut.no_number"))

// numbered reports whether a block of the door has a number: it proves to support that whoever tells it stood before the block, which is
// after a right password or a proved contact. So support learns by it of no account that the person has not shown.
func (d Door) numbered() bool {
	return d == DoorSecond || d == DoorSecondHere || d == DoorRecover || d == DoorRecoverHere
}

// secondBlocked is the refusal of a factor or of an answer whose bucket is full: the door is one of those that are numbered.
func (s *Service) secondBlocked(key string, until time.Time) error {
	return ErrSecondNumbered.Say("number", s.shutNumber(key, until)).At(until).Because(ErrSecondBlocked)
}

// shutNumber is the number of a block: of this bucket, until it ends.
func (s *Service) shutNumber(key string, until time.Time) string {
	n := binary.BigEndian.Uint64(s.Ring.Index("signin.shut", fmt.Sprint(key, until.UnixMilli()))[4:12]) % 100_000_000
	return fmt.Sprintf("%04d-%04d", n/10_000, n%10_000)
}

// watched is a door with the bucket that shuts it.
type watched struct {
	Shut
	limit.Taken
}

// bucketOf is a bucket as whoever counts in it names it.
func bucketOf(rule limit.Rule, key string) limit.Taken { return limit.Taken{Rule: rule, Key: key} }

// watchedOf are the doors of an account that do not depend on a browser, its contacts' aside.
func (s *Service) watchedOf(account string) []watched {
	return []watched{
		{Shut{Door: DoorAccount}, bucketOf(s.rules()[byAccount], s.key(try{nobody: account}, byAccount))},
		{Shut{Door: DoorSecond}, bucketOf(s.secondBucket(credential.Visitor{}, credential.Pending{Account: account}))},
		{Shut{Door: DoorRecover}, bucketOf(s.recoverBucketOf(false, credential.Visitor{}, account))},
	}
}

// watchedContact is the door of what is typed as a login.
func (s *Service) watchedContact(find [2][]byte, masked string) watched {
	return watched{Shut{Door: DoorContact, Contact: masked}, bucketOf(s.rules()[byContact], s.key(try{contact: standsFor(find[0])}, byContact))}
}

// mostDevices is of how many browsers of an account it is said what is shut in them: of those used last.
const mostDevices = 100

// watchedIn are the doors of the account in each of its browsers. here is the hash of the one that asks, nil when none of them does.
func (s *Service) watchedIn(account string, devices []credential.Device, here []byte) []watched {
	var out []watched
	for _, d := range devices {
		name := s.ofBrowser(d.Browser)
		for _, w := range []watched{
			{Shut{Door: DoorHere}, bucketOf(s.rules()[byDevice], s.key(try{nobody: account, browser: name}, byDevice))},
			{Shut{Door: DoorSecondHere}, bucketOf(s.secondBucketIn(account, name))},
			{Shut{Door: DoorRecoverHere}, bucketOf(s.recoverBucketIn(account, name))},
		} {
			w.Other, w.Agent = !bytes.Equal(d.Browser, here), d.Agent
			out = append(out, w)
		}
	}
	return out
}

// shut reads all the buckets in one statement, and keeps what is shut.
func (s *Service) shut(ctx context.Context, q store.Querier, doors []watched) ([]watched, error) {
	wants := make([]limit.Taken, len(doors))
	for i, d := range doors {
		wants[i] = d.Taken
	}
	verdicts, err := limit.LookAll(ctx, q, wants...)
	if err != nil {
		return nil, err
	}
	var out []watched
	for i, v := range verdicts {
		if !v.Allowed {
			doors[i].Until = v.Until
			out = append(out, doors[i])
		}
	}
	return out, nil
}

// shutsOf is what is shut of the account, of its contacts and of what more is watched. A contact is named while it is shut for longer than all are.
func (s *Service) shutsOf(ctx context.Context, account string, more ...watched) ([]Shut, error) {
	list, err := s.Contacts.Of(ctx, s.DB, account)
	if err != nil {
		return nil, err
	}
	a, err := s.Accounts.Get(ctx, s.DB, account)
	if err != nil {
		return nil, err
	}
	doors := s.watchedOf(account)
	for _, c := range list {
		doors = append(doors, s.watchedContact(s.Contacts.Find(c.Target), c.Target.Masked()))
	}
	if a.Profile.SNILS != "" {
		doors = append(doors, s.watchedContact(s.Accounts.FindSNILS(a.Profile.SNILS), form.MaskSNILS(a.Profile.SNILS)))
	}
	found, err := s.shut(ctx, s.DB, append(doors, more...))
	if err != nil {
		return nil, err
	}
	var out []Shut
	var whole time.Time // until when the account is shut at every contact
	for _, d := range found {
		if d.Door == DoorAccount {
			whole = d.Until
		}
		if d.Door != DoorContact || d.Until.After(whole) {
			out = append(out, d.Shut)
		}
	}
	return out, nil
}

// Shuts says what wrong tries have shut of the account, to its owner: for everybody, in this browser, and in each other one of the owner's.
func (s *Service) Shuts(ctx context.Context, who access.Actor, v credential.Visitor) (Shuts, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Shuts{}, err
	}
	devices, err := s.Credentials.Devices(ctx, s.DB, who.ID, mostDevices)
	if err != nil {
		return Shuts{}, err
	}
	here := keyring.HashToken(v.Browser)
	list, err := s.shutsOf(ctx, who.ID, s.watchedIn(who.ID, devices, here)...)
	return Shuts{List: list, Known: slices.ContainsFunc(devices, func(d credential.Device) bool { return bytes.Equal(d.Browser, here) })}, err
}

// ShutsAsked says to support what is shut of an account whose person asks them while signed in; that support looks at the question is
// recorded. Contacts and browsers are not named.
func (s *Service) ShutsAsked(ctx context.Context, who access.Actor, account string) ([]Shut, error) {
	if err := who.May(access.LiftBlocks); err != nil {
		return nil, err
	}
	devices, err := s.Credentials.Devices(ctx, s.DB, account, mostDevices)
	if err != nil {
		return nil, err
	}
	list, err := s.shutsOf(ctx, account, s.watchedIn(account, devices, nil)...)
	for i := range list {
		list[i].Contact, list[i].Agent = "", ""
	}
	return list, err
}

// ShutsFor says to support what is shut to whoever types this login: a password with it, whoever it belongs to, and with the number from
// the person's page the block of that number, be it of one of the owner's browsers. It does the same and says the same of a contact that
// belongs to nobody: what is shut of an account at all its contacts, and what has no number, is not said, because it would tell whose the
// contact is. The look is recorded.
func (s *Service) ShutsFor(ctx context.Context, who access.Actor, typed, number string) ([]Shut, error) {
	if err := who.May(access.LiftBlocks); err != nil {
		return nil, err
	}
	l, p := s.readLogin(typed)
	if p != nil {
		return nil, fault.Invalid(p.On("account"))
	}
	var out []Shut
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		out, refused = nil, nil
		var account string
		if err := tx.QueryRow(ctx, `SELECT COALESCE(`+l.holder("$1", "$2")+`, '')`, l.find[0], l.find[1]).Scan(&account); err != nil {
			return fmt.Errorf("whose login it is: %w", err)
		}
		name := account
		if name == "" {
			name = "nobody-" + standsFor(l.find[0])
		}
		devices, err := s.Credentials.Devices(ctx, tx, name, mostDevices)
		if err != nil {
			return err
		}
		doors := append(s.watchedOf(name), s.watchedContact(l.find, ""))
		doors = append(doors, s.watchedIn(name, devices, nil)...)
		found, err := s.shut(ctx, tx, slices.DeleteFunc(doors, func(d watched) bool { return d.Door == DoorAccount || d.Door == DoorHere }))
		if err != nil {
			return err
		}
		right := false
		for _, d := range found {
			if d.Door.numbered() {
				if form.Digits(number) != form.Digits(s.shutNumber(d.Key, d.Until)) {
					continue
				}
				right = true
			}
			d.Agent = ""
			out = append(out, d.Shut)
		}
		if form.Digits(number) != "" && !right {
			refused = errNoShut
		}
		return audit.Record(ctx, tx, audit.Event{Action: "limit.viewed", Actor: who, Subject: account})
	})
	return out, orRefused(err, refused)
}
