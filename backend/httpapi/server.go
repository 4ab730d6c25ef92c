// Package httpapi is the HTTP side of the house: routes.go says who may call what, and one thin
// file for each noun says what a call means.
package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/google/uuid"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// Deps are what the server is made of.
type Deps struct {
	DB      *db.DB
	Log     *audit.Log
	Auth    *auth.Service
	Portal  fs.FS          // the built portal
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Ready   func() bool    // false while shutting down
}

// Server answers HTTP.
type Server struct {
	Deps
	app     *fiber.App
	api     huma.API
	metrics *metrics
	denials *denials
	imports *imports
	bulk    *background   // bulk changes
	streams chan struct{} // a place for each answer that is being streamed
	uploads chan struct{} // a place for each uploaded file in memory
}

// The largest body that is read at all; a route takes 1 MiB unless it says otherwise.
const maxBody = 1 << 30

// New makes the server.
func New(d Deps) (*Server, error) {
	s := &Server{Deps: d, metrics: newMetrics(d.DB), denials: newDenials(d.DB, d.Log), streams: make(chan struct{}, maxStreams), uploads: make(chan struct{}, maxUploads)}
	s.imports, s.bulk = newImports(s), newBackground()
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		Immutable:             true, // else a string kept from a request changes under a later one
		StreamRequestBody:     true,
		// Else a form of any size is on disk before anybody has asked who sends it.
		DisablePreParseMultipartForm: true,
		BodyLimit:                    maxBody,
		ReadTimeout:                  time.Minute,
		IdleTimeout:                  2 * time.Minute,
		ReadBufferSize:               16 << 10,
		ErrorHandler: func(c *fiber.Ctx, err error) error {
			var f *fiber.Error
			if errors.As(err, &f) {
				if f.Code == http.StatusNotFound || f.Code == http.StatusMethodNotAllowed {
					return send(c, problemOf(c.UserContext(), fault.Absent()))
				}
				return send(c, &problem{Status: f.Code, Title: http.StatusText(f.Code), Detail: f.Message, RequestID: requestID(c.UserContext())})
			}
			return send(c, problemOf(c.UserContext(), err))
		},
	})
	s.app.Use(s.identify, s.metrics.observe, recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: func(c *fiber.Ctx, e any) {
		slog.Error("panic", "panic", e, "requestId", requestID(c.UserContext()))
	}}), compress.New(compress.Config{Next: streams}), headers)

	setHuma()
	cfg := huma.DefaultConfig("Annals", "1")
	cfg.Info.Description = "The audit log of businesses that sell through other businesses."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema field and Link header in every answer
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", Description: "Access token, or API key"}}
	s.api = huma.NewAPI(cfg, adapter{s.app})
	s.api.UseMiddleware(s.admit)
	for _, r := range s.routes() {
		r.handler(s.api, r.operation())
	}
	if err := s.outside(); err != nil {
		return nil, err
	}
	return s, nil
}

// setHuma sets what huma keeps in package variables, once: it is the same for every server.
var setHuma = sync.OnceFunc(func() {
	huma.NewErrorWithContext = newError
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newError(nil, status, message, errs...)
	}
	huma.DefaultArrayNullable = false
})

// schemaName names a type in the API's document: userJSON is "User" there, and where two packages
// have a word for their own thing, the package's name comes first.
func schemaName(t reflect.Type, hint string) string {
	name := strings.ReplaceAll(huma.DefaultSchemaNamer(t, hint), "JSON", "")
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[audit.Event](), reflect.TypeFor[audit.Page]():
		return name
	}
	switch path.Base(t.PkgPath()) {
	case "catalog":
		return "Catalog" + strings.TrimPrefix(name, "Catalog")
	case "audit":
		return "Event" + name
	case "fault":
		return "Problem" + name
	}
	return name
}

// Serve answers until Shutdown.
func (s *Server) Serve(l net.Listener) error { return s.app.Listener(l) }

// App is fiber's, for tests that call without a socket.
func (s *Server) App() *fiber.App { return s.app }

// Run does the server's work that no request waits for, until the context ends.
func (s *Server) Run(ctx context.Context) { s.denials.run(ctx) }

// Shutdown finishes what is in flight.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.app.ShutdownWithContext(ctx)
	s.imports.wait()
	s.bulk.wait()
	return err
}

// OpenAPI is the document of all routes.
func (s *Server) OpenAPI() ([]byte, error) { return s.api.OpenAPI().MarshalJSON() }

type contextKey int

const (
	keyRequestID contextKey = iota
	keyClient
	keyPrincipal
)

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// client says from where the call comes.
func client(ctx context.Context) auth.Client {
	c, _ := ctx.Value(keyClient).(auth.Client)
	return c
}

// who is the principal that admit let in. Public routes have the zero one, which sees nothing.
func who(ctx context.Context) auth.Principal {
	p, _ := ctx.Value(keyPrincipal).(auth.Principal)
	return p
}

// identify gives the request its id and finds the client's address.
func (s *Server) identify(c *fiber.Ctx) error {
	id := uuid.NewString()
	peer, _ := netip.ParseAddrPort(c.Context().RemoteAddr().String())
	ctx := context.WithValue(c.UserContext(), keyRequestID, id)
	ctx = context.WithValue(ctx, keyClient, auth.Client{IP: clientIP(peer.Addr(), forwardedFor(c), s.Proxies),
		UserAgent: truncate(c.Get(fiber.HeaderUserAgent), 500), RequestID: id})
	c.SetUserContext(ctx)
	c.Set("X-Request-Id", id)
	return c.Next()
}

// forwardedFor joins all lines of the header, in their order: a proxy may append its own line.
func forwardedFor(c *fiber.Ctx) string {
	var lines []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		lines = append(lines, string(line))
	}
	return strings.Join(lines, ",")
}

func truncate(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// clientIP walks X-Forwarded-For from the right, past proxies that are trusted: the first address
// that isn't one of them is the client's, whatever the client wrote to the left of it.
func clientIP(peer netip.Addr, forwarded string, trusted []netip.Prefix) netip.Addr {
	isTrusted := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	at := peer.Unmap()
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(at); i-- {
		hop := strings.TrimSpace(hops[i])
		next, err := netip.ParseAddr(hop)
		if err != nil {
			withPort, err := netip.ParseAddrPort(hop)
			if err != nil {
				return at
			}
			next = withPort.Addr()
		}
		at = next.Unmap().WithZone("")
	}
	return at
}

// streams tells the answers that must not be collected for compression.
func streams(c *fiber.Ctx) bool {
	return strings.HasSuffix(c.Path(), "/export") || strings.HasPrefix(c.Path(), prefix+"/files/")
}

// headers are what every answer carries.
func headers(c *fiber.Ctx) error {
	nonce := rand.Text()
	c.Locals("nonce", nonce)
	c.Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("X-Frame-Options", "DENY")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if c.Protocol() == "https" {
		c.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	err := c.Next()
	if strings.HasPrefix(c.Path(), "/api/") || strings.HasPrefix(c.Path(), "/backend/") {
		c.Set("Cache-Control", "no-store")
	}
	return err
}

// admit lets a call through that names only parameters that the route has, by a principal who may
// make it.
func (s *Server) admit(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	refuse := func(err error) {
		s.writeProblem(ctx, problemOf(ctx.Context(), err))
	}
	may := access.Permission(op.Metadata["may"].(string))
	if may != access.Public {
		p, err := s.Auth.Authenticate(ctx.Context(), client(ctx.Context()), token(ctx.Header("Authorization")))
		if err != nil {
			refuse(err)
			return
		}
		if !p.May(may) {
			refuse(fault.New(fault.Forbidden, "Your role does not allow this."))
			return
		}
		ctx = huma.WithValue(ctx, keyPrincipal, p)
	}
	if err := checkQuery(ctx); err != nil {
		refuse(err)
		return
	}
	next(ctx)
}

// checkQuery refuses parameters that the route doesn't have: a filter that is ignored shows everything.
func checkQuery(ctx huma.Context) error {
	params := map[string]*huma.Param{}
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" {
			params[p.Name] = p
		}
	}
	for _, p := range ctx.Operation().Parameters {
		if v := ctx.Param(p.Name); p.In == "path" && (strings.ContainsRune(v, 0) || !utf8.ValidString(v)) {
			return fault.Absent()
		}
	}
	var fields []fault.Field
	u := ctx.URL()
	for name, values := range u.Query() {
		for _, v := range append(values, name) {
			if strings.ContainsRune(v, 0) || !utf8.ValidString(v) {
				return fault.At("query", "A parameter holds a character that is not text.")
			}
		}
		switch p := params[name]; {
		case p == nil:
			fields = append(fields, fault.Field{Location: "query." + name, Message: "is not a parameter of this call"})
		case len(values) > 1 && p.Schema.Type != huma.TypeArray:
			fields = append(fields, fault.Field{Location: "query." + name, Message: "is given more than once"})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return &fault.Fault{Kind: fault.Invalid, Detail: fields[0].Location + " " + fields[0].Message + ".", Fields: fields}
}

func (s *Server) writeProblem(ctx huma.Context, p *problem) {
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	if err := s.api.Marshal(ctx.BodyWriter(), "application/json", p); err != nil {
		slog.Error("write problem", "err", err)
	}
}

// read runs fn behind the principal's wall.
func (s *Server) read(ctx context.Context, fn func(*db.Tx) error) error {
	return s.DB.Read(ctx, who(ctx).Scope.Wall(), fn)
}

// change runs fn in a transaction behind the principal's wall, as an editor of the inventory.
func (s *Server) change(ctx context.Context, fn func(*db.Tx, inventory.Editor) error) error {
	return s.DB.Write(ctx, who(ctx).Scope.Wall(), func(tx *db.Tx) error { return fn(tx, s.editor(ctx)) })
}

func (s *Server) editor(ctx context.Context) inventory.Editor {
	p := who(ctx)
	return inventory.Editor{Log: s.Log, Scope: p.Scope, Origin: p.Origin, Behalf: p.May(access.ActOnBehalf)}
}

// home is the tenant that a principal belongs to, for events that concern nothing else.
func home(p auth.Principal) tenant.Tenant {
	if k := p.Key; k != nil {
		return tenant.Tenant{ID: k.TenantID, Level: k.TenantLevel, Path: k.TenantPath, SalesOrgID: k.SalesOrgID, DealerID: k.DealerID, ResellerID: k.ResellerID}
	}
	u := p.User
	return tenant.Tenant{ID: u.TenantID, Level: u.TenantLevel, Path: u.TenantPath, SalesOrgID: u.SalesOrgID, DealerID: u.DealerID, ResellerID: u.ResellerID}
}
