package config_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"annals/backend/config"
)

// The struct's tags are the list of settings; .env.example must have each of them, with its default
// and an explanation.
func TestEnvExampleHasEverySetting(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	example := map[string]string{}
	lines := strings.Split(string(b), "\n")
	for i, line := range lines {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "# "), "=")
		if !ok || !strings.HasPrefix(name, "ANNALS_") {
			continue
		}
		example[name] = value
		if i == 0 || !strings.HasPrefix(lines[i-1], "# ") {
			t.Errorf("%s has no explanation above it", name)
		}
	}
	settings := reflect.TypeFor[config.Config]()
	for i := range settings.NumField() {
		f := settings.Field(i)
		name := f.Tag.Get("env")
		value, ok := example[name]
		if !ok {
			t.Errorf(".env.example has no %s", name)
		}
		if want := f.Tag.Get("default"); value != want {
			t.Errorf("%s: .env.example says %q, the default is %q", name, value, want)
		}
		if f.Tag.Get("help") == "" {
			t.Errorf("%s has no help", name)
		}
		delete(example, name)
	}
	for name := range example {
		t.Errorf(".env.example has %s, which is no setting", name)
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config config.Config
		want   string
	}{
		"short key":      {config.Config{SecretKey: strings.Repeat("x", 31)}, "ANNALS_SECRET_KEY has 31 characters"},
		"database":       {config.Config{DatabaseURL: "localhost"}, "ANNALS_DATABASE_URL"},
		"public":         {config.Config{PublicURL: "log.example.com"}, "ANNALS_PUBLIC_URL"},
		"mail":           {config.Config{SMTPURL: "mail"}, "ANNALS_SMTP_URL"},
		"proxy":          {config.Config{TrustedProxies: []string{"10.0.0.0/8", "proxy.local"}}, `"proxy.local"`},
		"proxy's prefix": {config.Config{TrustedProxies: []string{"10.0.0.0/40"}}, `"10.0.0.0/40"`},
		"unreachable":    {config.Config{Unreachable: []string{"intranet"}}, `ANNALS_UNREACHABLE: "intranet"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.config.Validate()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
	good := config.Config{SecretKey: strings.Repeat("x", 32), DatabaseURL: "postgres://u@h/d", TrustedProxies: []string{"10.1.2.3/8", "::1"}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	if p, _ := good.Proxies(); p[0].String() != "10.0.0.0/8" || p[1].String() != "::1/128" {
		t.Errorf("proxies: %v", p)
	}
}

func TestAWrongURLIsNotShown(t *testing.T) {
	t.Parallel()
	err := config.Config{DatabaseURL: "postgres//u:hunter2@h"}.Validate()
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}
