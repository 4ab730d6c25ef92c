// Package config holds the settings: one struct, filled once by flags and environment (flags win),
// validated, and passed on as a value.
package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
)

// Config is every setting. The tags are the single list of names, defaults and explanations;
// .env.example and the command line's help are held against them.
type Config struct {
	Addr           string   `env:"ANNALS_ADDR" default:"127.0.0.1:8080" help:"Address to listen on."`
	DataDir        string   `env:"ANNALS_DATA_DIR" default:"data" type:"path" help:"Folder for the embedded PostgreSQL, keys, backups and unsent mail."`
	DatabaseURL    string   `env:"ANNALS_DATABASE_URL" help:"PostgreSQL to use instead of the embedded one; its user owns the database and may create roles."`
	Demo           bool     `env:"ANNALS_DEMO" help:"Load the demo: a channel, people and some weeks of activity."`
	SecretKey      string   `env:"ANNALS_SECRET_KEY" help:"All keys derive from it, at least 32 characters. Without one, a key is made once in the data directory."`
	PublicURL      string   `env:"ANNALS_PUBLIC_URL" help:"Where people reach the portal; stands in mails. Default: http://ADDR."`
	TrustedProxies []string `env:"ANNALS_TRUSTED_PROXIES" sep:"," help:"Addresses or networks whose X-Forwarded-For is believed."`
	Unreachable    []string `env:"ANNALS_UNREACHABLE" sep:"," help:"Addresses or networks, such as your own internal ones, that health checks and posts never connect to."`
	SMTPURL        string   `name:"smtp-url" env:"ANNALS_SMTP_URL" help:"smtp://user:password@host:port or smtps://…. Without one, mail goes to a folder in the data directory."`
	CatalogDir     string   `env:"ANNALS_CATALOG_DIR" help:"Folder with further catalogue files (*.yaml)."`
	PostgresBin    string   `env:"ANNALS_POSTGRES_BIN" help:"Folder with the PostgreSQL programs for the embedded server."`
	LogLevel       string   `env:"ANNALS_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error."`
}

// minSecret is the shortest secret key: 32 characters hold 128 bits even where they are hexadecimal.
const minSecret = 32

// Validate says in one sentence what is wrong with the first bad setting.
func (c Config) Validate() error {
	if c.SecretKey != "" && len(c.SecretKey) < minSecret {
		return fmt.Errorf("ANNALS_SECRET_KEY has %d characters; it needs at least %d", len(c.SecretKey), minSecret)
	}
	for name, value := range map[string]string{"ANNALS_DATABASE_URL": c.DatabaseURL, "ANNALS_PUBLIC_URL": c.PublicURL, "ANNALS_SMTP_URL": c.SMTPURL} {
		if value == "" {
			continue
		}
		// The value may hold a password, so neither it nor url.Parse's error is shown.
		if u, err := url.Parse(value); err != nil || u.Scheme == "" || (u.Host == "" && u.RawQuery == "") {
			return fmt.Errorf("%s is not a URL such as %s", name, map[string]string{
				"ANNALS_DATABASE_URL": "postgres://user:password@host:5432/annals",
				"ANNALS_PUBLIC_URL":   "https://log.example.com",
				"ANNALS_SMTP_URL":     "smtp://user:password@host:587",
			}[name])
		}
	}
	for _, networks := range []func() ([]netip.Prefix, error){c.Proxies, c.Closed} {
		if _, err := networks(); err != nil {
			return err
		}
	}
	return nil
}

// Proxies are the networks whose X-Forwarded-For is believed.
func (c Config) Proxies() ([]netip.Prefix, error) {
	return networks("ANNALS_TRUSTED_PROXIES", c.TrustedProxies)
}

// Closed are the networks to which no work of a tenant leads.
func (c Config) Closed() ([]netip.Prefix, error) {
	return networks("ANNALS_UNREACHABLE", c.Unreachable)
}

func networks(setting string, list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if !strings.Contains(s, "/") {
			var a netip.Addr
			a, err = netip.ParseAddr(s)
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %q is neither an address nor a network such as 10.0.0.0/8", setting, s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Public is the address of the portal, without a slash at its end.
func (c Config) Public() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return "http://" + c.Addr
}

// Level is the log level as slog has it.
func (c Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return l
}
