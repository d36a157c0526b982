package webtest

import (
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// AllowNotifications is the person who allows the portal to show notifications when the browser asks.
func (b *Browser) AllowNotifications() {
	b.t.Helper()
	call(b, "allow notifications", browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted, Origin: strings.TrimSuffix(b.base.String(), "/"),
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
	call(b, "watch service workers", serviceworker.Enable, cdp.Empty{})
}

// Pushed hands the browser a message, as its maker's push service does, for the service worker of the portal.
func (b *Browser) Pushed(data string) {
	b.t.Helper()
	b.mu.Lock()
	worker := b.worker
	b.mu.Unlock()
	if worker == "" {
		b.t.Fatal("the browser has no service worker of the portal")
	}
	call(b, "push", serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: strings.TrimSuffix(b.base.String(), "/"), RegistrationID: worker, Data: data})
}
