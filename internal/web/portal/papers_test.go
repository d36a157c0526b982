package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/web/webtest"
)

// REG-13: whoever types a child's birthday reads who opens the account, and is led there.
func TestAChildsPapersAreRefusedWithTheWayToAParent(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet/identity/papers/person")
		for field, value := range map[string]string{"family-name": "Орлова", "given-name": "Вера", "bday": x.DB.Now().AddDate(-5, 0, 0).Format("02.01.2006")} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Продолжить")
		if c.Page().Status != http.StatusUnprocessableEntity || !slices.Contains(c.Page().Errors(), "До 14 лет учётную запись открывает родитель: попросите маму или папу") {
			t.Errorf("%d, %v", c.Page().Status, c.Page().Errors())
		}
		sees(t, c, "Учётную запись ребёнка открывает родитель", "центр обслуживания")
		if n, err := c.Page().Link("Мои дети — для родителя"); err != nil || webtest.Attr(n, "href") != "/cabinet/children" {
			t.Errorf("no way to the children's page: %v", err)
		}
	})
}

// REG-13, without scripts: another document is chosen, the page asks for its fields, and what was typed stays.
func TestThePageAsksForTheFieldsOfTheDocumentThatIsChosen(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		_, c := x.Person(t, phone)
		c.Open("/cabinet/identity/papers/person")
		for field, value := range map[string]string{"family-name": "Brandt", "given-name": "Katharina", "additional-name": "", "bday": "02.09.1979"} {
			c.Fill(field, value)
		}
		c.Choose("Женский", "sex")
		c.Press("Продолжить")
		if c.Page().URL.Path != "/cabinet/identity/papers/passport" {
			t.Fatalf("a name in Latin letters is refused: %v", c.Page().Errors())
		}
		sees(t, c, "Серия паспорта", "Код подразделения")
		seesNo(t, c, "Свидетельство о рождении") // of an adult
		c.Fill("passport_number", "123456")
		c.Choose("Документ иностранного гражданина", "document_kind")
		c.Press("Показать его поля")
		sees(t, c, "Номер документа", "Действителен до")
		seesNo(t, c, "Серия паспорта")
		c.Choose("Германия", "document_country")
		c.Fill("document_number", "C01X99KT4")
		c.Press("Продолжить")
		if c.Page().Status != http.StatusUnprocessableEntity || !slices.Contains(c.Page().Errors(), "Введите дату выдачи документа, например 20.04.2015") || c.Value("document_number") != "C01X99KT4" {
			t.Errorf("%d, %v", c.Page().Status, c.Page().Errors())
		}
		c.Choose("Паспорт гражданина России", "document_kind") // and back: sent with another choice the page asks for its fields
		c.Press("Продолжить")
		sees(t, c, "Серия паспорта")
		if c.Value("passport_number") != "123456" {
			t.Error("the number of the passport is lost")
		}
		c.Choose("Документ иностранного гражданина", "document_kind")
		c.Press("Показать его поля")
		if c.Value("document_number") != "C01X99KT4" {
			t.Error("what was typed for one kind is lost by a look at another")
		}
		c.Choose("Германия", "document_country")
		for field, value := range map[string]string{"document_issued_at": "19.06.2023", "document_expires_at": "18.06.2033", "document_issued_by": "Hansestadt Lübeck"} {
			c.Fill(field, value)
		}
		c.Press("Показать его поля") // as the Enter key does: everything is there, so it is sent
		if c.Page().URL.Path != "/cabinet/identity/papers/numbers" {
			t.Fatalf("at %s: %v", c.Page().URL.Path, c.Page().Errors())
		}
		c.Open("/cabinet/identity/papers/passport")
		if c.Value("document_number") != "C01X99KT4" || c.Value("document_issued_by") != "Hansestadt Lübeck" {
			t.Error("what was entered is lost")
		}
	})
}

// saying is a register that says one thing of everybody.
type saying struct {
	name   string
	answer verification.Answer
}

func (r saying) Name() string { return r.name }

func (r saying) Check(context.Context, verification.Person) (verification.Answer, error) {
	return r.answer, nil
}

// askAgain has the register asked again about what of that kind stands behind the account.
func askAgain(t *testing.T, proof *verification.Service, accountID string, kind policy.Evidence) {
	t.Helper()
	have, err := proof.Evidence(ctx, proof.DB, access.Actor{Kind: access.Person, ID: accountID})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(have, func(e verification.Evidence) bool { return e.Kind == kind && e.EndedAt.IsZero() })
	if at < 0 {
		t.Fatalf("no %s stands: %+v", kind, have)
	}
	if err := proof.Again(ctx, verification.Recheck{Account: accountID, Evidence: have[at].ID}); err != nil {
		t.Fatal(err)
	}
}

// LVL-3, LVL-13: whatever ends what stands behind the level is said with the register's own code and what to do, and that the level fell is
// said where it did.
func TestThePageSaysByWhatADocumentEndedAndWhetherTheLevelFell(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		proof := &verification.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Zone: time.UTC}
		grant := func(accountID string, way verification.Way, snils string) {
			t.Helper()
			if err := x.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := proof.Grant(ctx, tx, access.SystemActor(), accountID, way, func(p *account.Profile) {
					p.Surname, p.GivenName, p.BirthDate, p.SNILS = "Орлова", "Вера", "1990-03-05", snils
					if way != verification.WaySignature {
						p.Document = form.PassportOf("4508", "123456", "2010-04-20", "ОВД", "770-001")
						p.Sources = map[string]account.Source{"document": {From: account.FromMVD, At: tx.Now()}, "snils": {From: account.FromSFR, At: tx.Now()}}
					}
				})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		ask := func(who access.Actor, answer verification.Answer) {
			t.Helper()
			proof.Registers = []verification.Register{saying{"passport", answer}}
			askAgain(t, proof, who.ID, policy.EvidenceDocument)
		}
		fund := func(answer verification.Answer) func(access.Actor, string) {
			return func(who access.Actor, _ string) {
				t.Helper()
				proof.Registers = []verification.Register{saying{"snils", answer}}
				askAgain(t, proof, who.ID, policy.EvidenceSNILS)
			}
		}
		voided := verification.Answer{Verdict: verification.Invalid, Code: "MVD-102"}
		differs := verification.Answer{Verdict: verification.Mismatch, Code: "MVD-113", Fields: map[string]bool{"passport_department_code": false}}
		for i, c := range []struct {
			name   string
			signed bool // by an electronic signature besides, which needs no document
			end    func(who access.Actor, snils string)
			says   []string
			edit   string
		}{
			{"voided", false, func(who access.Actor, _ string) { ask(who, voided) },
				[]string{"Уровень учётной записи снижен", "документ больше не действителен", "MVD-102", "Введите данные нового паспорта"}, "/cabinet/identity/papers/passport"},
			{"differs", false, func(who access.Actor, _ string) { ask(who, differs) },
				[]string{"Уровень учётной записи снижен", "разошлись с государственным регистром", "MVD-113"}, "/cabinet/identity/papers/passport"},
			{"expired", false, func(who access.Actor, _ string) {
				if err := x.DB.Write(ctx, func(tx *store.Tx) error {
					_, err := tx.Exec(ctx, `UPDATE evidence SET until_at = $1 WHERE account_id = $2 AND kind = 'document'`, tx.Now(), who.ID)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if err := proof.Age(ctx); err != nil {
					t.Fatal(err)
				}
			}, []string{"Уровень учётной записи снижен", "Срок документа истёк"}, ""},
			{"displaced", false, func(_ access.Actor, snils string) {
				other, _ := x.Person(t, "+79120000019")
				grant(other.ID, verification.WayCentre, snils)
			}, []string{"Уровень учётной записи снижен", "другой человек подтвердил этот СНИЛС надёжнее"}, ""},
			{"voided, signed", true, func(who access.Actor, _ string) { ask(who, voided) },
				[]string{"Документ нужно обновить. Уровень учётной записи прежний", "документ больше не действителен", "MVD-102", "Чем подтверждена личность", "по квалифицированной электронной подписи"}, "/cabinet/identity/papers/passport"},
			{"differs, signed", true, func(who access.Actor, _ string) { ask(who, differs) },
				[]string{"Уровень учётной записи прежний", "MVD-113"}, "/cabinet/identity/papers/passport"},
			{"a voided number", false, fund(verification.Answer{Verdict: verification.Invalid, Code: "SFR-202"}), // the page of the numbers would take no other
				[]string{"Уровень учётной записи снижен", "SFR-202", "в центре обслуживания: придите с паспортом и новым СНИЛС"}, ""},
			{"a number in another name", false, fund(verification.Answer{Verdict: verification.Mismatch, Code: "SFR-210", Fields: map[string]bool{"surname": false}}),
				[]string{"Уровень учётной записи снижен", "SFR-210", "Введите имя как в СНИЛС"}, "/cabinet/identity/papers/person"},
		} {
			who, client := x.Person(t, fmt.Sprintf("+7912000001%d", i))
			snils := fmt.Sprintf("1122334459%d", i)
			grant(who.ID, verification.WayRegisters, snils)
			if c.signed {
				grant(who.ID, verification.WaySignature, snils)
			}
			c.end(who, snils)
			client.Open("/cabinet/identity")
			sees(t, client, c.says...)
			if n, err := client.Page().Link("Исправить"); c.edit == "" && err == nil || c.edit != "" && (err != nil || webtest.Attr(n, "href") != c.edit) {
				t.Errorf("%s: the way to correct it is not %q: %v", c.name, c.edit, err)
			}
			seesNo(t, client, "Введите действующий номер")
			inbox, err := x.Notices.Inbox(ctx, who, 1)
			if err != nil || len(inbox) != 1 {
				t.Fatalf("%s: %+v, %v", c.name, inbox, err)
			}
			body := inbox[0].Note.Body.RU
			if fell := !strings.Contains(body, "Уровень учётной записи прежний"); fell == c.signed {
				t.Errorf("%s: told %q", c.name, body)
			}
			if strings.Contains(body, "Введите действующий номер") {
				t.Errorf("%s: told to type what only a desk takes: %q", c.name, body)
			}
			for _, code := range []string{"MVD-102", "MVD-113", "SFR-202", "SFR-210"} {
				if strings.Contains(strings.Join(c.says, " "), code) && (!strings.Contains(body, code) || !strings.Contains(inbox[0].Note.Brief.RU, code)) {
					t.Errorf("%s: told without the code: %q, %q", c.name, body, inbox[0].Note.Brief.RU)
				}
			}
			if c.signed {
				client.Open("/cabinet/profile")
				if n := strings.Count(client.Page().Text(), "больше не подтверждён"); n != 2 { // of number and of issue, and of nothing else
					t.Errorf("%s: said of %d values: %s", c.name, n, client.Page().Text())
				}
			}
		}
	})
}
