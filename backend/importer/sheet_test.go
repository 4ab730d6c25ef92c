package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"annals/backend/fault"
)

func TestASheetIsReadByTheRulesOfImports(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ file, want string }{
		"commas":                   {"a,b\n1,2\n", "[a b] 2:[1 2]"},
		"semicolons":               {"a;b\r\n1,5;2\r\n", "[a b] 2:[1,5 2]"},
		"commas within quotes":     {"\"a,b,c\";d\n1;2", "[a,b,c d] 2:[1 2]"},
		"one column":               {"a\n1\n", "[a] 2:[1]"},
		"a byte order mark":        {"\uFEFF a ,b\n1,2", "[a b] 2:[1 2]"},
		"a line break in a cell":   {"a,b\n\"1\r\n2\",3\n4,5\n", "[a b] 2:[1\n2 3] 4:[4 5]"},
		"empty lines":              {"a\n\n1\n", "[a] 3:[1]"},
		"a short row":              {"a,b\n1\n2,3\n", "[a b] 2:The row has 1 cells, the header has 2. 3:[2 3]"},
		"a quote that never ends":  {"a,b\n\"1,2\n3,4\n", "[a b] 2:" + wrongOpen + " 3:[3 4]"},
		"what can't be kept":       {"a\n\xff\x00\n", "[a] 2:[\uFFFD\uFFFD]"},
		"nothing":                  {"", "The file is empty."},
		"UTF-16":                   {"\xFF\xFEa\x00", "The file is UTF-16. Save it as UTF-8, then import it again."},
		"a header that is no line": {"\"a\"b\n1", "The first line can't be read as a header: " + wrongBehind},
	} {
		if got := read(t, x.file); got != x.want {
			t.Errorf("%s: got %q, want %q", name, got, x.want)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	s, err := OpenSheet(strings.NewReader(file))
	if err != nil {
		return fault.Of(err).Detail
	}
	got := fmt.Sprint(s.Header)
	for {
		r, err := s.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		if got += fmt.Sprintf(" %d:", r.Line); r.Wrong != "" {
			got += r.Wrong
		} else {
			got += fmt.Sprint(r.Cells)
		}
	}
}
