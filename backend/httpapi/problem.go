package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"annals/backend/fault"
)

// problem is every error that a client sees (RFC 9457): never SQL, never a stack, never the value
// that was sent, which may be a password.
type problem struct {
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail"`
	Errors    []fault.Field `json:"errors,omitempty"`
	RequestID string        `json:"requestId,omitempty"`

	retryAfter int
}

func (p *problem) Error() string             { return p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are what huma sends along.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Stale: http.StatusPreconditionFailed,
	fault.TooMany: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
}

// problemOf turns any error into what the client may know of it, and logs what it may not.
func problemOf(ctx context.Context, err error) *problem {
	p := &problem{RequestID: requestID(ctx)}
	f := fault.Of(err)
	if f == nil {
		if errors.Is(err, context.Canceled) {
			p.Status, p.Detail = 499, "The client went away."
			return p
		}
		slog.ErrorContext(ctx, "request failed", "err", err, "requestId", p.RequestID)
		p.Status, p.Title = http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError)
		p.Detail = "Something went wrong on our side. The request id tells us what."
		return p
	}
	p.Status, p.Detail, p.Errors, p.retryAfter = statuses[f.Kind], f.Detail, f.Fields, f.RetryAfter
	p.Title = http.StatusText(p.Status)
	if p.Status >= http.StatusInternalServerError {
		slog.WarnContext(ctx, "unavailable", "err", err, "requestId", p.RequestID)
	}
	return p
}

// newError is huma's for what it refuses by itself: a body that is no JSON, a value out of bounds.
func newError(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	p := &problem{Status: status, Title: http.StatusText(status), Detail: message}
	if ctx != nil {
		p.RequestID = requestID(ctx.Context())
	}
	if status >= http.StatusInternalServerError {
		slog.Error("request failed", "err", errors.Join(errs...), "requestId", p.RequestID)
		p.Detail = "Something went wrong on our side. The request id tells us what."
		return p
	}
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			p.Errors = append(p.Errors, fault.Field{Location: d.Location, Message: d.Message})
		}
	}
	if status == http.StatusUnprocessableEntity && len(p.Errors) > 0 {
		p.Detail = p.Errors[0].Location + ": " + p.Errors[0].Message
	}
	return p
}

// send writes a problem outside of huma.
func send(c *fiber.Ctx, p *problem) error {
	for name, values := range p.GetHeaders() {
		c.Set(name, values[0])
	}
	return c.Status(p.Status).JSON(p, p.ContentType(""))
}
