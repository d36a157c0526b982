package portal_test

import (
	"net/http"
	"testing"

	"okno/internal/form"
	"okno/internal/sandbox/specimen"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/webtest"
)

// leads fails unless the link leads there.
func leads(t *testing.T, c *webtest.Client, link, to string) {
	t.Helper()
	if n, err := c.Page().Link(link); err != nil || webtest.Attr(n, "href") != to {
		t.Errorf("%s: «%s» does not lead to %s: %v", c.Page().URL.Path, link, to, err)
	}
}

// REG-2: the account is made, and the registration goes on or ends for now. The page that somebody came for waits for them, once.
func TestARegistrationGoesOnToThePapersOrLeadsToWhatThePersonCameFor(t *testing.T) {
	withOriginals(t, func(t *testing.T, x drawer) {
		_, c := x.Person(t, phone)
		x.Server.Handle("GET /registered/{to...}", func(w http.ResponseWriter, r *http.Request) error { // as from the page that makes the account
			web.KeepWanted(r, r.PathValue("to"))
			return web.Redirect(w, r, web.Welcome)
		})
		for _, address := range []string{"/registered/https://evil.example/", "/registered/%2F%2Fevil.example", web.Welcome + "?next=%2Fcabinet%2Fnotices"} { // the last is a link of anybody's
			c.Open(address)
			leads(t, c, "Позже, в личный кабинет", "/cabinet")
		}
		leads(t, c, "Ввести документы", web.Papers)
		sees(t, c, "Стандартная", "Упрощённая")
		c.Open("/cabinet/identity")
		seesNo(t, c, "ждёт вас")

		c.Open("/registered/%2Fcabinet%2Fnotices")
		leads(t, c, "Позже, открыть нужную страницу", web.WantedPath)
		c.Follow("Ввести документы")
		if got := c.Page().URL.Path; got != "/cabinet/identity/papers/person" {
			t.Fatalf("the papers begin at %s", got)
		}
		c.Open("/cabinet/identity")
		sees(t, c, "Страница, с которой вы начали, ждёт вас")
		c.Follow("Перейти к ней")
		if got := c.Page().URL.Path; got != "/cabinet/notices" {
			t.Errorf("it leads to %s", got)
		}
		c.Open("/cabinet/identity")
		seesNo(t, c, "ждёт вас")
	})
}

// REG-2, without scripts: scans and the other contact follow the last page of the papers once, may be passed by, and stand in the review.
func TestScansFollowThePapersAreComparedAndMayBePassedBy(t *testing.T) {
	withOriginals(t, func(t *testing.T, x drawer) {
		who, c := x.Person(t, phone)
		typed := verification.Papers{Surname: "Образцова", GivenName: "Анна", BirthDate: "03.02.1990", Sex: "f", SNILS: "112-233-445 95",
			Document: *form.PassportOf("4510", "123456", "2010-06-20", "ОВД района", "770-001")}
		for _, step := range []verification.Step{verification.StepPerson, verification.StepPassport, verification.StepNumbers} {
			if _, err := x.proof.Fill(ctx, who, step, typed); err != nil {
				t.Fatal(err)
			}
		}
		c.Open(web.Papers) // from wherever somebody comes back
		if got := c.Page().URL.Path; got != web.PaperStep(verification.StepAddresses) {
			t.Fatalf("gone on with at %s", got)
		}
		c.Fill("address", "г. Москва, ул. Новая, д. 1")
		c.Press("Продолжить")
		if got := c.Page().URL.Path; got != web.ScanStep {
			t.Fatalf("the last page of the papers leads to %s", got)
		}
		sees(t, c, "Шаг 5 из 7", "Необязательно", "Удалить снимок можно")
		if c.Value("kind") != "passport" {
			t.Errorf("the kind is %q", c.Value("kind"))
		}
		leads(t, c, "Пропустить", web.ContactStep)
		c.Press("Отправить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Приложите снимок или PDF", "Шаг 5 из 7")

		c.Choose("СНИЛС", "kind")
		c.Attach("original", drawn(t, "снилс.jpg", specimen.Letter, specimen.None))
		c.Press("Отправить")
		if got := c.Page().URL.Path; got != web.ScanStep {
			t.Fatalf("sent, and at %s", got)
		}
		leads(t, c, "Продолжить", web.ContactStep)
		x.read(t, who)
		mine, err := x.kept.Mine(ctx, who)
		if err != nil || len(mine) != 1 {
			t.Fatalf("%d of them, %v", len(mine), err)
		}
		c.Open(web.ScanStep + "?replace=" + mine[0].ID)
		if c.Value("kind") != string(mine[0].Kind) { // one of a SNILS is not replaced by one of a passport
			t.Errorf("what takes the place of %s is %q", mine[0].Kind, c.Value("kind"))
		}
		c.Open(web.PapersReview)
		sees(t, c, "Шаг 7 из 7", "Снимки документов", "Нет, необязательно", "в ведомства не отправляется")
		leads(t, c, "Изменить: Снимки документов", web.ScanStep)

		c.Open(web.PaperStep(verification.StepNumbers)) // what is corrected comes back to the review
		c.Press("Продолжить")
		if got := c.Page().URL.Path; got != web.PapersReview {
			t.Errorf("corrected, and at %s", got)
		}
		c.Open(web.ScanStep)
		c.Press("Удалить")
		if got := c.Page().URL.Path; got != web.ScanStep {
			t.Errorf("deleted, and at %s", got)
		}
		leads(t, c, "Пропустить", web.ContactStep)
	})
}

// REG-2: whoever left the papers half way is led on from the cabinet, to what is missing.
func TestTheCabinetLeadsOnToThePapersThatWereLeft(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet")
		seesNo(t, c, "Документы введены не полностью")
		leads(t, c, "Ввести документы", web.Papers)
		c.Open("/cabinet/identity/papers/person")
		for field, value := range map[string]string{"family-name": "Орлова", "given-name": "Вера", "bday": "02.09.1979"} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Продолжить")
		again := x.again(t) // on another device
		again.Open("/cabinet")
		again.Follow("Документы введены не полностью")
		if got := again.Page().URL.Path; got != web.PaperStep(verification.StepPassport) {
			t.Errorf("led to %s", got)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE proof SET state = 'checking', refusal = 'answers' WHERE account_id = $1`, who.ID)
		}); err != nil {
			t.Fatal(err)
		}
		again.Open("/cabinet")
		again.Follow("Документы не прошли проверку")
		if got := again.Page().URL.Path; got != web.IdentityPath {
			t.Errorf("led to %s", got)
		}
	})
}
