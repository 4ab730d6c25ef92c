package httpapi

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
)

type exportIn struct {
	audit.Filter
	Format string `query:"format" enum:"csv,ndjson" default:"csv"`
}

// exportEvents streams every entry of the filter, oldest first. That somebody takes the log away is
// itself an entry, written before the first byte leaves.
func (s *Server) exportEvents(ctx context.Context, in *exportIn) (*huma.StreamResponse, error) {
	if err := timeRange(in.Filter); err != nil {
		return nil, err
	}
	p := who(ctx)
	total, err := s.Log.Count(ctx, p.Scope, in.Filter) // also refuses a bad filter while an answer can still say so
	if err != nil {
		return nil, err
	}
	e := p.Origin.Event("log_exported")
	rows := strconv.FormatInt(total.Value, 10)
	if total.Relation == "gte" {
		rows = "more than " + rows
	}
	e.Data = []audit.Datum{{Label: "Format", Value: strings.ToUpper(in.Format)}, {Label: "Rows", Value: rows}, {Label: "Filter", Value: filterText(in.Filter)}}
	e.Belongs(home(p))
	err = s.DB.Write(ctx, p.Scope.Wall(), func(tx *db.Tx) error {
		_, err := s.Log.Record(tx, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	contentType, write := "text/csv; charset=utf-8", writeCSV
	if in.Format == "ndjson" {
		contentType, write = "application/x-ndjson", writeNDJSON
	}
	name := fmt.Sprintf(`attachment; filename="annals-%s.%s"`, time.Now().UTC().Format("20060102-150405"), in.Format)
	return s.stream(ctx, contentType, map[string]string{"Content-Disposition": name}, func(ctx context.Context, w *bufio.Writer) error {
		if err := write(w, func(each func(audit.Event) error) error { return s.Log.Export(ctx, p.Scope, in.Filter, each) }); err != nil {
			return err
		}
		return w.Flush()
	})
}

// maxStreams is how many answers are streamed at a time; streamPatience is how long a client may take
// for a part of one.
const (
	maxStreams     = 16
	streamPatience = 30 * time.Second
)

// stream answers with what write writes, as it is written: of any size, in the memory of a few rows.
func (s *Server) stream(ctx context.Context, contentType string, more map[string]string, write func(context.Context, *bufio.Writer) error) (*huma.StreamResponse, error) {
	select {
	case s.streams <- struct{}{}:
	default:
		return nil, &fault.Fault{Kind: fault.TooMany, Detail: "Too many files are being read at the moment. Try again soon.", RetryAfter: 10}
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", contentType)
		for name, value := range more {
			h.SetHeader(name, value)
		}
		c := fiberOf(h).Context()
		conn := c.Conn() // while the call lasts: afterwards it is another's
		c.SetBodyStreamWriter(func(w *bufio.Writer) {
			defer func() { <-s.streams }()
			// The handler's context ended with it; the stream lives as long as the client reads.
			streaming, cancel := context.WithCancel(context.WithoutCancel(ctx))
			defer cancel()
			err := guarded(func() error {
				return write(streaming, bufio.NewWriterSize(patient{w, conn}, 32<<10))
			})
			if err != nil {
				// The status has gone out; a connection that breaks off tells the reader that this is not the whole.
				slog.Info("stream broke off", "err", err, "requestId", requestID(ctx))
				_ = conn.Close()
			}
		})
	}}, nil
}

// guarded turns a panic into an error: in a stream's goroutine nobody else would.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// patient gives the client a while for each part, and not for ever.
type patient struct {
	*bufio.Writer
	conn net.Conn
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(streamPatience)); err != nil {
		return 0, err
	}
	n, err := p.Writer.Write(b)
	if err == nil {
		err = p.Flush()
	}
	return n, err
}

func writeNDJSON(w *bufio.Writer, rows func(func(audit.Event) error) error) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return rows(func(e audit.Event) error { return enc.Encode(e) })
}

// exportColumns are the columns of the CSV, in order.
var exportColumns = []struct {
	name  string
	value func(audit.Event) string
}{
	{"id", func(e audit.Event) string { return strconv.FormatInt(e.ID, 10) }},
	{"eventId", func(e audit.Event) string { return e.EventID.String() }},
	{"occurredAt", func(e audit.Event) string { return micros(e.OccurredAt) }},
	{"recordedAt", func(e audit.Event) string { return micros(e.RecordedAt) }},
	{"system", func(e audit.Event) string { return e.System }},
	{"source", func(e audit.Event) string { return e.Source }},
	{"externalId", func(e audit.Event) string { return e.ExternalID }},
	{"type", func(e audit.Event) string { return e.Type }},
	{"class", func(e audit.Event) string { return e.Class }},
	{"category", func(e audit.Event) string { return e.Category }},
	{"activity", func(e audit.Event) string { return e.Activity }},
	{"state", func(e audit.Event) string { return e.State }},
	{"outcome", func(e audit.Event) string { return string(e.Outcome) }},
	{"actor", func(e audit.Event) string { return e.Actor.Name }},
	{"actorKind", func(e audit.Event) string { return e.Actor.Kind }},
	{"actorId", func(e audit.Event) string { return e.Actor.ID }},
	{"onBehalfOf", func(e audit.Event) string { return deref(e.OnBehalfOf).Name }},
	{"description", func(e audit.Event) string { return e.Description }},
	{"code", func(e audit.Event) string { return e.Code }},
	{"objectKind", func(e audit.Event) string { return deref(e.Object).Kind }},
	{"objectId", func(e audit.Event) string { return deref(e.Object).ID }},
	{"object", func(e audit.Event) string { return deref(e.Object).Name }},
	{"objectRevision", func(e audit.Event) string { return deref(e.Object).Revision }},
	{"linkedToKind", func(e audit.Event) string { return deref(e.LinkedTo).Kind }},
	{"linkedToId", func(e audit.Event) string { return deref(e.LinkedTo).ID }},
	{"subject", func(e audit.Event) string { return deref(e.Subject).Name }},
	{"customer", func(e audit.Event) string { return e.Customer }},
	{"changes", func(e audit.Event) string { return jsonText(e.Changes, len(e.Changes)) }},
	{"data", func(e audit.Event) string { return jsonText(e.Data, len(e.Data)) }},
	{"reason", func(e audit.Event) string { return e.Reason }},
	{"commentary", func(e audit.Event) string { return e.Commentary }},
	{"ip", func(e audit.Event) string {
		if !e.IP.IsValid() {
			return ""
		}
		return e.IP.String()
	}},
	{"node", func(e audit.Event) string { return e.Node }},
	{"userAgent", func(e audit.Event) string { return e.UserAgent }},
	{"sessionId", func(e audit.Event) string { return e.SessionID }},
	{"requestId", func(e audit.Event) string { return e.RequestID }},
	{"usedApi", func(e audit.Event) string { return strconv.FormatBool(e.UsedAPI) }},
	{"fromProvider", func(e audit.Event) string { return strconv.FormatBool(e.FromProvider) }},
	{"expertMode", func(e audit.Event) string { return strconv.FormatBool(e.ExpertMode) }},
	{"importFile", func(e audit.Event) string { return fileText(e.ImportFile) }},
	{"cdrFile", func(e audit.Event) string { return fileText(e.CDRFile) }},
	{"salesOrg", func(e audit.Event) string { return deref(e.SalesOrg).Name }},
	{"dealer", func(e audit.Event) string { return deref(e.Dealer).Name }},
	{"reseller", func(e audit.Event) string { return deref(e.Reseller).Name }},
	{"user", func(e audit.Event) string { return deref(e.User).Name }},
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func micros(t time.Time) string { return t.UTC().Format(audit.TimeFormat) }

func jsonText(v any, n int) string {
	if n == 0 {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("cannot happen: it came from JSON: " + err.Error())
	}
	return string(b)
}

func fileText(f *audit.FileLine) string {
	if f == nil {
		return ""
	}
	if f.Line == 0 {
		return f.ID
	}
	return f.ID + ":" + strconv.FormatInt(f.Line, 10)
}

// neutral keeps a spreadsheet from running a cell as a formula: OWASP's list, prefixed by '.
func neutral(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func writeCSV(w *bufio.Writer, rows func(func(audit.Event) error) error) error {
	out := csv.NewWriter(w)
	cells := make([]string, len(exportColumns))
	for i, c := range exportColumns {
		cells[i] = c.name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	err := rows(func(e audit.Event) error {
		for i, c := range exportColumns {
			cells[i] = neutral(c.value(e))
		}
		return out.Write(cells)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// filterText is the filter as its parameters, for the entry that records an export.
func filterText(f audit.Filter) string {
	b, err := json.Marshal(f)
	if err != nil {
		panic("cannot happen: a filter is plain values: " + err.Error())
	}
	return string(b)
}
