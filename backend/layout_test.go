// Package backend holds only this test: the import map. A new package or a new arrow fails here
// first, so that it is a decision and not an accident.
package backend

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports says which packages of ours each package may use, tests aside.
var imports = map[string][]string{
	"access":     {},
	"config":     {},
	"fault":      {},
	"catalog":    {},
	"mail":       {},
	"postgres":   {"fault"},
	"db":         {"fault"},
	"tenant":     {"fault", "db"},
	"user":       {"fault", "db", "tenant", "access"},
	"audit":      {"fault", "db", "tenant", "catalog"},
	"ledger":     {"db"},
	"inventory":  {"fault", "db", "tenant", "access", "user", "catalog", "audit"},
	"auth":       {"fault", "db", "tenant", "access", "user", "audit", "mail"},
	"job":        {"fault", "db", "catalog", "inventory", "mail"},
	"importer":   {"fault", "db", "tenant", "catalog", "audit", "inventory"},
	"bulk":       {"fault", "db", "tenant", "catalog", "audit", "inventory", "importer"},
	"httpapi":    {"fault", "db", "tenant", "access", "user", "catalog", "audit", "inventory", "auth", "importer", "bulk"},
	"demo":       {"fault", "db", "tenant", "access", "user", "audit", "inventory", "auth", "importer"},
	"dbtest":     {"db", "postgres", "migrations"},
	"cmd/annals": nil, // wiring: everything
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	taken := map[string]bool{} // arrows
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || filepath.Dir(path) == "." {
			return err
		}
		name := filepath.ToSlash(filepath.Dir(path))
		allowed, known := imports[name]
		if !known {
			t.Errorf("%s: the package %s is not on the import map", path, name)
			return nil
		}
		seen[name] = true
		if strings.HasSuffix(path, "_test.go") || allowed == nil {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			used, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "annals/")
			used = strings.TrimPrefix(used, "backend/")
			taken[name+" -> "+used] = true
			if ours && !slices.Contains(allowed, used) {
				t.Errorf("%s: %s may not use %s", path, name, used)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, allowed := range imports {
		if !seen[name] {
			t.Errorf("the import map has %s, which is not there", name)
		}
		for _, used := range allowed {
			if !taken[name+" -> "+used] {
				t.Errorf("the import map lets %s use %s, which it doesn't", name, used)
			}
		}
	}
}
