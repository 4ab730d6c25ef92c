package catalog

import (
	"net/netip"
	"strings"
)

// Reading is what the source's own values say, sorted by what they mean. Secrets in it are concealed.
type Reading struct {
	Object, LinkedTo, Subject, Customer string
	Field, Old, New                     string
	IP                                  netip.Addr
	Failed                              bool // the source gives a return value other than 0
	Data                                []Datum
}

// Datum is one value of the source under the catalogue's label.
type Datum struct {
	Label  string
	Value  string
	Secret bool
}

// Read gives the source's values their labels and their places in the event. cell returns what a
// column or a named group of Match holds, "" when nothing; conceal makes what is stored in place of
// a secret. Empty values are left out. An address becomes IP and is not repeated in Data, because it
// is the actor's and is hidden with the actor.
func (t EventType) Read(cell func(column string) string, conceal func(secret string) string) Reading {
	r := Reading{
		Object: cell("object"), LinkedTo: cell("linkedTo"), Subject: cell("subject"),
		Customer: cell("customer"), Field: cell("field"), Old: cell("old"), New: cell("new"),
	}
	if r.Field == "" {
		r.Field = t.Field
	}
	for _, d := range t.Data {
		value := d.Value(cell(d.From))
		if value == "" {
			continue
		}
		if d.As == "ip" {
			if addr, err := netip.ParseAddr(value); err == nil {
				r.IP = addr.Unmap()
				continue
			}
		}
		if d.Secret {
			value = conceal(value)
		}
		if d.Pairs {
			value = t.secrets.Redact(value, conceal)
		}
		r.fill(d.As, value)
		r.Data = append(r.Data, Datum{Label: d.Label, Value: value, Secret: d.Secret})
	}
	return r
}

func (r *Reading) fill(as, value string) {
	switch as {
	case "object":
		r.Object = value
	case "linkedTo":
		r.LinkedTo = value
	case "subject":
		r.Subject = value
	case "customer":
		r.Customer = value
	case "field":
		r.Field = value
	case "old":
		r.Old = value
	case "new":
		r.New = value
	case "returnValue":
		r.Failed = value != "0"
	}
}

// Value takes this label's part out of a cell. Where the cell is to be cut and has no Cut in it, the
// part before is empty and the part after is the whole: a user name and password that can't be told
// apart are treated as a password.
func (d DataLabel) Value(cell string) string {
	if d.Cut == "" {
		return cell
	}
	before, after, found := strings.Cut(cell, d.Cut)
	switch {
	case d.Keep == "before" && found:
		return before
	case d.Keep == "before":
		return ""
	case found:
		return after
	default:
		return cell
	}
}
