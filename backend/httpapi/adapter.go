package httpapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

// adapter lets huma, which knows fiber v3, register its operations with fiber v2.
type adapter struct{ app *fiber.App }

var _ huma.Adapter = adapter{}

func (a adapter) Handle(op *huma.Operation, h func(huma.Context)) {
	path := strings.NewReplacer("{", ":", "}", "").Replace(op.Path)
	a.app.Add(op.Method, path, func(c *fiber.Ctx) error {
		h(&call{op: op, c: c, ctx: c.UserContext()})
		return nil
	})
}

// ServeHTTP is what huma asks of an adapter for its own tests; fiber serves by itself.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, err := a.app.Test(r, -1)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // in memory
	for k, v := range resp.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// call is one request as huma sees it.
type call struct {
	op     *huma.Operation
	c      *fiber.Ctx
	ctx    context.Context
	status int
}

var _ huma.Context = (*call)(nil)

// fiberOf returns fiber's side of a call, for streams.
func fiberOf(h huma.Context) *fiber.Ctx {
	for {
		switch x := h.(type) {
		case *call:
			return x.c
		case interface{ Unwrap() huma.Context }:
			h = x.Unwrap()
		default:
			panic("cannot happen: every call comes through the adapter")
		}
	}
}

func (x *call) Operation() *huma.Operation { return x.op }
func (x *call) Context() context.Context   { return x.ctx }
func (x *call) Method() string             { return x.c.Method() }
func (x *call) Host() string               { return x.c.Hostname() }
func (x *call) RemoteAddr() string         { return x.c.Context().RemoteAddr().String() }
func (x *call) URL() url.URL {
	u, err := url.ParseRequestURI(string(x.c.Request().RequestURI()))
	if err != nil {
		return url.URL{}
	}
	return *u
}

// Param is a part of the path, decoded: "%2F" in a kind or id must not stay as it is.
func (x *call) Param(name string) string {
	p, err := url.PathUnescape(x.c.Params(name))
	if err != nil {
		return x.c.Params(name)
	}
	return p
}
func (x *call) Query(name string) string  { return x.c.Query(name) }
func (x *call) Header(name string) string { return x.c.Get(name) }
func (x *call) EachHeader(f func(name, value string)) {
	for name, value := range x.c.Request().Header.All() {
		f(string(name), string(value))
	}
}

func (x *call) BodyReader() io.Reader {
	if s := x.c.Request().BodyStream(); s != nil {
		return s
	}
	return bytes.NewReader(x.c.Body())
}

// GetMultipartForm reads a form up to the route's limit; files go to disk as they arrive.
func (x *call) GetMultipartForm() (*multipart.Form, error) {
	_, params, err := mime.ParseMediaType(x.c.Get(fiber.HeaderContentType))
	if err != nil {
		return nil, err
	}
	if err := x.SetReadDeadline(time.Now().Add(formPatience)); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: x.BodyReader(), N: x.op.MaxBodyBytes}
	form, err := multipart.NewReader(limited, params["boundary"]).ReadForm(32 << 10)
	if err != nil && limited.N <= 0 {
		return nil, fmt.Errorf("the form is larger than %d bytes", x.op.MaxBodyBytes)
	}
	return form, err
}

// formPatience is how long a form may take to arrive.
const formPatience = 15 * time.Minute

func (x *call) SetReadDeadline(t time.Time) error { return x.c.Context().Conn().SetReadDeadline(t) }
func (x *call) SetStatus(s int)                   { x.status = s; x.c.Status(s) }
func (x *call) Status() int                       { return x.status }
func (x *call) AppendHeader(name, value string)   { x.c.Response().Header.Add(name, value) }
func (x *call) SetHeader(name, value string)      { x.c.Set(name, value) }
func (x *call) BodyWriter() io.Writer             { return x.c.Response().BodyWriter() }
func (x *call) TLS() *tls.ConnectionState         { return x.c.Context().TLSConnectionState() }
func (x *call) Version() huma.ProtoVersion        { return huma.ProtoVersion{Proto: x.c.Protocol()} }
func (x *call) WithContext(ctx context.Context) huma.Context {
	x.c.SetUserContext(ctx)
	y := *x
	y.ctx = ctx
	return &y
}
