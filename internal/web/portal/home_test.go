package portal_test

import (
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/appointment"
	"okno/internal/form"
	"okno/internal/store"
)

// CAB-5: what was begun and what was applied for lately is at hand.
func TestTheCabinetShowsWhatWasBegunAndWhatWasUsedLately(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		x.confirm(t, who)
		c.Open("/cabinet")
		seesNo(t, c, "Черновики", "Недавние услуги")
		c.Open("/services/income-certificate")
		c.Follow("Заполнить заявление")
		c.Open("/cabinet")
		sees(t, c, "Черновики", "Справка о доходах", "Продолжите с того места")
		c.Follow("Справка о доходах")
		c.Press("Продолжить")
		c.Choose("2025", "За какой год нужна справка")
		c.Press("Продолжить")
		c.Press("Отправить")
		c.Open("/cabinet")
		seesNo(t, c, "Черновики")
		sees(t, c, "Недавние услуги", "Справка о доходах")
		c.Open("/services/income-certificate")
		c.Press("В избранное")
		c.Open("/cabinet")
		seesNo(t, c, "Недавние услуги") // it stands among the favourites
	})
}

// A document that ends soon is said in time, and one that ends later is not.
func TestTheCabinetSaysInTimeThatADocumentRunsOut(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		x.confirm(t, who)
		for _, tt := range []struct{ born, until string }{{"1982-03-05", ""}, {"1981-10-05", "3 января 2027"}} { // 45, and 90 days more
			err := x.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
					a.Profile.BirthDate = tt.born
					a.Profile.Document = &form.Identity{Kind: form.Passport, Series: "4510", Number: "123456", IssuedAt: form.Date{Year: 2002, Month: time.April, Day: 1}}
					return nil
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			c.Open("/cabinet")
			if tt.until == "" {
				seesNo(t, c, "Документ пора заменить")
				continue
			}
			sees(t, c, "Документ пора заменить", tt.until)
		}
		c.Follow("Как заменить паспорт")
		sees(t, c, "паспорт")
	})
}

// CAB-5: a time that waits to be confirmed is the person's turn, and one that is booked stands after what is under way.
func TestTheCabinetShowsATimeToConfirmFirstAndTheTimesAhead(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		anna, boris, at := x.rare(t)
		anna.Open("/cabinet")
		sees(t, anna, "Записи на приём", "Редкий врач")
		seesNo(t, anna, "Ваш ход")
		boris.Open("/appointments/new/rare")
		boris.Press("Встать в очередь")
		boris.Open("/cabinet")
		sees(t, boris, "Редкий врач", "Вы первый в очереди")
		seesNo(t, boris, "Ваш ход")
		anna.Open(at + "/cancel")
		anna.Press("Отменить запись")
		if err := x.times.Offer(ctx, appointment.Offer{Resource: "rare"}); err != nil {
			t.Fatal(err)
		}
		boris.Open("/cabinet")
		sees(t, boris, "Ваш ход", "Подтвердите запись: ", "Редкий врач", "Время держится за вами до")
		boris.Follow("Подтвердите запись")
		boris.Press("Подтвердить запись")
		boris.Open("/cabinet")
		sees(t, boris, "Редкий врач", "Все записи")
		seesNo(t, boris, "Ваш ход")
	})
}
