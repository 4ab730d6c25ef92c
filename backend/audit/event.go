// Package audit is what the house exists for: it records events inside the transaction of whoever
// changes something, and answers what a reader asks of the log.
package audit

import (
	"encoding/json"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// Outcome says whether what was attempted happened.
type Outcome string

// The two outcomes.
const (
	Success Outcome = "success"
	Failure Outcome = "failure"
)

// Kinds of actor. Sippy's letters: u web user, a account, c customer, v vendor, t trusted XMLAPI call.
const (
	ActorUser       = "user"
	ActorWebUser    = "web_user"
	ActorAccount    = "account"
	ActorCustomer   = "customer"
	ActorVendor     = "vendor"
	ActorTrustedAPI = "trusted_api"
	ActorAPIKey     = "api_key"
	ActorSystem     = "system"
)

// Actor is who did it, or on whose behalf. ID and SubID are the ids of the system that it came
// from, as text; UserID is the id in our own users table, where it is one of our users.
type Actor struct {
	Kind   string `json:"kind,omitempty"`
	ID     string `json:"id,omitempty"`
	SubID  string `json:"subId,omitempty"`
	Name   string `json:"name,omitempty"`
	Level  string `json:"level,omitempty"`  // root, sales_org, dealer, reseller, user
	UserID int64  `json:"userId,omitempty"` // our own user, or 0
	Hidden bool   `json:"hidden,omitempty"` // stands above the viewer: only Kind, Level and a general Name are shown
}

// Object is what an event is about, or is linked to. ID is the id in the system that it came from,
// as text; Ref is the row in our objects table that gives it a page, or 0.
type Object struct {
	Kind     string `json:"kind,omitempty"` // "mor.device"
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Revision string `json:"revision,omitempty"`
	Ref      int64  `json:"ref,omitempty"`
}

// Person is the user whom an event concerns.
type Person struct {
	ID   int64  `json:"id,omitempty"` // our own user, or 0
	Name string `json:"name,omitempty"`
}

// Change is one field's value before and after. A secret field's values are fingerprints.
type Change struct {
	Field string `json:"field"`
	Old   any    `json:"old"`
	New   any    `json:"new"`
}

// Datum is one of the source's own values under the catalogue's label.
type Datum struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// FileLine is a place in a file that caused the event.
type FileLine struct {
	ID   string `json:"id"`
	Line int64  `json:"line,omitempty"`
}

// Owner is one level of the channel to which the event belongs, as it was then.
type Owner struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Event is one entry of the log. Once sealed it never changes.
type Event struct {
	ID         int64     `json:"id"`                   // global and dense; 0 until sealed
	EventID    uuid.UUID `json:"eventId"`              // chosen before the first try to write it
	Seq        int64     `json:"seq"`                  // dense in the ledger of its sales organization
	System     string    `json:"system"`               // annals, mor, alternet, sippy, sbc, safe or an operator's own
	Source     string    `json:"source,omitempty"`     // one installation: "mor-eu-1"
	ExternalID string    `json:"externalId,omitempty"` // the source's own id of the entry
	OccurredAt time.Time `json:"occurredAt"`           // by the source
	RecordedAt time.Time `json:"recordedAt"`           // by us

	Type        string  `json:"type"` // "mor.login": a row of the catalogue
	Class       string  `json:"class,omitempty"`
	Category    string  `json:"category,omitempty"`
	Activity    string  `json:"activity,omitempty"` // system, user, administrative
	State       string  `json:"state,omitempty"`    // SBC's nine
	Outcome     Outcome `json:"outcome"`
	Description string  `json:"description"`    // the sentence, without its actor
	Code        string  `json:"code,omitempty"` // Sippy's compact notation

	Actor      Actor   `json:"actor"`
	OnBehalfOf *Actor  `json:"onBehalfOf,omitempty"`
	Object     *Object `json:"object,omitempty"`
	LinkedTo   *Object `json:"linkedTo,omitempty"`
	Subject    *Person `json:"subject,omitempty"`
	Customer   string  `json:"customer,omitempty"`

	Changes    []Change `json:"changes,omitempty"`
	Data       []Datum  `json:"data,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Commentary string   `json:"commentary,omitempty"`

	IP           netip.Addr `json:"ip,omitzero"`
	Node         string     `json:"node,omitempty"` // where the source gives a node instead of an address
	UserAgent    string     `json:"userAgent,omitempty"`
	SessionID    string     `json:"sessionId,omitempty"`
	RequestID    string     `json:"requestId,omitempty"`
	UsedAPI      bool       `json:"usedApi,omitempty"`
	FromProvider bool       `json:"fromProvider,omitempty"`
	ExpertMode   bool       `json:"expertMode,omitempty"`
	ImportFile   *FileLine  `json:"importFile,omitempty"`
	CDRFile      *FileLine  `json:"cdrFile,omitempty"`

	SalesOrg *Owner `json:"salesOrg,omitempty"` // nil: the platform's own
	Dealer   *Owner `json:"dealer,omitempty"`
	Reseller *Owner `json:"reseller,omitempty"`
	User     *Owner `json:"user,omitempty"` // the subject, else the acting user: whose own entry it is

	// Original is what the source said, where we could not keep it otherwise: the SAFE-compatible
	// API gives it back field by field. Never shown in lists; free of secrets.
	Original json.RawMessage `json:"original,omitempty"`

	Links *Links `json:"links,omitempty"`
}

// Links lead from an event to the page of its object.
type Links struct {
	Object    *string `json:"object"`    // the page in the portal, or null
	Edit      *string `json:"edit"`      // the page with its edit form, or null
	EditState string  `json:"editState"` // editable, deleted, external, forbidden
}
