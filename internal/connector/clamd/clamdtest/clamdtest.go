// Package clamdtest starts a real ClamAV daemon for a test, with a base of one signature: no base can be downloaded where tests run.
package clamdtest

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"okno/internal/sandbox"
)

// Name is what the daemon calls the test string, to which it adds where the signature came from.
const Name = "Okno.Test.EICAR"

// EICAR is the string that every scanner takes for malware and that harms nobody. It is put together here, so that no scanner finds
// this file.
func EICAR() string {
	return `X5O!P%@AP[4\PZX54(P^)7CC)7}` + `$EICAR-STANDARD-ANTIVIRUS` + `-TEST-FILE!$H+H*`
}

// Daemon is a running clamd.
type Daemon struct {
	TCP, Socket string
	cmd         *exec.Cmd
	ended       chan struct{}
}

// Start starts a daemon and waits until it answers; it ends with the test.
func Start(t testing.TB) *Daemon {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		program = "/usr/sbin/clamd"
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("clamd is not installed: scripts/need installs clamav-daemon")
	}
	dir, err := os.MkdirTemp("", "clamd") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // a folder for what may go
	base := filepath.Join(dir, "base")
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "test.ndb"), []byte(Name+":0:*:"+hex.EncodeToString([]byte(EICAR()))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, err := sandbox.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{TCP: addr, Socket: filepath.Join(dir, "s")}
	host, port, err := net.SplitHostPort(d.TCP)
	if err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf("Foreground yes\nLocalSocket %s\nTCPAddr %s\nTCPSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nStreamMaxLength 1M\nMaxThreads 2\nConcurrentDatabaseReload no\nSelfCheck 0\n",
		d.Socket, host, port, base, dir)
	file := filepath.Join(dir, "clamd.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log")) //nolint:gosec // in a folder of our own
	if err != nil {
		t.Fatal(err)
	}
	d.cmd = exec.CommandContext(context.Background(), program, "--config-file="+file) //nolint:gosec // a constant
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.ended = make(chan struct{})
	go func() { d.cmd.Wait(); log.Close(); close(d.ended) }() //nolint:errcheck // it is killed
	t.Cleanup(d.Stop)
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", d.TCP); err == nil { //nolint:noctx // of this machine
			conn.Close() //nolint:errcheck,gosec // it was only a knock
			return d
		}
		select {
		case <-d.ended:
		default:
			if time.Since(began) < time.Minute {
				continue
			}
		}
		said, _ := os.ReadFile(log.Name()) //nolint:errcheck // it is for a person
		t.Fatalf("clamd does not start: %s", said)
	}
}

// Stop ends the daemon and waits for its end.
func (d *Daemon) Stop() {
	d.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-d.ended
}
