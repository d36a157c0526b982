package portal_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/webtest"
)

// proved gives the person a passport and a SNILS that registers stand for, and an INN that they typed.
func (x *purse) proved(t *testing.T, who access.Actor, snils string) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.proof.Grant(ctx, tx, access.SystemActor(), who.ID, verification.WayRegisters, func(p *account.Profile) {
			p.Surname, p.GivenName, p.BirthDate, p.SNILS, p.INN = "Орлова", "Вера", "1982-01-20", snils, "500100732259"
			p.Document = form.PassportOf("4508", "123456", "2010-04-20", "ОВД Тверской", "770-001")
			p.Sources = map[string]account.Source{"document": {From: account.FromMVD, At: tx.Now()}, "snils": {From: account.FromSFR, At: tx.Now()}}
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// CAB-2: the papers of the profile are shown by a code as others are, and no more of them than was ticked.
func TestAPaperOfTheProfileIsShownByItsCodeAndNoMoreOfItThanWasTicked(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.proved(t, who, "11223344595")
		c.Open("/documents")
		c.Follow("Паспорт гражданина России")
		const own = "/documents/profile/identity"
		if c.Page().URL.Path != own {
			t.Fatalf("the passport leads to %s", c.Page().URL)
		}
		sees(t, c, "ОВД Тверской", "из МВД", "Действует до", "Где используется", "ещё никому не показывали")
		seesNo(t, c, "123456")
		for _, path := range []string{own + "?open", own + "/share", "/documents/profile/snils/share"} {
			if got := c.Get(path); !strings.HasSuffix(got.Request.URL.Path, web.Again) || got.Request.URL.Query().Get("need") != "second" { //nolint:bodyclose // the client reads it whole
				t.Errorf("%s leads to %s without a second factor", path, got.Request.URL)
			}
		}
		x.fresh = true
		c.Open(own)
		c.Follow("Показать полностью")
		sees(t, c, "45 08 123456")
		c.Open(own)
		c.Follow("Показать другому")
		c.Press("Получить код")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Отметьте хотя бы одно")
		c.Tick("Серия и номер", true)
		c.Tick("Ваши фамилия, имя и отчество", true)
		c.Press("Получить код")
		sees(t, c, "его ещё не открыли", "Видно: серия и номер, ваши фамилия")
		share := c.Page().URL.Path
		code, _ := c.Page().Data("share-code")

		police := x.Browser(t)
		police.Open("/shared")
		police.Fill("code", code)
		police.Press("Открыть документ")
		sees(t, police, "Паспорт гражданина России", "45 08 123456", "Орлова Вера", "из МВД", "Владелец видит")
		seesNo(t, police, "ОВД", "20.04.2010", "20.01.1982", "770-001", "112-233", "500100732259")
		at := police.Page().URL.Path
		if got := x.Browser(t).Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("another browser: %d", got)
		}
		if got := police.Get(at + "/scan").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a scan of what has none: %d", got)
		}
		c.Open(share)
		sees(t, c, "Открыт")

		// Whoever looks learns that the register stands for it no more.
		x.proof.Registers = []verification.Register{saying{"passport", verification.Answer{Verdict: verification.Invalid, Code: "MVD-102"}}}
		askAgain(t, x.proof, who.ID, policy.EvidenceDocument)
		police.Open(at)
		sees(t, police, "Реестр этих данных больше не подтверждает")
		seesNo(t, police, "из МВД")
		x.clock.Advance(4 * time.Minute)
		if got := police.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("after its time: %d", got)
		}

		other, stranger := x.Person(t, "+79120000002")
		for _, path := range []string{own, own + "?open", share} {
			if got := stranger.Get(path).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
				t.Errorf("somebody who proved nothing gets %s: %d", path, got)
			}
		}
		if list, err := x.own.Shares(ctx, other, string(wallet.Identity)); err != nil || len(list) != 0 {
			t.Errorf("somebody else's log: %v %v", list, err)
		}
	})
}

// REG-11: a SNILS that is kept from its owner until they are bound to the account is seen on no page of it, and shown to nobody.
func TestASNILSThatIsHiddenIsOpenedAndShownByNobody(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.proved(t, who, "11223344595")
		x.fresh = true
		const own = "/documents/profile/snils"
		at, police := x.showing(t, who, wallet.SNILS)
		sees(t, police, "112-233-445 95")
		x.proof.Registers = []verification.Register{saying{"snils", verification.Answer{Verdict: verification.Match, Code: "SFR-000"}}}
		askAgain(t, x.proof, who.ID, policy.EvidenceSNILS)

		c.Open(own + "/share")
		x.own.Hidden = func(context.Context, store.Querier, account.Account) (bool, error) { return true, nil }
		c.Tick("СНИЛС", true)
		c.Press("Получить код")
		answers(t, c, http.StatusForbidden)
		for _, path := range []string{own, own + "?open", "/documents"} {
			c.Open(path)
			seesNo(t, c, "112-233")
		}
		c.Open(own + "?open")
		sees(t, c, "Номер СНИЛС скрыт, пока ваша личность не подтверждена", "Реестр ещё раз подтвердил эти данные")
		seesNo(t, c, "Показать полностью", "Показать другому")
		if got := c.Get(own + "/share").StatusCode; got != http.StatusForbidden { //nolint:bodyclose // the client reads it whole
			t.Errorf("the form of a share: %d", got)
		}
		if got := police.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a share that was made before: %d", got)
		}
	})
}

// CAB-2: a share is stopped also when the register has made the passport void meanwhile, and the level fell by it.
func TestWhatIsShownOfAPassportThatWasMadeVoidIsTakenBack(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.proved(t, who, "11223344595")
		x.fresh = true
		at, police := x.showing(t, who, wallet.Identity)
		x.proof.Registers = []verification.Register{saying{"passport", verification.Answer{Verdict: verification.Invalid, Code: "MVD-102"}}}
		askAgain(t, x.proof, who.ID, policy.EvidenceDocument)
		if got := c.Get("/documents/profile/identity").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Fatalf("the page of the passport: %d", got)
		}
		police.Open(at)
		sees(t, police, "45 08 123456")
		list, err := x.own.Shares(ctx, who, string(wallet.Identity))
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		c.Open("/documents/shares/" + list[0].ID)
		sees(t, c, "Видно: серия и номер")
		seesNo(t, c, "Вернуться к документу")
		c.Press("Остановить показ")
		if c.Page().URL.Path != "/documents" {
			t.Errorf("who stopped it is led to %s", c.Page().URL)
		}
		sees(t, c, "Показ остановлен")
		if got := police.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("the stranger still looks: %d", got)
		}
		c.Open("/documents/shares/" + list[0].ID)
		seesNo(t, c, "Показать ещё раз")
	})
}

// CAB-2: that a passport has ended is said to whoever is shown it, and when it did is not, by which its owner's birthday could be reckoned.
func TestTheEndOfAPassportThatIsShownTellsNoBirthday(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, _ := x.Person(t, phone)
		x.proved(t, who, "11223344595") // it counts until 20 April 2027
		x.clock.Advance(200 * 24 * time.Hour)
		x.fresh = true
		_, police := x.showing(t, who, wallet.Identity)
		sees(t, police, "45 08 123456", "Срок вышел")
		seesNo(t, police, "2027", "апреля", "1982")
	})
}

// showing is the address and the browser in which the number of a paper is seen, shown by its owner.
func (x *purse) showing(t *testing.T, who access.Actor, f wallet.Fact) (string, *webtest.Client) {
	t.Helper()
	s, err := x.own.ShareHeld(ctx, who, f, wallet.Showing{Fields: []string{wallet.FactNumber}})
	if err != nil {
		t.Fatal(err)
	}
	c := x.Browser(t)
	c.Open("/shared")
	c.Fill("code", s.Code)
	c.Press("Открыть документ")
	return c.Page().URL.Path, c
}

// CAB-2: SNILS and INN have pages like the passport: the one is asked about in its register, of the other is said that its owner typed it, and
// both say to whom they were shown and in which applications they stand.
func TestSNILSAndINNSayWhoStandsForThemAndWhereTheyAreUsed(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, c := x.Person(t, phone)
		x.proved(t, who, "11223344595")
		x.proof.Registers = []verification.Register{saying{"snils", verification.Answer{Verdict: verification.Match, Code: "SFR-000"}}}
		const own = "/documents/profile/snils"
		c.Open(own)
		sees(t, c, "из Социального фонда", "В заявлениях этого номера нет")
		c.Press("Спросить реестр ещё раз")
		sees(t, c, "Ответ появится на этой странице сам")
		if _, err := c.Page().Button("Спросить реестр ещё раз"); err == nil {
			t.Error("the register is asked once more while it is being asked")
		}
		askAgain(t, x.proof, who.ID, policy.EvidenceSNILS)
		c.Open(own)
		sees(t, c, "Реестр ещё раз подтвердил эти данные", "Спросить реестр ещё раз")

		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
				a.Level, a.ConfirmedAt = access.Confirmed, tx.Now()
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/services/income-certificate")
		c.Follow("Заполнить заявление")
		c.Press("Продолжить")
		c.Choose("2025", "За какой год нужна справка")
		c.Press("Продолжить")
		c.Press("Отправить")
		c.Open(own)
		sees(t, c, "Справка о доходах")
		seesNo(t, c, "В заявлениях этого номера нет")
		c.Open("/documents/profile/inn")
		sees(t, c, "вы указали", "Справка о доходах")
		if _, err := c.Page().Button("Спросить реестр ещё раз"); err == nil {
			t.Error("a register is asked about what it never stood for")
		}
		x.fresh = true
		c.Follow("Показать другому")
		c.Tick("ИНН", true)
		c.Press("Получить код")
		code, _ := c.Page().Data("share-code")
		police := x.Browser(t)
		police.Open("/shared")
		police.Fill("code", code)
		police.Press("Открыть документ")
		sees(t, police, "500100732259", "Данные ввёл владелец")
		seesNo(t, police, "Орлова", "123456")
		c.Open("/documents/profile/inn")
		sees(t, c, "Открыт", "ИНН")
		if got := c.Get("/documents/profile/licence").StatusCode; got != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a paper that there is not: %d", got)
		}
	})
}

// CAB-1: a passport is replaced at 20 and at 45; its owner is told once, also when the same passport is proved anew.
func TestTheEndOfAPassportIsToldOnce(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, _ := x.Person(t, phone)
		x.proved(t, who, "11223344595") // 45 on 20 January 2027, and it is 18 November 2026
		told := func() (n int) {
			t.Helper()
			if err := x.proof.Remind(ctx); err != nil {
				t.Fatal(err)
			}
			list, err := x.Notices.Inbox(ctx, who, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if strings.Contains(m.Note.Subject.RU, "заканчивается срок") {
					n++
					if !strings.Contains(m.Note.Body.RU, "20\u00a0апреля 2027") || strings.Contains(m.Note.Body.RU, "123456") || !strings.HasSuffix(m.Note.Path, "documents/profile/identity") {
						t.Errorf("%+v", m.Note)
					}
				}
			}
			return n
		}
		for _, y := range []struct{ days, want int }{{0, 0}, {60, 0}, {10, 1}, {20, 1}} {
			x.clock.Advance(time.Duration(y.days) * 24 * time.Hour)
			if got := told(); got != y.want {
				t.Fatalf("on %s told %d times, want %d", x.clock.Now().Format(time.DateOnly), got, y.want)
			}
		}
		x.proved(t, who, "11223344595")
		if got := told(); got != 1 {
			t.Errorf("of the same passport, proved anew, told %d times", got)
		}
		other, c := x.Person(t, "+79120000002")
		x.proved(t, other, "08765430300")
		c.Open("/documents")
		sees(t, c, "Скоро закончится")
	})
}

// CAB-1: the end of a document is told also to whoever is below Standard for another reason: it stands behind the level that they come back to.
func TestTheEndOfAPassportIsToldToWhoLostTheirLevelByAnotherPaper(t *testing.T) {
	withWallet(t, func(t *testing.T, x *purse) {
		who, _ := x.Person(t, phone)
		x.proved(t, who, "11223344595")
		x.proof.Registers = []verification.Register{saying{"snils", verification.Answer{Verdict: verification.Invalid, Code: "SFR-102"}}}
		askAgain(t, x.proof, who.ID, policy.EvidenceSNILS)
		x.clock.Advance(80 * 24 * time.Hour)
		for range 2 {
			if err := x.proof.Remind(ctx); err != nil {
				t.Fatal(err)
			}
		}
		list, err := x.Notices.Inbox(ctx, who, 100)
		if err != nil {
			t.Fatal(err)
		}
		list = slices.DeleteFunc(list, func(m notification.Notice) bool {
			return !strings.Contains(m.Note.Subject.RU, "заканчивается срок")
		})
		if len(list) != 1 || !strings.HasSuffix(list[0].Note.Path, "cabinet/identity") {
			t.Errorf("%+v", list)
		}
	})
}
