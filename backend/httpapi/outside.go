package httpapi

import (
	"bytes"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"annals/backend/db"
	"annals/backend/fault"
)

// outside registers what lies outside of the API: health, metrics, the API's document, the portal.
// It comes last, because the portal answers every other path.
func (s *Server) outside() error {
	s.app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok") })
	s.app.Get("/readyz", func(c *fiber.Ctx) error {
		if !s.Ready() {
			return fault.New(fault.Unavailable, "The server is starting or stopping.")
		}
		if err := s.DB.Ping(c.UserContext()); err != nil {
			return fault.Wrap(fault.Unavailable, err, "The database does not answer.")
		}
		return c.SendString("ready")
	})
	s.app.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})))
	document, err := s.OpenAPI()
	if err != nil {
		return err
	}
	s.app.Get("/openapi.json", func(c *fiber.Ctx) error {
		c.Type("json")
		return c.Send(document)
	})
	docs := s.docs()
	s.app.Get("/docs", func(c *fiber.Ctx) error {
		c.Type("html", "utf-8")
		return c.SendString(docs)
	})
	index, err := fs.ReadFile(s.Portal, "index.html")
	if err != nil {
		index = []byte("<!doctype html><title>Annals</title><p>The portal is not built: run make build.")
	}
	s.app.Use(func(c *fiber.Ctx) error {
		name := strings.TrimPrefix(path.Clean(c.Path()), "/")
		if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead || strings.HasPrefix(name, "api/") || strings.HasPrefix(name, "backend/") {
			return fault.Absent()
		}
		if file, err := fs.ReadFile(s.Portal, name); err == nil && name != "index.html" {
			c.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
			if strings.HasPrefix(name, "assets/") { // their names change with their content
				c.Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			return c.Send(file)
		}
		if path.Ext(name) != "" && strings.HasPrefix(name, "assets/") {
			return fault.Absent()
		}
		nonce, _ := c.Locals("nonce").(string)
		c.Set("Cache-Control", "no-store")
		c.Type("html", "utf-8")
		return c.Send(bytes.ReplaceAll(index, []byte("__CSP_NONCE__"), []byte(nonce)))
	})
	return nil
}

// docs is a page that lists the calls. It needs no script, so the strict policy holds.
func (s *Server) docs() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Annals API</title>
<h1>Annals API</h1><p>The whole document, for tools: <a href="/openapi.json">/openapi.json</a>. Errors are problem details (RFC 9457).</p><table><thead><tr><th>Call</th><th>Permission</th><th>What it does</th></tr></thead><tbody>`)
	for _, r := range s.routes() {
		op := r.operation()
		b.WriteString("<tr><td><code>" + html.EscapeString(op.Method+" "+op.Path) + "</code></td><td>" + html.EscapeString(string(r.may)) + "</td><td>" + html.EscapeString(op.Summary) + "</td></tr>\n")
	}
	b.WriteString("</tbody></table></html>")
	return b.String()
}

// metrics counts requests for Prometheus.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics(d *db.DB) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "annals_http_request_seconds", Help: "Time of HTTP requests.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "annals_db_connections_in_use", Help: "Database connections in use."}, func() float64 { return float64(d.Stats().InUse) }))
	return m
}

func (m *metrics) observe(c *fiber.Ctx) error {
	begin := time.Now()
	err := c.Next()
	status := c.Response().StatusCode()
	if err != nil {
		status = http.StatusInternalServerError
		if f := fault.Of(err); f != nil {
			status = statuses[f.Kind]
		}
	}
	// The route's pattern and not the path: a label for each id would have no end.
	m.requests.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(status)).Observe(time.Since(begin).Seconds())
	return err
}
