package inventory

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/tenant"
)

// KindSource is an installation of a system that feeds us; its name is what events carry as their
// source.
const KindSource = "annals.source"

// EditURLs returns the source's own page for editing each of those objects that we don't manage:
// its template, of the source of that name which the object's organization or the nearest one above
// has. Two statements, whatever the number of objects.
func EditURLs(tx *db.Tx, s tenant.Scope, ids []int64) (map[int64]string, error) {
	if len(ids) == 0 {
		return map[int64]string{}, nil
	}
	where, args := s.Owned("o")
	var stubs []Object
	err := tx.Raw("SELECT o.id, o.kind, o.source, o.external_id, o.name, o.tenant_id FROM objects o WHERE o.id IN ? AND o.source <> '' AND NOT o.managed AND o.deleted_at IS NULL AND "+where,
		append([]any{ids}, args...)...).Scan(&stubs).Error
	if err != nil {
		return nil, fmt.Errorf("find external objects: %w", err)
	}
	if len(stubs) == 0 {
		return map[int64]string{}, nil
	}
	var organizations []int64
	var names []string
	for _, o := range stubs {
		organizations, names = append(organizations, o.TenantID), append(names, strings.ToLower(o.Source))
	}
	slices.Sort(organizations)
	slices.Sort(names)
	found, err := findHeld(tx, slices.Compact(organizations), []string{KindSource}, slices.Compact(names))
	if err != nil {
		return nil, fmt.Errorf("find sources: %w", err)
	}
	out := map[int64]string{}
	for _, o := range stubs {
		at := slices.IndexFunc(found, func(h held) bool { return h.Organization == o.TenantID && h.UniqueKey == strings.ToLower(o.Source) })
		if at < 0 || found[at].State != "active" {
			continue
		}
		if link := editURL(found[at].Attributes, o); link != "" {
			out[o.ID] = link
		}
	}
	return out, nil
}

// editURL fills the template that a source has for an object's kind, else the one for all kinds.
func editURL(source json.RawMessage, o Object) string {
	var templates struct {
		EditURL  string   `json:"edit_url"`
		EditURLs []string `json:"edit_urls"`
	}
	if json.Unmarshal(source, &templates) != nil {
		return ""
	}
	template := templates.EditURL
	for _, one := range templates.EditURLs {
		if kind, special, _ := strings.Cut(one, " "); kind == o.Kind {
			template = special
		}
	}
	_, kind, _ := strings.Cut(o.Kind, ".")
	return fill(template, map[string]string{"kind": kind, "id": o.ExternalID, "name": o.Name})
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// fill puts values into a URL template, each escaped so that it stays one part of the path or of the
// query. A value that a browser would take for a way upwards, or none, gives no URL.
func fill(template string, values map[string]string) string {
	lost := false
	link := placeholder.ReplaceAllStringFunc(template, func(p string) string {
		value := values[strings.Trim(p, "{}")]
		lost = lost || strings.Trim(value, ".") == ""
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	})
	if lost {
		return ""
	}
	return link
}

// checkURL says what is wrong with an address, completing a sentence that begins with its field's
// label. In a template, placeholders stand where a value will; never in front of the path, where
// they could lead to another server.
func checkURL(s string, placeholders ...string) error {
	sample := s
	if len(placeholders) > 0 {
		for _, p := range placeholder.FindAllString(s, -1) {
			if !slices.Contains(placeholders, p) {
				return fmt.Errorf("has %s; a template can have %s", shorten(p), strings.Join(placeholders, ", "))
			}
		}
		sample = placeholder.ReplaceAllString(s, "x")
	}
	u, err := url.Parse(sample)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(sample, "{}\\\"<>` ") {
		return fmt.Errorf("must be an address such as https://mor.example.com/, without a password in it")
	}
	_, rest, _ := strings.Cut(s, "://")
	if host := rest[:strings.IndexFunc(rest+"/", func(r rune) bool { return strings.ContainsRune("/?#", r) })]; strings.ContainsAny(host, "{}") {
		return fmt.Errorf("must not have a placeholder in the name of the server")
	}
	return nil
}

// checkTemplate is checkURL for what EditURLs fills.
func checkTemplate(s string) error { return checkURL(s, "{kind}", "{id}", "{name}") }

// parseTemplates reads a list of templates, each for one kind: "mor.device https://…".
func parseTemplates(c *catalog.Catalog, f catalog.Field, sent any) (any, error) {
	list, err := parseList(f, sent)
	items, _ := list.([]string)
	seen := map[string]bool{}
	for _, item := range items {
		kind, template, _ := strings.Cut(item, " ")
		if _, ok := c.Kind(kind); !ok {
			return nil, fmt.Errorf("begins with “%s”, which is no kind of the catalogue; a line is such as mor.device https://mor.example.com/devices/{id}", shorten(kind))
		}
		if seen[kind] {
			return nil, fmt.Errorf("has %s twice", kind)
		}
		seen[kind] = true
		if err := checkTemplate(template); err != nil {
			return nil, fmt.Errorf("for %s %v", kind, err)
		}
	}
	return list, err
}
