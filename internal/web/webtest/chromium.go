package webtest

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// Chromium is one running browser. Each Browser made of it has cookies of its own.
type Chromium struct{ ctx context.Context }

// Start starts Chromium for the length of the test. Where there is none the test is skipped, or fails if CI
// is set. film is a file of Motion JPEG that its camera sees, and everybody is allowed to look; without one there is no camera.
func Start(t testing.TB, film ...string) *Chromium {
	t.Helper()
	var eyes []chromedp.ExecAllocatorOption
	for _, file := range film {
		eyes = append(eyes, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-file-for-fake-video-capture", file))
	}
	// without a window to draw it is a third faster
	return start(t, find("chromium-headless-shell", "chrome-headless-shell", "headless-shell"), eyes...)
}

// StartWhole is Start of the Chromium that people have: notifications are shown by it alone.
func StartWhole(t testing.TB) *Chromium {
	t.Helper()
	return start(t, find())
}

func start(t testing.TB, program string, more ...chromedp.ExecAllocatorOption) *Chromium {
	t.Helper()
	if program == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("no Chromium, and CI is set: scripts/need installs it")
		}
		t.Skip("SKIPPED: no Chromium; scripts/need installs it, CHROMIUM names it if it has another name")
	}
	// Chromium leaves a folder or two behind in the one for temporary files: it gets one of its own.
	tmp, err := os.MkdirTemp("", "okno-chromium")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(tmp); err != nil {
			t.Errorf("sweep after Chromium: %v", err)
		}
	})
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.Env("TMPDIR="+tmp),
		chromedp.NoSandbox, // it shows only pages of ours
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "ru"),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(opts, more...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	return &Chromium{ctx}
}

// find looks for what CHROMIUM names, else for the programs in this order, else for a whole Chromium.
func find(first ...string) string {
	names := append([]string{os.Getenv("CHROMIUM")}, first...)
	for _, name := range append(names, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome") {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
