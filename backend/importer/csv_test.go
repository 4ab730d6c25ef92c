package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// What any writer of CSV writes is read back cell by cell, however the file arrives, and the raw
// rows together are the file.
func TestRowsComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		columns := slices.Repeat([]string{"c"}, rapid.IntRange(2, 5).Draw(t, "columns"))
		for i := range columns {
			columns[i] += string(rune('a' + i))
		}
		cell := rapid.OneOf(rapid.StringMatching(`[a ,"=\n]{0,8}`), rapid.String())
		rows := rapid.SliceOf(rapid.SliceOfN(cell, len(columns), len(columns))).Draw(t, "rows")
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		if err := w.WriteAll(append([][]string{columns}, rows...)); err != nil {
			t.Fatal(err)
		}
		text := file.String()
		var reader io.Reader = strings.NewReader(text)
		if rapid.Bool().Draw(t, "in pieces") {
			reader = iotest.OneByteReader(reader)
		}
		got, err := openCSV(reader, columns)
		if err != nil {
			t.Fatal(err)
		}
		rest := text[got.bytes():]
		for _, row := range rows {
			want := slices.Clone(row)
			for i, cell := range want {
				if w.UseCRLF { // the writer takes every \r for a part of a line end
					cell = strings.ReplaceAll(cell, "\r", "")
				}
				want[i] = storable(strings.ReplaceAll(cell, "\r\n", "\n"))
			}
			r, err := got.next()
			if err != nil || r.wrong != "" || !slices.Equal(r.cells, want) {
				t.Fatalf("got %q (%s, %v), want %q", r.cells, r.wrong, err, want)
			}
			if !strings.HasPrefix(rest, string(r.raw)) {
				t.Fatalf("raw is %q, the file goes on %q", r.raw, rest)
			}
			if line := int64(1 + strings.Count(text[:len(text)-len(rest)], "\n")); r.line != line {
				t.Fatalf("line %d, want %d", r.line, line)
			}
			rest = rest[len(r.raw):]
		}
		if r, err := got.next(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last row: %q, %v", r.raw, err)
		}
	})
}
