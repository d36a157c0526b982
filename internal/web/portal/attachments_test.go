package portal_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/document"
	"okno/internal/files"
	"okno/internal/jobs"
	"okno/internal/scan"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/system/systemtest"
	"okno/internal/verification"
	"okno/internal/web/agency"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/webtest"
)

// counter is the citizen's side and the agency's desk with a service that takes files.
type counter struct {
	*desktest.Floor
	cases    *application.Service
	attached *application.Attachments
}

func withFiles(t *testing.T, body func(t *testing.T, x counter)) {
	t.Helper()
	withServices(t, os.DirFS(systemtest.Services(t)), body)
}

// withServices is withFiles with services of the test's own.
func withServices(t *testing.T, services fs.FS, body func(t *testing.T, x counter)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := counter{Floor: desktest.Open(t, db)}
		list, err := catalogue.Load(services)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the test is over
		reader, err := scan.New(scan.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		kept := &files.Store{DB: db, Ring: x.Ring, Bucket: folder}
		papers := &document.Service{DB: db, Ring: x.Ring, Files: kept}
		x.cases = &application.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Catalogue: list, Accounts: x.Accounts, Contacts: x.Contacts, Staff: x.Staff, Notices: x.Notices, Papers: papers, Jobs: x.Queue, Files: kept, Zone: time.UTC}
		x.attached = application.NewAttachments(x.cases, reader)
		jobs.Handle(x.Queue, x.cases.Overdue)
		jobs.Handle(x.Queue, x.cases.FollowParts)
		jobs.Handle(x.Queue, x.cases.Warn)
		jobs.Handle(x.Queue, x.attached.ReadOne)
		jobs.Handle(x.Queue, x.attached.Rescan)
		(&portal.Pages{DB: db, Policy: x.Policy, SignIn: x.SignIn, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: list, Applications: x.cases, Attachments: x.attached, Papers: papers,
			Verification: &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Zone: time.UTC}, Notices: x.Notices, Zone: time.UTC}).Mount(x.Server)
		(&agency.Pages{DB: db, Applications: x.cases, Attachments: x.attached, Catalogue: list, Staff: x.Staff, SystemName: (&agent.Service{DB: db}).Name, Zone: time.UTC}).Mount(x.Server)
		body(t, x)
	})
}

// photo is a file with a picture of w×h in one shade.
func photo(t *testing.T, name string, w, h int, shade uint8) string {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return written(t, name, out.Bytes())
}

func written(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// toFiles leads the person to the page that asks for files.
func toFiles(c *webtest.Client, who string) {
	c.Open("/services/badge/apply")
	c.Choose(who, "Кто вы")
	c.Press("Продолжить")
}

// SRV-3.
func TestFilesAreAttachedWithoutScriptsAndEachIsToldByItself(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		toFiles(c, "Гость")
		sees(t, c, "Фотография", "JPG, PNG, до 2 МБ", "Не больше 2 файлов", "300×400", "Разворот паспорта")
		seesNo(t, c, "Документ о жилье")
		c.Press("Продолжить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Приложите файл: Фотография")
		c.Press("Приложить: Фотография")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Выберите файл")

		c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100), photo(t, "мелко.jpg", 100, 100, 100))
		c.Press("Приложить: Фотография")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "я.jpg", "мелко.jpg: Снимок слишком мелкий: 100×100 точек. Нужно не меньше 300×400")
		c.Attach("attachment-photo", written(t, "program.jpg", append([]byte("MZ"), make([]byte, 5000)...)))
		c.Press("Приложить: Фотография")
		sees(t, c, "program.jpg: Такой файл не подходит, как бы он ни назывался. Нужен JPG, PNG")
		c.Attach("attachment-photo", photo(t, "два.jpg", 300, 400, 120))
		c.Press("Приложить: Фотография")
		sees(t, c, "Файл приложен", "два.jpg", "Больше файлов не нужно")
		c.Press("Удалить файл два.jpg")
		sees(t, c, "Файл удалён", "я.jpg")
		seesNo(t, c, "два.jpg")
		c.Press("Заменить файл я.jpg")
		sees(t, c, "Выберите файл вместо «я.jpg»")
		c.Attach("attachment-photo", photo(t, "три.jpg", 300, 400, 140))
		c.Press("Приложить: Фотография")
		sees(t, c, "три.jpg")
		seesNo(t, c, "я.jpg")

		c.Press("Продолжить")
		c.Press("Продолжить")
		sees(t, c, "Приложенные файлы", "Фотография", "три.jpg")
		c.Press("Отправить заявление")
		sees(t, c, "Приложенные файлы", "три.jpg")
		seesNo(t, c, "Удалить файл три.jpg")
		resp := c.Fetch("Посмотреть файл три.jpg")
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.Header.Get("Content-Type") != "image/jpeg" || len(body) < 100 {
			t.Errorf("%v: %d bytes, %v", resp.Header, len(body), err)
		}
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"} {
			if got := resp.Header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s", name, got)
			}
		}
		if got := c.Fetch("Скачать файл три.jpg").Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") { //nolint:bodyclose // read whole
			t.Errorf("download: %s", got)
		}

		list, err := x.cases.List(ctx, x.DB, who, 1)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		all, err := x.attached.OfCase(ctx, who, list[0].ID)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		_, officer := x.Hire(t, access.Officer, "town")
		officer.Open("/desk/cases/" + list[0].ID)
		sees(t, officer, "Приложенные файлы", "три.jpg")
		if got := officer.Fetch("Посмотреть файл три.jpg").Header.Get("Content-Type"); got != "image/jpeg" { //nolint:bodyclose // read whole
			t.Errorf("the officer is shown %s", got)
		}

		// Nobody else is told even that there is such a file.
		_, stranger := x.Person(t, "+79120000009")
		_, other := x.Hire(t, access.Officer, "fns")
		for at, browser := range map[string]*webtest.Client{"/attachments/" + all[0].ID: stranger, "/desk/cases/" + list[0].ID + "/files/" + all[0].ID: other,
			"/desk/cases/another/files/" + all[0].ID: officer, "/attachments/none": c, "/uploads/" + all[0].ID: stranger} {
			if got := browser.Get(at).StatusCode; got != http.StatusNotFound { //nolint:bodyclose // read whole
				t.Errorf("%s answers with %d", at, got)
			}
		}
	})
}

// SRV-2: without scripts a file goes with the answers of its page, and they are kept whatever becomes of the file.
func TestWhatIsTypedBesideAFileIsKeptWhenTheFileIsAttachedWithoutScripts(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		_, c := x.Person(t, phone)
		toFiles(c, "Гость")
		const field = "Для чего пропуск"
		kept := func(want string) {
			t.Helper()
			if got := c.Value(field); got != want {
				t.Errorf("«%s» stands there, not «%s»", got, want)
			}
		}
		c.Fill(field, "для стройки")
		c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
		c.Attach("attachment-passport", photo(t, "паспорт.jpg", 300, 400, 50)) // chosen for another, whose button is not pressed
		c.Press("Приложить: Фотография")
		answers(t, c, http.StatusOK)
		sees(t, c, "Файл приложен", "я.jpg", "паспорт.jpg")
		kept("для стройки")
		c.Fill(field, "для сада")
		c.Press("Приложить: Фотография")
		answers(t, c, http.StatusUnprocessableEntity)
		kept("для сада")
		c.Fill(field, strings.Repeat("много ", 10)) // wrong is kept too, and said when the page is left
		c.Attach("attachment-photo", photo(t, "мелко.jpg", 100, 100, 100))
		c.Press("Приложить: Фотография")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Снимок слишком мелкий")
		kept(strings.TrimSpace(strings.Repeat("много ", 10)))

		// Deleting a file, replacing it and not replacing it after all keep it too, and name what was chosen for another attachment.
		c.Fill(field, "для двора")
		c.Press("Заменить файл я.jpg")
		answers(t, c, http.StatusOK)
		sees(t, c, "Выберите файл вместо «я.jpg»")
		kept("для двора")
		c.Fill(field, "для поля")
		c.Press("Не заменять")
		seesNo(t, c, "Выберите файл вместо")
		kept("для поля")
		c.Fill(field, "для леса")
		c.Attach("attachment-photo", photo(t, "ещё.jpg", 300, 400, 110))
		c.Press("Удалить файл паспорт.jpg")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "«ещё.jpg» ещё не отправлен")
		seesNo(t, c, "паспорт.jpg")
		kept("для леса")
		c.Attach("attachment-passport", photo(t, "паспорт.jpg", 300, 400, 50))
		c.Press("Приложить: Разворот паспорта")
		c.Fill(field, "для озера")
		c.Press("Удалить файл паспорт.jpg")
		answers(t, c, http.StatusOK)
		sees(t, c, "Файл удалён")
		kept("для озера")

		// A file that was chosen and not attached is not left behind in silence.
		c.Fill(field, "для дачи")
		c.Attach("attachment-photo", photo(t, "два.jpg", 300, 400, 120))
		c.Press("Продолжить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "«два.jpg» ещё не отправлен. Выберите файл ещё раз и нажмите «Приложить»")
		kept("для дачи")
		c.Press("Продолжить")
		sees(t, c, "Паспорт")
	})
}

// SRV-11.
func TestWhatWasReadOnAScanIsConfirmedWithoutScripts(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		who, c := x.Person(t, phone)
		toFiles(c, "Гость")
		c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
		c.Press("Приложить: Фотография")
		c.Attach("attachment-passport", "../../../test/journeys/testdata/passport.jpg")
		c.Press("Приложить: Разворот паспорта")
		sees(t, c, "passport.jpg", "Читаем")
		d, err := x.cases.Draft(ctx, who, "town.badge")
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range d.Attached {
			if err := x.attached.ReadOne(ctx, application.ReadAttachment{Attachment: a.ID}); err != nil {
				t.Fatal(err)
			}
		}
		c.Open("/services/badge/apply/documents")
		sees(t, c, "Прочитано на снимке «passport.jpg»", "На снимке:")
		c.Press("Продолжить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "проверьте и подтвердите то, что мы прочитали")
		c.Fill("Серия паспорта", "12")
		c.Press("Подтвердить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Четыре цифры")
		const purpose = "Для чего пропуск"
		c.Fill("Серия паспорта", "4509")
		c.Fill(purpose, "для стройки")
		c.Press("Заменить файл я.jpg") // what was corrected and not confirmed yet stays as well
		if got := c.Value("Серия паспорта"); got != "4509" {
			t.Errorf("the corrected series became %q", got)
		}
		c.Fill(purpose, "для сада")
		c.Press("Подтвердить")
		if got := c.Value(purpose); got != "для сада" {
			t.Errorf("what was typed beside the scan became %q", got)
		}
		sees(t, c, "Данные со снимка перенесены в заявление", "Данные подтверждены")
		c.Press("Продолжить")
		sees(t, c, "Заполнено: прочитано на снимке")
		c.Press("Продолжить")
		sees(t, c, "4509", "прочитано на снимке")
	})
}

func TestAFileInQuarantineIsNamedBeforeTheApplicationIsSent(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		x.cases.Files.Scanner = away{}
		_, c := x.Person(t, phone)
		toFiles(c, "Гость")
		c.Attach("attachment-photo", photo(t, "я.jpg", 300, 400, 100))
		c.Press("Приложить: Фотография")
		sees(t, c, "Проверяем на вирусы", "Файл не потерян")
		c.Press("Продолжить")
		c.Press("Продолжить")
		sees(t, c, "Не все файлы проверены на вирусы", "Заявление можно отправить")
		c.Press("Отправить заявление")
		sees(t, c, "я.jpg", "Проверяем на вирусы")
		seesNo(t, c, "Посмотреть файл")
	})
}

// away is a scanner that does not answer.
type away struct{}

func (away) Scan(context.Context, []byte) (string, error) { return "", errors.New("away") }
