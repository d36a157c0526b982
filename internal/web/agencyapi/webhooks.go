package agencyapi

import (
	"net/http"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/web"
	"okno/internal/webhook"
)

// hookView is a subscription as it is answered.
type hookView struct {
	ID        string         `json:"id"`
	URL       string         `json:"url"`
	Types     []webhook.Type `json:"types"`
	State     string         `json:"state"`
	Failed    int            `json:"failed"`
	RestUntil *time.Time     `json:"rest_until"`
	LastError *string        `json:"last_error"`
	CreatedAt time.Time      `json:"created_at"`
	Previous  *time.Time     `json:"previous_until"`
	Secret    string         `json:"secret,omitempty"`
}

func hookOf(w webhook.Webhook, secret string) hookView {
	return hookView{w.ID, w.URL, w.Types, string(w.State), w.Failed, momentOrNull(w.RestUntil), orNull(w.LastError), w.CreatedAt, momentOrNull(w.Overlap), secret}
}

func (x *API) webhooks(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := x.Webhooks.List(ctx, access.From(ctx))
	if err != nil {
		return err
	}
	out := []hookView{}
	for _, h := range list {
		out = append(out, hookOf(h, ""))
	}
	return answer(w, http.StatusOK, map[string]any{"webhooks": out})
}

// subscription is what an agent wants to be sent, and where.
type subscription struct {
	URL   string         `json:"url"`
	Types []webhook.Type `json:"types"`
}

func (x *API) subscribe(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := read[subscription](r, int64(x.Policy.Agency.LongestBody))
	if err != nil {
		return err
	}
	h, secret, err := x.Webhooks.Create(ctx, access.From(ctx), s.URL, s.Types)
	if err != nil {
		return err
	}
	w.Header().Set("Location", Base+"/webhooks/"+h.ID)
	return answer(w, http.StatusCreated, hookOf(h, secret))
}

// hookID is the subscription that the address names.
func hookID(r *http.Request) (string, error) {
	if v := r.PathValue("id"); id.Valid(v) {
		return v, nil
	}
	return "", webhook.ErrMissing
}

func (x *API) webhook(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := hookID(r)
	if err != nil {
		return err
	}
	h, err := x.Webhooks.Get(ctx, access.From(ctx), which)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, hookOf(h, ""))
}

func (x *API) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := hookID(r)
	if err != nil {
		return err
	}
	if err := x.Webhooks.Delete(ctx, access.From(ctx), which); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (x *API) newSecret(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := hookID(r)
	if err != nil {
		return err
	}
	h, secret, err := x.Webhooks.Rotate(ctx, access.From(ctx), which)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, hookOf(h, secret))
}

func (x *API) checkAgain(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := hookID(r)
	if err != nil {
		return err
	}
	h, err := x.Webhooks.Check(ctx, access.From(ctx), which)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, hookOf(h, ""))
}

// deliveryView is a delivery as it is answered.
type deliveryView struct {
	Event     string       `json:"event"`
	Type      webhook.Type `json:"type"`
	Case      string       `json:"case"`
	State     string       `json:"state"`
	Tries     int          `json:"tries"`
	At        time.Time    `json:"at"`
	NextAt    *time.Time   `json:"next_at"`
	EndedAt   *time.Time   `json:"ended_at"`
	Status    *int         `json:"status"`
	LastError *string      `json:"last_error"`
}

func deliveryOf(d webhook.Delivery) deliveryView {
	out := deliveryView{Event: d.Event, Type: d.Type, Case: d.News.Case, State: string(d.State), Tries: d.Tries, At: d.At, EndedAt: momentOrNull(d.EndedAt), LastError: orNull(d.Error)}
	if d.State == webhook.Waits {
		out.NextAt = &d.NextAt
	}
	if d.Status != 0 {
		out.Status = &d.Status
	}
	return out
}

func (x *API) deliveries(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := hookID(r)
	if err != nil {
		return err
	}
	before := r.URL.Query().Get("before")
	if before != "" && !id.Valid(before) {
		return fault.Invalid(fault.F("query:before", "agencyapi.query.cursor"))
	}
	most := x.Policy.Agency.LongestPage
	list, err := x.Webhooks.Deliveries(ctx, access.From(ctx), which, webhook.Outcome(r.URL.Query().Get("state")), most+1, before)
	if err != nil {
		return err
	}
	out := struct {
		Deliveries []deliveryView `json:"deliveries"`
		Next       *string        `json:"next_before"`
	}{Deliveries: []deliveryView{}}
	for _, d := range list[:min(most, len(list))] {
		out.Deliveries = append(out.Deliveries, deliveryOf(d))
	}
	if len(list) > most {
		out.Next = &list[most-1].Event
	}
	return answer(w, http.StatusOK, out)
}

func (x *API) sendAgain(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	which, err := hookID(r)
	if err != nil {
		return err
	}
	if !id.Valid(r.PathValue("event")) {
		return webhook.ErrMissing
	}
	d, err := x.Webhooks.Again(ctx, access.From(ctx), which, r.PathValue("event"))
	if err != nil {
		return err
	}
	web.Note(ctx, "webhook", which)
	return answer(w, http.StatusAccepted, deliveryOf(d))
}
