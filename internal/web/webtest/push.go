package webtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/backgroundservice"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// AllowNotifications is the person who allows the portal to show notifications when the browser asks.
func (b *Browser) AllowNotifications() {
	b.t.Helper()
	call(b, "allow notifications", browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted, Origin: strings.TrimSuffix(b.base.String(), "/"),
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
	call(b, "watch service workers", serviceworker.Enable, cdp.Empty{})
	pushes := backgroundservice.ServiceNamePushMessaging
	call(b, "watch what is pushed", backgroundservice.StartObserving, backgroundservice.StartObservingParams{Service: pushes})
	call(b, "record what is pushed", backgroundservice.SetRecording, backgroundservice.SetRecordingParams{ShouldRecord: true, Service: pushes})
}

// InWorker calls a function in the service worker of the portal, and reads what it answers with.
func (b *Browser) InWorker(into any, function string) {
	b.t.Helper()
	list, err := chromedp.Targets(b.ctx)
	at := slices.IndexFunc(list, func(i *target.Info) bool {
		return i.Type == "service_worker" && strings.HasPrefix(i.URL, strings.TrimSuffix(b.base.String(), "/"))
	})
	if err != nil || at < 0 {
		b.t.Fatalf("the service worker of the portal: %v, among %d targets", err, len(list))
	}
	ctx, leave := chromedp.NewContext(b.ctx, chromedp.WithTargetID(list[at].TargetID), chromedp.WithDetachOnCancel())
	defer leave()
	raw, err := within20s(ctx, chromedp.Evaluate[[]byte]("("+strings.TrimSpace(function)+")()", chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		b.t.Fatalf("ask the service worker: %v in %.200s", err, raw)
	}
}

// Pushed hands the browser a message, as its maker's push service does, for the service worker of the portal, and comes back when the
// worker is through with it: a browser that is asked for what it shows while it is about to show something forgets that.
func (b *Browser) Pushed(data string) {
	b.t.Helper()
	b.mu.Lock()
	worker, done := b.worker, b.pushed
	b.mu.Unlock()
	if worker == "" {
		b.t.Fatal("the browser has no service worker of the portal")
	}
	call(b, "push", serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: strings.TrimSuffix(b.base.String(), "/"), RegistrationID: worker, Data: data})
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		through := b.pushed > done
		b.mu.Unlock()
		if through {
			return
		}
		if time.Now().After(until) {
			b.t.Fatal("the service worker of the portal has not answered what was pushed")
		}
	}
}
