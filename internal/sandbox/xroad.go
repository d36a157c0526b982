package sandbox

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// XRoadClient is who may ask the registers over the sandbox's security server.
const XRoadClient = "SBX/GOV/OKNO/PORTAL"

// roadServices are the registers as they are known on X-Road, each with the beginning of its paths.
var roadServices = map[string]struct{ id, path string }{
	"passport":  {"SBX/GOV/MVD/PASSPORTS/passport", "/passport/"},
	"snils":     {"SBX/GOV/SFR/PERSONS/snils", "/snils/"},
	"inn":       {"SBX/GOV/FNS/TAXPAYERS/inn", "/inn/"},
	"civil":     {"SBX/GOV/FNS/ZAGS/civil", "/civil/"},
	"income":    {"SBX/GOV/FNS/TAXPAYERS/income", "/income/"},
	"property":  {"SBX/GOV/ROSREESTR/ESTATE/property", "/property/"},
	"licence":   {"SBX/GOV/MVD/ROADS/licence", "/licence/"},
	"medical":   {"SBX/GOV/FOMS/POLICIES/medical", "/medical/"},
	"vehicles":  {"SBX/GOV/MVD/ROADS/vehicles", "/vehicles/"},
	"insurers":  {"SBX/COM/RSA/POLICIES/insurers", "/insurers/"},
	"registers": {"SBX/GOV/DIGITAL/AGENCIES/registers", "/agencies/"},
}

// XRoadURL is the address of the security server: the same registers over X-Road. It speaks the REST protocol r1 with checks of
// rights, ids and hashes, and plain HTTP: certificates between a portal and its own security server are not played.
func (w *World) XRoadURL() string { return "http://" + w.xroad.Addr().String() }

// XRoadService is the identifier of a register on X-Road.
func (w *World) XRoadService(system string) string { return roadServices[system].id }

// xroadRoutes are our side of the security server; between it and the registers lies the network again.
func (w *World) xroadRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", w.spoil("xroad", w.message))
	return mux
}

// roadError is a complaint of the security server itself.
func roadError(rw http.ResponseWriter, kind, message string) {
	status := http.StatusInternalServerError
	if strings.HasPrefix(kind, "Client.") {
		status = http.StatusBadRequest
	}
	rw.Header().Set("X-Road-Error", kind)
	writeJSON(rw, status, map[string]string{"type": kind, "message": message, "detail": "3f1c1c52-6b1f-4b8e-9d1a-0f6a5a4a7c11"})
}

// message takes one message to the register and its answer back.
func (w *World) message(rw http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), "/r1/"), "/", 6)
	if !strings.HasPrefix(r.URL.EscapedPath(), "/r1/") || len(parts) < 5 {
		roadError(rw, "Client.BadRequest", "Invalid request URI")
		return
	}
	id, client := strings.Join(parts[:5], "/"), r.Header.Get("X-Road-Client")
	switch {
	case client == "":
		roadError(rw, "Client.MissingHeader", "X-Road-Client is missing")
		return
	case client != XRoadClient && !strings.HasPrefix(client, "SBX/GOV/"):
		roadError(rw, "Server.ClientProxy.UnknownMember", "Client '"+client+"' not found")
		return
	case !w.roadMember(parts[:4]):
		roadError(rw, "Server.ClientProxy.UnknownMember", "Could not find addresses for service provider")
		return
	}
	if parts[4] == "allowedMethods" {
		w.allowedMethods(rw, r, parts[:4], client)
		return
	}
	system := roadSystem(id)
	switch {
	case system == "":
		roadError(rw, "Server.ServerProxy.UnknownService", "Unknown service: "+id)
		return
	case client != XRoadClient:
		roadError(rw, "Server.ServerProxy.AccessDenied", "Request is not allowed: "+id)
		return
	}
	w.forward(rw, r, id, "/"+strings.Join(parts[5:], "/"))
}

func roadSystem(id string) string {
	for system, s := range roadServices {
		if s.id == id {
			return system
		}
	}
	return ""
}

func (w *World) roadMember(parts []string) bool {
	for _, s := range roadServices {
		if strings.HasPrefix(s.id, strings.Join(parts, "/")+"/") {
			return true
		}
	}
	return false
}

// allowedMethods is the metaservice: what the client may use of a provider.
func (w *World) allowedMethods(rw http.ResponseWriter, r *http.Request, provider []string, client string) {
	list := []map[string]string{}
	for _, s := range roadServices {
		if code, ok := strings.CutPrefix(s.id, strings.Join(provider, "/")+"/"); ok && client == XRoadClient {
			list = append(list, map[string]string{"member_class": provider[1], "member_code": provider[2], "subsystem_code": provider[3], "service_code": code, "object_type": "SERVICE", "xroad_instance": provider[0]})
		}
	}
	w.roadHeaders(rw, r, nil, strings.Join(provider, "/")+"/allowedMethods")
	writeJSON(rw, http.StatusOK, map[string]any{"service": list})
}

// forward asks the register. One that hangs up or does not speak HTTP is the provider's failure, of which the road complains.
func (w *World) forward(rw http.ResponseWriter, r *http.Request, id, path string) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !strings.HasPrefix(path, roadServices[roadSystem(id)].path) {
		roadError(rw, "Server.ServerProxy.UnknownService", "Unknown service: "+id)
		return
	}
	ask, err := http.NewRequestWithContext(r.Context(), r.Method, w.RegistersURL()+path, bytes.NewReader(body))
	if err != nil {
		roadError(rw, "Server.ServerProxy.InvalidRequest", "Bad path")
		return
	}
	ask.Header = r.Header.Clone()
	resp, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		roadError(rw, "Server.ServerProxy.NetworkError", "Could not connect to target host")
		return
	}
	defer resp.Body.Close()
	w.roadHeaders(rw, r, body, id)
	rw.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	rw.WriteHeader(resp.StatusCode)
	io.Copy(rw, resp.Body) //nolint:errcheck // whoever asked has hung up
}

// roadHeaders are what the road says with an answer.
func (w *World) roadHeaders(rw http.ResponseWriter, r *http.Request, body []byte, service string) {
	request := w.number("XR")
	rw.Header().Set("X-Road-Client", r.Header.Get("X-Road-Client"))
	rw.Header().Set("X-Road-Service", service)
	rw.Header().Set("X-Road-Id", r.Header.Get("X-Road-Id"))
	rw.Header().Set("X-Road-Request-Id", request)
	rw.Header().Set("X-Road-Request-Hash", roadHash(r, body, request))
}

// roadHash is the hash of the message as a security server of NIIS makes it. Go's server does not tell in which order the headers
// came, and Go's client sends them by name.
func roadHash(r *http.Request, body []byte, request string) string {
	skip := []string{"Host", "User-Agent", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Te", "Trailer", "Upgrade", "Expect", "Server",
		"Proxy-Authenticate", "Proxy-Authorization", "X-Road-Request-Id", "X-Road-Request-Hash"}
	var names []string
	for name := range r.Header {
		if !slices.Contains(skip, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	message := r.Method + "\r\n" + r.RequestURI + "\r\n"
	for _, name := range names {
		for _, v := range r.Header[name] {
			message += name + ":" + v + "\r\n"
		}
	}
	message += fmt.Sprintf("x-road-request-id:%s\r\n", request)
	head := sha512.Sum512([]byte(message))
	if len(body) > 0 {
		rest := sha512.Sum512(body)
		head = sha512.Sum512(append(head[:], rest[:]...))
	}
	return base64.StdEncoding.EncodeToString(head[:])
}
