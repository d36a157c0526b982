package system

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"okno/internal/store"
)

// Settings are what the operator says: by flags, by OKNO_* variables, by a YAML file. The names are those of the flags.
type Settings struct {
	Addr            string   `help:"Address to listen on." default:"127.0.0.1:8080" env:"OKNO_ADDR"`
	URL             string   `help:"Address people use; links, cookies and allowed hosts come from it." name:"url" env:"OKNO_URL"`
	Data            string   `help:"Folder for everything that is kept in files." default:"data" env:"OKNO_DATA" type:"path"`
	Database        string   `help:"sqlite:PATH or postgres://…; a file in the data folder when empty." env:"OKNO_DATABASE"`
	MetricsAddr     string   `help:"Address for metrics and profiles, apart from the portal's." default:"127.0.0.1:0" env:"OKNO_METRICS_ADDR"`
	Policy          string   `help:"File of limits, lifetimes and thresholds that differ from the defaults (okno policy prints them)." env:"OKNO_POLICY" type:"path"`
	Places          string   `help:"File of the places where people go, and who receives them there; pages name none when empty (the demo has made-up ones)." env:"OKNO_PLACES"`
	Services        string   `help:"Folder of service definitions beside the built-in ones." env:"OKNO_SERVICES" type:"path"`
	Texts           string   `help:"Folder of agreements that replace the built-in ones." env:"OKNO_TEXTS" type:"path"`
	LeakedPasswords string   `help:"File of leaked passwords to be refused, as Have I Been Pwned gives it: lines SHA1:COUNT sorted by SHA1." env:"OKNO_LEAKED_PASSWORDS" type:"path"`
	SecurityContact string   `help:"To whom holes in the portal are reported, in /.well-known/security.txt: mailto:… or https://…; the support desk when empty." env:"OKNO_SECURITY_CONTACT"`
	Name            string   `help:"Name of the portal in Russian." env:"OKNO_NAME"`
	NameEN          string   `help:"Name of the portal in English." env:"OKNO_NAME_EN"`
	Only            []string `help:"Parts to run: web, jobs; both when empty." env:"OKNO_ONLY"`
	Workers         int      `help:"Jobs at once." default:"8" env:"OKNO_WORKERS"`
	MaxConns        int      `help:"Connections to PostgreSQL." default:"16" env:"OKNO_MAX_CONNS"`

	// Lent gives a database that is open already, and that whoever lends it closes; nil opens the one that is set.
	Lent func(now func() time.Time) *store.DB `kong:"-" json:"-"`

	MasterKey string `help:"File of the master keyset (okno keys makes one); outside the data folder." env:"OKNO_MASTER_KEY" type:"path"`
	IndexKey  string `help:"File of the index key; outside the data folder." env:"OKNO_INDEX_KEY" type:"path"`
	PapersKey string `help:"File of the key that signs papers (okno keys papers make); outside the data folder. Papers are not signed when empty." env:"OKNO_PAPERS_KEY" type:"path"`

	SMTP      SMTP      `embed:"" prefix:"smtp-" envprefix:"OKNO_SMTP_"`
	SMPP      SMPP      `embed:"" prefix:"smpp-" envprefix:"OKNO_SMPP_"`
	Kannel    Kannel    `embed:"" prefix:"kannel-" envprefix:"OKNO_KANNEL_"`
	Voice     Voice     `embed:"" prefix:"voice-" envprefix:"OKNO_VOICE_"`
	Registers Registers `embed:"" prefix:"register-" envprefix:"OKNO_REGISTER_"`
	XRoad     XRoad     `embed:"" prefix:"xroad-" envprefix:"OKNO_XROAD_"`
	Clamd     Clamd     `embed:"" prefix:"clamd-" envprefix:"OKNO_CLAMD_"`
	Signature Signature `embed:"" prefix:"signature-" envprefix:"OKNO_SIGNATURE_"`
	Traces    Traces    `embed:"" prefix:"traces-" envprefix:"OKNO_TRACES_"`

	Demo   bool     `kong:"-"` // the sandbox world, and pages under /demo
	Expose []string `kong:"-"` // host names beside localhost by which a demo may be asked for
}

// SMTP is the mail server.
type SMTP struct {
	Addr     string `help:"Mail server, host:port." env:"ADDR"`
	From     string `help:"Sender: Name <address>." env:"FROM"`
	TLS      string `help:"starttls, opportunistic, implicit or none." default:"starttls" enum:"starttls,opportunistic,implicit,none" env:"TLS"`
	Auth     string `help:"none, plain, login, cram-md5 or scram-sha-256." default:"none" enum:"none,plain,login,cram-md5,scram-sha-256" env:"AUTH"`
	Username string `help:"User of the mail server." env:"USERNAME"`
	Password string `help:"Password of the mail server." env:"PASSWORD"`
}

// SMPP is the first carrier of texts.
type SMPP struct {
	Addr     string `help:"SMSC, host:port." env:"ADDR"`
	SystemID string `help:"system_id." env:"SYSTEM_ID"`
	Password string `help:"Password." env:"PASSWORD"`
	Source   string `help:"Sender of texts." env:"SOURCE"`
}

// Kannel is the second carrier of texts, which stands in for the first.
type Kannel struct {
	URL      string `help:"Address of the smsbox." env:"URL"`
	Username string `help:"sendsms user." env:"USERNAME"`
	Password string `help:"Password." env:"PASSWORD"`
	Source   string `help:"Sender of texts." env:"SOURCE"`
}

// Voice is the SIP trunk for calls that speak a code. Without an address nobody is offered a call.
type Voice struct {
	Addr      string `help:"SIP trunk, host:port." env:"ADDR"`
	Transport string `help:"udp or tcp." default:"udp" enum:"udp,tcp" env:"TRANSPORT"`
	Username  string `help:"User of the trunk; empty when it knows us by our address." env:"USERNAME"`
	Password  string `help:"Password of the trunk." env:"PASSWORD"`
	Caller    string `help:"Number people see; the user when empty." env:"CALLER"`
	External  string `help:"Our IP address as the trunk sees it, behind a translation of addresses." env:"EXTERNAL"`
}

// Registers are the addresses of the state's registers: http(s)://…, or xroad://INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE for one that
// is asked over X-Road.
type Registers struct {
	Passport string            `help:"Interior ministry: passports and other identity documents." env:"PASSPORT"`
	SNILS    string            `help:"Social fund: SNILS." name:"snils" env:"SNILS"`
	INN      string            `help:"Tax service: INN." name:"inn" env:"INN"`
	Civil    string            `help:"Civil-status register: certificates of birth, those of people's wallets as well." env:"CIVIL"`
	Income   string            `help:"Tax service: incomes." env:"INCOME"`
	Property string            `help:"Property register." env:"PROPERTY"`
	Licence  string            `help:"Traffic police: driving licences of people's wallets." env:"LICENCE"`
	Medical  string            `help:"Fund of compulsory medical insurance: policies of people's wallets." env:"MEDICAL"`
	Vehicles string            `help:"Traffic police: vehicles and their papers, of people's wallets." env:"VEHICLES"`
	Insurers string            `help:"Union of insurers: policies of vehicles, of people's wallets." env:"INSURERS"`
	Others   map[string]string `help:"Registers that only services ask, by the name in their definitions: mvd.licence=https://host/path." env:"OTHERS" mapsep:","`
	Token    string            `help:"Bearer token shown to the registers." env:"TOKEN"`
}

// XRoad is our security server, for registers whose address is xroad://….
type XRoad struct {
	Server  string `help:"Our security server, http(s)://host; needed when a register is asked over X-Road." env:"SERVER"`
	Client  string `help:"Who we are on X-Road: INSTANCE/CLASS/MEMBER/SUBSYSTEM." env:"CLIENT"`
	Cert    string `help:"File of the certificate that we show to the security server, PEM." env:"CERT" type:"path"`
	Key     string `help:"File of its key, PEM." env:"KEY" type:"path"`
	CA      string `help:"File of the certificate that the security server shows, PEM; those the system trusts when empty." name:"ca" env:"CA" type:"path"`
	AnyHash bool   `help:"Take answers whose request hash is not ours: only with a proxy before the security server that adds headers." env:"ANY_HASH"`
}

// Clamd is the virus scanner.
type Clamd struct {
	Addr string `help:"ClamAV daemon that looks through uploads, host:port or unix:/path; they are not looked through when empty." env:"ADDR"`
}

// Signature is whose certificates count in qualified electronic signatures. Without authorities no signature is taken.
type Signature struct {
	Authorities string   `help:"File or folder of the certificates of accredited authorities with their roots, PEM or DER; no electronic signature is taken when empty." env:"AUTHORITIES" type:"path"`
	Inside      []string `help:"Inner networks in which authorities may be asked whether a certificate is revoked: 10.1.2.0/24." env:"INSIDE"`
	Token       Token    `embed:"" prefix:"token-" envprefix:"TOKEN_"`
}

// Token is the host at which people show a certificate by TLS in the place of a signature.
type Token struct {
	Addr  string `help:"Listen address of the host at which a token's certificate is shown by TLS; none is asked for when empty." env:"ADDR"`
	URL   string `help:"Its address, https://… of a host of its own." name:"url" env:"URL"`
	Cert  string `help:"File of its certificate, PEM." env:"CERT" type:"path"`
	Key   string `help:"File of its key, PEM." env:"KEY" type:"path"`
	Proxy string `help:"File of the certificate that the proxy shows to it, PEM; then only the proxy is listened to, and passes the person's certificate in X-Client-Cert. Needed for GOST." env:"PROXY" type:"path"`
}

// Traces are where to tell how long the parts of requests and jobs took.
type Traces struct {
	Endpoint string  `help:"Collector of traces, OTLP over HTTP: http://host:4318; none are made when empty." env:"ENDPOINT"`
	Ratio    float64 `help:"Share of requests that are traced, up to 1." default:"1" env:"RATIO"`
}

// marker is the file that makes a data folder a demo's.
const marker = "DEMO"

// normal fills in what follows from the rest, says what is wrong, and sees to the data folder.
func (s Settings) normal() (Settings, error) {
	s, err := s.derived()
	if err != nil {
		return s, err
	}
	return s, s.folder()
}

// derived is normal without a touch of the disk.
func (s Settings) derived() (Settings, error) {
	if s.URL == "" {
		_, port, ok := strings.Cut(s.Addr, ":")
		if i := strings.LastIndex(s.Addr, ":"); i >= 0 {
			port, ok = s.Addr[i+1:], true
		}
		if !ok || !s.Demo {
			return s, errors.New("settings: url (OKNO_URL) is not set: the address that people use, https://…")
		}
		s.URL = "http://localhost:" + port
	}
	if _, err := url.Parse(s.URL); err != nil {
		return s, fmt.Errorf("settings: url (OKNO_URL) is not an address: %w", err)
	}
	if c := s.SecurityContact; c != "" && (!strings.HasPrefix(c, "mailto:") && !strings.HasPrefix(c, "https://") || strings.ContainsAny(c, " \r\n")) {
		return s, fmt.Errorf("settings: security-contact (OKNO_SECURITY_CONTACT) is %q; write mailto:ADDRESS or https://…", c)
	}
	data, err := filepath.Abs(s.Data)
	if err != nil {
		return s, err
	}
	s.Data = data
	if s.Database == "" {
		s.Database = "sqlite:" + filepath.Join(s.Data, "okno.db")
	}
	for _, part := range s.Only {
		if part != "web" && part != "jobs" {
			return s, fmt.Errorf("settings: only (OKNO_ONLY) names %q; there are web and jobs", part)
		}
	}
	s.Traces, err = s.Traces.checked()
	return s, err
}

// folder sees to it that a demo and a production portal never share a data folder.
func (s Settings) folder() error {
	mark := filepath.Join(s.Data, marker)
	_, err := os.Stat(mark)
	marked := err == nil
	if !s.Demo {
		if marked {
			return fmt.Errorf("settings: the data folder %s belongs to a demo; its keys and passwords are known to everybody. Give another with data (OKNO_DATA)", s.Data)
		}
		return os.MkdirAll(s.Data, 0o700)
	}
	if marked {
		return nil
	}
	if entries, err := os.ReadDir(s.Data); err == nil && len(entries) > 0 {
		return fmt.Errorf("settings: the data folder %s holds something and is not a demo's; a demo will not touch it. Give another with data (OKNO_DATA)", s.Data)
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte("The data of a demo of Okno. okno serve refuses this folder.\n"), 0o600)
}

func (s Settings) runs(part string) bool { return len(s.Only) == 0 || slices.Contains(s.Only, part) }
