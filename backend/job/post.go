package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/inventory"
)

// postLimit is how long a request may take; maxObjects is how many objects it carries at most.
const (
	postLimit  = 10 * time.Second
	maxObjects = 10_000
)

// post sends an object as JSON to a URL, with those that refer to it where the catalogue says so.
type post struct {
	db     *db.DB
	client *http.Client
}

func newPost(d *db.DB, dialer *net.Dialer) post {
	return post{d, &http.Client{
		// No proxy of the environment: it would connect to what we must not.
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// document is what is posted.
type document struct {
	Job     string `json:"job"` // the same when it is sent again, and the eventId of the entry
	Action  string `json:"action"`
	Object  sent   `json:"object"`
	Objects []sent `json:"objects,omitempty"`
}

// sent is one object in it.
type sent struct {
	ID         int64                      `json:"id"`
	Kind       string                     `json:"kind"`
	Name       string                     `json:"name"`
	State      string                     `json:"state,omitempty"`
	Revision   int64                      `json:"revision"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

func (p post) do(ctx context.Context, w inventory.Work) (inventory.Attributes, error) {
	to, err := url.Parse(w.With["url"])
	if err != nil || to.Scheme != "https" && to.Scheme != "http" || to.Host == "" {
		return nil, errors.New("the URL is not one of http or https")
	}
	doc := document{Job: w.ID.String(), Action: w.Action}
	if doc.Object, err = sentOf(w.Kind, w.Object); err != nil {
		return nil, err
	}
	if w.Objects.Name != "" {
		if doc.Objects, err = p.referring(ctx, w); err != nil {
			return nil, cause(err)
		}
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the URL can't be used")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Annals")
	r.Header.Set("Idempotency-Key", doc.Job)
	answer, err := p.client.Do(r)
	if err != nil {
		var at *url.Error // its text has the URL, and that may have a key
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Errorf("%s: %w", to.Host, cause(err))
	}
	defer answer.Body.Close() //nolint:errcheck // it is not read: whose it is is not ours to keep
	status := fmt.Sprintf("%s answered %d %s", to.Host, answer.StatusCode, http.StatusText(answer.StatusCode))
	switch answer.StatusCode / 100 {
	case 2:
		return inventory.Attributes{"result": status, "count": len(doc.Objects)}, nil
	case 3:
		return nil, errors.New(status + "; it is not followed elsewhere")
	}
	return nil, errors.New(status)
}

// referring are the objects that refer to the one of the work, as far as its own tenant sees them.
func (p post) referring(ctx context.Context, w inventory.Work) (out []sent, err error) {
	err = p.db.Read(ctx, w.Scope.Wall(), func(tx *db.Tx) error {
		found, err := inventory.Referring(tx, w.Scope, w.Objects, w.Object, maxObjects+1)
		if err == nil && len(found) > maxObjects {
			return fmt.Errorf("more than %d objects refer to it", maxObjects)
		}
		for _, o := range found {
			s, err := sentOf(w.Objects, o)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return err
	})
	return out, err
}

// sentOf leaves out what is secret: of that, only fingerprints are known.
func sentOf(k catalog.Kind, o inventory.Object) (sent, error) {
	s := sent{ID: o.ID, Kind: o.Kind, Name: o.Name, State: o.State, Revision: o.Revision}
	if err := json.Unmarshal(o.Attributes, &s.Attributes); err != nil {
		return s, fmt.Errorf("read attributes: %w", err)
	}
	for _, f := range k.Fields {
		if f.Secret {
			delete(s.Attributes, f.Name)
		}
	}
	return s, nil
}
