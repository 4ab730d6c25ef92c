package importer_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"annals/backend/fault"
	"annals/backend/importer"
)

const (
	alternetHeader = "Timestamp,Activity Type,Description,IP Address,User\n"
	alternetRow    = "2024-10-01 07:00:00,User,Login successful,203.0.113.7,mia\n"
)

func TestFilesThatAreNotTheFormat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct{ system, text, want string }{
		"no system":       {"fax", "", `There is no import for the system "fax": choose mor, sippy, sbc, alternet or safe.`},
		"empty CSV":       {"alternet", "", "The file is empty. Its first line must be Timestamp,Activity Type,Description,IP Address,User"},
		"only a mark":     {"alternet", "\xEF\xBB\xBF", "The file is empty."},
		"only blanks":     {"alternet", "\r\n\n\n", "The file is empty."},
		"missing column":  {"alternet", "Timestamp,Activity Type,Description,User\n", "The header must be Timestamp,Activity Type,Description,IP Address,User (in any order), but it is Timestamp,Activity Type,Description,User"},
		"strange column":  {"alternet", strings.TrimSpace(alternetHeader) + ",Mood\n", "but it is Timestamp,Activity Type,Description,IP Address,User,Mood"},
		"column twice":    {"alternet", "User," + alternetHeader, "but it is User,Timestamp"},
		"semicolons":      {"alternet", strings.ReplaceAll(alternetHeader, ",", ";"), "but it is Timestamp;Activity Type"},
		"broken header":   {"alternet", `"Timestamp,Activity Type,Description,IP Address,User` + "\n", `but it is "Timestamp`},
		"other system":    {"mor", alternetHeader, "The first line is not the header: of its 5 cells, 0 are names of columns."},
		"no header":       {"mor", "7,2024-10-01 07:00:00,5,mia,bad_login,mia/hunter2,203.0.113.7,,,,\n", "of its 11 cells, 0 are names"},
		"UTF-16":          {"mor", "\xFF\xFEi\x00d\x00", "The file is UTF-16. Save it as UTF-8, then import it again."},
		"empty JSON":      {"safe", " \n", "The file is empty. It must be a JSON array: [ … ]"},
		"no array":        {"safe", "\n{\"items\": []}", `The file must be a JSON array, so begin with [, but line 2 begins with '{'.`},
		"CSV for JSON":    {"safe", alternetHeader, `line 1 begins with 'T'.`},
		"a binary for it": {"mor", "\x00\x01\x02\n", "The first line is not the header"},
	} {
		t.Run(name, func(t *testing.T) {
			res, _, err := h.in(t).try(c.system, c.text, nil)
			if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || !strings.Contains(f.Detail, c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %+v, %v; want an error with %q", res, err, c.want)
			}
		})
	}
	if n := h.column("SELECT count(*)::text FROM event_inbox"); n[0] != "0" {
		t.Errorf("%s events were recorded, want none", n[0])
	}
}

// In each file, the rows that can't be read are named and the others go in.
func TestRowsThatCantBeReadAreSetAside(t *testing.T) {
	t.Parallel()
	const inside, behind, open = "There is a quote in a cell that doesn't begin with one.", "There is text behind the quote that ends a cell.", "A cell begins with a quote that doesn't end within 1 MiB."
	const late, cells4, cells6 = "Timestamp can't be read as a time", "The row has 4 cells, the header has 5.", "The row has 6 cells, the header has 5."
	long := strings.Repeat("long ", importer.MaxRow/5)
	h := newHouse(t)
	row := func(user string) string { return strings.Replace(alternetRow, "mia", user, 1) }
	for name, c := range map[string]struct {
		text string
		want []string // users of the accepted rows
		set  []string // "line reason" of the rejected ones
	}{
		"only a header":       {alternetHeader, nil, nil},
		"no last line end":    {alternetHeader + strings.TrimSpace(row("a")), []string{"a"}, nil},
		"mark, CRLF, blanks":  {"\xEF\xBB\xBF" + strings.ReplaceAll(alternetHeader+row("a")+"\n"+row("b"), "\n", "\r\n"), []string{"a", "b"}, nil},
		"CR at the end":       {alternetHeader + strings.TrimSpace(row("a")) + "\r", []string{"a"}, nil},
		"quotes":              {alternetHeader + row(`"a, ""the"" first"`) + row("b"), []string{`a, "the" first`, "b"}, nil},
		"quoted lines":        {alternetHeader + row("\"a\r\nb\n\"") + "bad\n" + row("c"), []string{"a\nb", "c"}, []string{"5 The row has 1 cells"}},
		"a formula":           {alternetHeader + row("=1+1"), []string{"=1+1"}, nil},
		"any script":          {alternetHeader + row("ᛗᛁᚨ 🙂 \u202Emia"), []string{"ᛗᛁᚨ 🙂 \u202Emia"}, nil},
		"not UTF-8, and NUL":  {alternetHeader + row("m\xEFa\x00"), []string{"m\uFFFDa\uFFFD"}, nil},
		"short and long":      {alternetHeader + row("a,b") + row("a") + strings.Replace(alternetRow, ",mia", "", 1), []string{"a"}, []string{"2 " + cells6, "4 " + cells4}},
		"times":               {alternetHeader + strings.Replace(alternetRow, "2024", "soon", 1) + row("a") + strings.Replace(alternetRow, "2024", "1024", 1), []string{"a"}, []string{"2 " + late, "4 The time 1024-10-01T07:00:00Z lies outside"}},
		"empty cells":         {alternetHeader + ",,,,\n" + row("a"), []string{"a"}, []string{"2 " + late}},
		"quote inside":        {alternetHeader + row(`a"b`) + row("c"), []string{"c"}, []string{"2 " + inside}},
		"text behind quote":   {alternetHeader + row(`"a"b`) + row("c"), []string{"c"}, []string{"2 " + behind}},
		"quote without end":   {alternetHeader + row("a") + row(`"b`) + row("c") + row("d"), []string{"a", "c", "d"}, []string{"3 " + open}},
		"ends at a quote":     {alternetHeader + row(`"b`) + row(`"c"`), []string{"c"}, []string{"2 " + behind}},
		"longer than a row":   {alternetHeader + row("a") + row(long) + row("c"), []string{"a", "c"}, []string{"3 The row is longer than 1 MiB."}},
		"longer, with quotes": {alternetHeader + row("a") + row(`"`+long+`"`) + row("c"), []string{"a", "c"}, []string{"3 " + open}},
		"a name too long":     {alternetHeader + row(strings.Repeat("a", 501)) + row("c"), []string{"c"}, []string{"2 The actor.name has 501 bytes; 500 are allowed."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h.in(t).mustGive("alternet", c.text, c.want, c.set)
		})
	}
}

// mustGive imports a text as a source of its own and compares the actors of the accepted rows, and
// the rejected ones.
func (h *house) mustGive(system, text string, actors, set []string) {
	h.Helper()
	res, rejects := h.load(system, text, func(o *importer.Options) { o.Source = h.Name() })
	var got []string
	for _, e := range h.events(system) {
		if e.Source == h.Name() {
			got = append(got, strings.TrimSpace(e.Actor.Name))
		}
	}
	if !slices.Equal(got, actors) || int(res.Accepted) != len(actors) {
		h.Errorf("accepted %q (%+v), want %q", got, res, actors)
	}
	if len(rejects) != len(set) {
		h.Fatalf("rejected %v, want %q", rejects, set)
	}
	for i, r := range rejects {
		if said := fmt.Sprintf("%d %s", r.line, r.reason); !strings.HasPrefix(said, set[i]) {
			h.Errorf("rejected %q, want %q", said, set[i])
		}
		if r.raw == "" && !strings.Contains(r.reason, "cut off") || len(r.raw) > importer.MaxRow {
			h.Errorf("line %d has %d raw bytes", r.line, len(r.raw))
		}
	}
}

func safeElement(id, user string) string {
	return fmt.Sprintf("{\n \"id\": %q, \"user\": %q, \"activityType\": \"Login\",\n \"activityDate\": \"2024-10-01\", \"activityTime\": \"07:00:00\"\n}", id, user)
}

func TestElementsThatCantBeReadAreSetAside(t *testing.T) {
	t.Parallel()
	const invalid, open = "The element is not valid JSON.", "The element is not closed."
	a, b, c := safeElement("1", "a"), safeElement("2", "b"), safeElement("3", "c")
	with := func(field string) string { return strings.Replace(b, `"user"`, field+`, "user"`, 1) }
	long := strings.Repeat("long ", importer.MaxRow/5)
	h := newHouse(t)
	for name, x := range map[string]struct {
		text string
		want []string
		set  []string
	}{
		"empty array":       {"[]", nil, nil},
		"a mark, CRLF":      {"\xEF\xBB\xBF" + strings.ReplaceAll("["+a+",\n"+b+"]\n", "\n", "\r\n"), []string{"a", "b"}, nil},
		"no commas":         {"[" + a + b + c + "]", []string{"a", "b", "c"}, nil},
		"invalid":           {"[" + a + ",\n" + strings.Replace(b, ":", "=", 1) + ",\n" + c + "]", []string{"a", "c"}, []string{"5 " + invalid}},
		"cut off inside":    {"[" + a + ",\n" + b[:40], []string{"a"}, []string{"5 " + open}},
		"cut off between":   {"[" + a + ",\n", []string{"a"}, []string{"5 The file ends before its array does: it may be cut off."}},
		"not closed":        {"[" + a + ",\n" + strings.TrimSuffix(b, "}") + ",\n" + c + "]", []string{"a", "c"}, []string{"5 " + open}},
		"last not closed":   {"[" + a + ",\n" + strings.TrimSuffix(b, "}") + "]", []string{"a"}, []string{"5 " + open}},
		"string not closed": {"[" + a + ",\n" + strings.Replace(b, "\"b\"", "\"b", 1) + ",\n" + c + "]", []string{"a", "c"}, []string{"5 " + invalid}},
		"more behind":       {"[" + a + "]\n[" + b + "]", []string{"a"}, []string{"5 There is more behind the end of the array."}},
		"other elements":    {"[" + a + ",\n7, \"x\", null, [1,2]\n," + c + "]", []string{"a", "c"}, []string{"5 The element is not an object.", "5 The element is not an object.", "5 The element is not an object.", "5 The element is not an object."}},
		"a field twice":     {"[" + a + ",\n" + with(`"user": "x"`) + "]", []string{"a"}, []string{"5 The field user is there twice."}},
		"a strange field":   {"[" + a + ",\n" + with(`"mood": "x"`) + "]", []string{"a"}, []string{`5 The field "mood" is not one of the format's.`}},
		"a field in fields": {"[" + a + ",\n" + with(`"linkedTo": {"id": [1]}`) + "]", []string{"a"}, []string{"5 The field linkedTo is not a text, a number or null."}},
		"types":             {"[" + with(`"CDRFileLineNumber": "7", "bulkImportFileLineNumber": 8, "usedAPI": true, "linkedTo": 9, "customerID": null, "activityReason": 1e3`) + "]", []string{"b"}, nil},
		"no line number":    {"[" + with(`"CDRFileLineNumber": "x"`) + "]", nil, []string{"1 CDRFileLineNumber is not a line number."}},
		"neither yes nor":   {"[" + with(`"usedAPI": "perhaps"`) + "]", nil, []string{"1 usedAPI is neither Yes nor No."}},
		"no id":             {"[" + strings.Replace(b, `"2"`, "null", 1) + "]", nil, []string{"1 The field id is missing or empty."}},
		"no time":           {"[" + strings.Replace(b, `"07:00:00"`, "null", 1) + "]", nil, []string{"1 activityDate with activityTime can't be read as a time"}},
		"longer than a row": {"[" + a + ",\n" + with(`"activityDetails": "`+long+`"`) + ",\n" + c + "]", []string{"a", "c"}, []string{"5 The row is longer than 1 MiB."}},
		"escapes":           {"[" + strings.Replace(a, `"a"`, `"\u0061\ud800\u0000 \"\\"`, 1) + "]", []string{"a\uFFFD\uFFFD \"\\"}, nil},
		"not UTF-8":         {"[" + strings.Replace(a, `"a"`, "\"\xEF\"", 1) + "]", []string{"\uFFFD"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h.in(t).mustGive("safe", x.text, x.want, x.set)
		})
	}
}

// A reader that breaks ends the import; what was committed is counted, and can be imported again.
func TestImportThatFailsCanBeRepeated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var text strings.Builder
	text.WriteString(alternetHeader)
	for i := range 5000 {
		fmt.Fprintf(&text, "2024-10-01 07:00:00,User,Login successful,203.0.113.7,user%d\n", i)
	}
	broken := errors.New("the disk is gone")
	o := importer.Options{System: "alternet", Scope: h.scope(), Tenant: h.root}
	never := func(line int64, reason string, _ []byte) error { return fmt.Errorf("line %d: %s", line, reason) }
	cut := text.String()[:text.Len()-100]
	whole := int64(strings.Count(cut, "\n") - 1)
	first, err := importer.Run(t.Context(), h.db, h.log, o, brokenAfter(cut, broken), never)
	if !errors.Is(err, broken) || first.Accepted != whole {
		t.Fatalf("%+v, %v; want %d accepted and the reader's error", first, err, whole)
	}
	again, err := importer.Run(t.Context(), h.db, h.log, o, strings.NewReader(text.String()), never)
	if want := (importer.Result{Read: 5000, Accepted: 5000 - whole, Duplicates: whole}); err != nil || again != want {
		t.Errorf("again: %+v, %v; want %+v", again, err, want)
	}
	full := errors.New("no room for rejected rows")
	_, err = importer.Run(t.Context(), h.db, h.log, o, strings.NewReader(alternetHeader+"x\n"), func(int64, string, []byte) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("got %v, want the error of whoever takes rejected rows", err)
	}
}
