// Package fault holds the errors that a caller can act on: a kind, which decides the HTTP status
// and the exit code, and a sentence for a person. All other errors are bugs or outages; they are
// logged and shown to nobody.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what the caller can do about an error.
type Kind int

// The kinds, each with the HTTP status that httpapi gives it.
const (
	Invalid         Kind = iota + 1 // 422: the input is wrong; Fields says where
	Unauthenticated                 // 401: sign in first, or again
	Forbidden                       // 403: in scope, but not permitted
	NotFound                        // 404: absent, or out of scope, which is the same
	Conflict                        // 409: clashes with what is stored
	Stale                           // 412: somebody else changed it meanwhile
	TooMany                         // 429: slow down; RetryAfter says how long
	Unavailable                     // 503: try again later
)

// Field names one wrong part of the input.
type Field struct {
	Location string `json:"location"` // "body.email", "query.from", "line 7"
	Message  string `json:"message"`
}

// Fault is an error that a caller can act on.
type Fault struct {
	Kind       Kind
	Detail     string // a sentence for a person, without secrets and without SQL
	Fields     []Field
	RetryAfter int   // seconds, for TooMany
	cause      error // for the log only
}

func (f *Fault) Error() string {
	if f.cause != nil {
		return f.Detail + ": " + f.cause.Error()
	}
	return f.Detail
}

func (f *Fault) Unwrap() error { return f.cause }

// New makes a fault with a formatted sentence.
func New(kind Kind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// At makes an Invalid fault about one part of the input.
func At(location, format string, args ...any) *Fault {
	message := fmt.Sprintf(format, args...)
	return &Fault{Kind: Invalid, Detail: message, Fields: []Field{{location, message}}}
}

// Wrap keeps the cause for the log behind a sentence for the caller.
func Wrap(kind Kind, cause error, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Detail: fmt.Sprintf(format, args...), cause: cause}
}

// Absent is the one answer for what does not exist and for what is out of scope.
func Absent() *Fault { return New(NotFound, "There is nothing here that you may see.") }

// Of returns the fault in err's chain, or nil when err is a bug or an outage.
func Of(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return nil
}

// Is reports whether err is a fault of this kind.
func Is(err error, kind Kind) bool {
	f := Of(err)
	return f != nil && f.Kind == kind
}
