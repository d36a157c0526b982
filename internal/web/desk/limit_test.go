package desk_test

import (
	"context"
	"net/http"
	"testing"

	"okno/internal/access"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// OPS-2: the session reads the limit of an employee with every request: no page that stood open goes on showing what they see no more.
func TestALimitHoldsFromTheNextRequestOfASessionThatIsOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := open(t, db)
		_, c := x.filed(t)
		who, officer := x.Hire(t, access.Officer, "rosreestr")
		e, ok, err := x.Staff.Get(context.Background(), db, who.ID)
		if err != nil || !ok {
			t.Fatalf("the employee: %v, %v", ok, err)
		}
		at := "/desk/cases/" + c.ID
		for _, step := range []struct {
			name     string
			services []string
			status   int
		}{
			{"of all services", nil, http.StatusOK},
			{"of another service", []string{"rosreestr.right"}, http.StatusNotFound},
			{"of this and another one", []string{"rosreestr.right", "rosreestr.extract"}, http.StatusOK},
			{"of another service again", []string{"rosreestr.right"}, http.StatusNotFound},
			{"of all services again", nil, http.StatusOK},
		} {
			if err := x.Staff.Limit(context.Background(), access.SystemActor(), e.Login, step.services); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			officer.Open(at)
			if got := officer.Page().Status; got != step.status {
				t.Errorf("an officer %s opens the case: %d, not %d", step.name, got, step.status)
			}
			officer.Open("/desk/cases?queue=new")
			answers(t, officer, http.StatusOK)
			if listed := officer.Page().Sees(c.Number); listed != (step.status == http.StatusOK) {
				t.Errorf("an officer %s has the case in the list: %v", step.name, listed)
			}
		}
	})
}
