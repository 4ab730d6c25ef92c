package catalog

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// valid is the smallest file of an operator; tests break it in one place.
const valid = `system: pbx
label: Our PBX
columns:
  - {name: data, label: Data}
secretFields: [sip_key]
events:
  - name: opened
    match: '^Door (?P<object>\d+) opened$'
    label: Door opened
    category: Door
    activity: user
    class: object.update
    object: door
    sentence: "{object} opened[ with {data.Badge}]"
    data: [{label: Badge, from: data}]
  - name: unknown
    label: Unknown
    category: Other
    activity: system
    class: other
    sentence: Unknown entry
kinds:
  - name: door
    label: Door
    plural: Doors
    managedBy: [root]
    fields:
      - {name: closes_at, label: Closes, type: time}
      - {name: owner, label: Owner, type: reference, reference: annals.user}
    states: [open, closed]
    actions:
      - {name: close, label: Close, from: [open], to: closed, event: opened, input: [{name: closes_at, required: true}]}
    timers:
      - {field: closes_at, action: close}
`

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnOperatorsFileIsASystemLikeOurs(t *testing.T) {
	t.Parallel()
	c, err := Load(write(t, map[string]string{"pbx.yaml": valid, "notes.txt": "not a catalogue"}))
	if err != nil {
		t.Fatal(err)
	}
	systems := c.Systems()
	if got := systems[len(systems)-1].Name; got != "pbx" || len(systems) != 7 {
		t.Errorf("got %d systems, the last is %q", len(systems), got)
	}
	row, values, ok := c.Match("pbx", "Door 12 opened")
	if !ok || row.Name != "pbx.opened" || row.Object != "pbx.door" || row.Origin != "action" || row.Outcome != "success" {
		t.Errorf("got %+v", row)
	}
	if got := row.Sentence(Values{Object: "Door " + values["object"]}); got != "Door 12 opened" {
		t.Errorf("got %q", got)
	}
	kind, ok := c.Kind("pbx.door")
	if !ok || kind.Actions[0].Event != "pbx.opened" || kind.Fields[1].Reference != "annals.user" {
		t.Errorf("got %+v", kind)
	}
	if input := kind.Actions[0].Input[0]; input.Type != "time" || input.Label != "Closes" || !input.Required {
		t.Errorf("the input did not become the field: %+v", input)
	}
	system, _ := c.System("pbx")
	if !system.SecretField("sip_key") {
		t.Error("sip_key is not secret")
	}
}

func TestTheDocumentationsExampleLoads(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/catalogue.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("docs/catalogue.md has no example")
	}
	if _, err := Load(write(t, map[string]string{"example.yaml": example})); err != nil {
		t.Error(err)
	}
}

// Every key that a file may have stands in the documentation, and nothing else does.
func TestTheDocumentationHasEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/catalogue.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range []any{System{}, Column{}, EventType{}, DataLabel{}, Kind{}, Field{}, Action{}, Job{}, Allowance{}, Timer{}, Limit{}, Bulk{}} {
		of := reflect.TypeOf(row)
		for i := range of.NumField() {
			key := of.Field(i).Tag.Get("yaml")
			if key == "" || key == "-" {
				continue
			}
			known[key] = true
			if !regexp.MustCompile("`" + key + "[:`]|(?m)(^|[{ ])" + key + ":").Match(text) {
				t.Errorf("the key %q of %s is not documented", key, of.Name())
			}
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+`) \\|").FindAllStringSubmatch(string(text), -1) {
		for _, key := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[1], -1) {
			run := slices.ContainsFunc(Runs(), func(r Run) bool { return r.Name == key[1] })
			if !known[key[1]] && !run {
				t.Errorf("%q is documented, but no key", key[1])
			}
		}
	}
}

func TestABrokenFileNamesLineAndReason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, old, new string
		want           string // "line: reason", or its beginning
	}{
		{"unknown key", "label: Our PBX", "label: Our PBX\ncolour: red", `3: unknown key "colour"`},
		{"unknown key in a row", "    category: Door\n", "    category: Door\n    when: now\n", `11: unknown key "when"`},
		{"wrong type", "secretFields: [sip_key]", "secretFields: {a: b}", "5: this can't be a map"},
		{"broken YAML", "label: Our PBX", "label: [", "3: did not find"},
		{"no system", "system: pbx", "system: ''", "1: system must be a name in lower case"},
		{"system with a dot", "system: pbx", "system: p.bx", "1: system must be a name in lower case"},
		{"no label", "label: Our PBX", "label: ''", "2: label is missing"},
		{"built in", "system: pbx", "system: mor", `1: system "mor" is built in and can't be redefined`},
		{"duplicate event", "  - name: unknown", "  - name: opened", `16: event "opened" is on line 7 already`},
		{"no unknown", "  - name: unknown", "  - name: strange", "7: every system needs an event named unknown"},
		{"event name", "  - name: opened", "  - name: door opened", `7: event "door opened" needs a name`},
		{"duplicate label", "label: Unknown", "label: Door opened", `17: label "Door opened" is on line 7 already`},
		{"duplicate match", "  - name: unknown", "  - name: unknown\n    match: '^Door (?P<object>\\d+) opened$'", `17: match`},
		{"class", "class: object.update", "class: object.open", `12: unknown class "object.open"`},
		{"activity", "activity: user", "activity: User", `11: unknown activity "User": use one of system, user, administrative`},
		{"no activity", "    activity: user\n", "", `7: unknown activity ""`},
		{"state", "    object: door", "    object: door\n    state: opening", `14: unknown state "opening"`},
		{"severity", "    object: door", "    object: door\n    severity: bad", `14: unknown severity "bad"`},
		{"retention", "    object: door", "    object: door\n    retention: long", `14: unknown retention "long"`},
		{"outcome", "    object: door", "    object: door\n    outcome: maybe", `14: unknown outcome "maybe"`},
		{"origin", "    object: door", "    object: door\n    origin: sky", `14: unknown origin "sky"`},
		{"actor", "    object: door", "    object: door\n    actor: ann", `14: unknown actor "ann"`},
		{"object", "    object: door", "    object: gate", `13: unknown kind "pbx.gate"`},
		{"bad regexp", `\d+) opened$`, `\d+ opened$`, `8: match "^Door (?P<object>\\d+ opened$": missing closing )`},
		{"not anchored", "opened$'", "opened'", "8: match"},
		{"data column", "from: data}", "from: date}", `15: "date" is neither a column of the system nor a named group of match`},
		{"data meaning", "from: data}", "from: data, as: king}", `15: unknown meaning "king"`},
		{"data cut", "from: data}", "from: data, cut: /}", "15: cut goes with keep"},
		{"secret object", "from: data}", "from: data, secret: true, as: object}", "14: {data.Badge} is secret and can't be in a sentence"},
		{"address in sentence", "from: data}", "from: data, as: ip}", "14: {data.Badge} is an address"},
		{"no sentence", "    sentence: Unknown entry\n", "", `16: event "unknown" has no sentence`},
		{"placeholder", "[ with {data.Badge}]", "[ by {actor}]", "14: {actor} is not a value that a sentence can have"},
		{"data placeholder", "{data.Badge}", "{data.Card}", "14: {data.Card} is not among the labels of data"},
		{"bare placeholder", "[ with {data.Badge}]", " from {old}", "14: {old} may be missing"},
		{"open brace", "{data.Badge}]", "{data.Badge]", "14: the sentence has a { without its }"},
		{"open bracket", "{data.Badge}]", "{data.Badge}", "14: the sentence has a [ without its ]"},
		{"nested bracket", "[ with ", "[ [with ", "14: the sentence has a [ inside of [ ]"},
		{"closing bracket", "[ with {data.Badge}]", "]", "14: the sentence has a ] without its ["},
		{"closing brace", "[ with {data.Badge}]", "}", "14: the sentence has a } without its {"},
		{"field type", "type: time", "type: moment", `28: unknown type "moment"`},
		{"reference", "reference: annals.user}", "reference: annals.king}", `29: unknown kind "annals.king"`},
		{"reference without kind", "type: reference, reference: annals.user}", "type: reference}", `29: field "owner": type reference goes with`},
		{"members of no references", "reference: annals.user}", "reference: annals.user, eventAdded: door_opened, eventRemoved: door_opened}", `29: field "owner": eventAdded and eventRemoved go`},
		{"added without removed", "type: reference, reference: annals.user}", "type: references, reference: annals.user, eventAdded: door_opened}", `29: field "owner": eventAdded and eventRemoved go`},
		{"choice without values", "type: reference, reference: annals.user}", "type: choice}", `29: field "owner": type choice goes with values`},
		{"bounds", "type: time}", "type: time, min: 5, max: 2}", `28: field "closes_at": min is above max`},
		{"field event", "type: time}", "type: time, event: shut}", `28: unknown event "pbx.shut"`},
		{"eventOff", "type: time}", "type: time, eventOff: opened}", `28: field "closes_at": eventOff goes with a boolean`},
		{"duplicate field", "name: owner", "name: closes_at", `29: field "closes_at" occurs twice`},
		{"duplicate state", "[open, closed]", "[open, closed, open]", `30: state "open" occurs twice`},
		{"action from", "from: [open]", "from: [ajar]", `32: kind "door" has no state "ajar"`},
		{"action to", "to: closed", "to: locked", `32: kind "door" has no state "locked"`},
		{"action event", "event: opened", "event: closed", `32: unknown event "pbx.closed"`},
		{"action input", "[{name: closes_at, required: true}]", "[{name: hour}]", `32: field "hour" has no label`},
		{"timer field", "field: closes_at", "field: opens_at", `34: kind "door" has no field "opens_at"`},
		{"timer on no time", "field: closes_at", "field: owner", `34: field "owner" is not a date or time`},
		{"timer action", "action: close}", "action: lock}", `34: kind "door" has no action "lock"`},
		{"managed by", "managedBy: [root]", "managedBy: [king]", `26: unknown level "king"`},
		{"bad alias", "plural: Doors", "plural: Doors\n    aliases: ['^D(\\d+$']", "26: alias"},
		{"setting with a reference", "managedBy: [root]", "managedBy: [root]\n    setting: true", `30: field "owner": a setting can't hold a reference, a file or a secret`},
		{"setting without fields", "  - name: door\n", "  - name: rule\n    label: Rule\n    plural: Rules\n    setting: true\n    managedBy: []\n  - name: door\n", `26: kind "rule": a setting has fields`},
		{"default of no setting", "type: time}", "type: time, default: soon}", `28: field "closes_at": only a setting has a default`},
		{"default out of bounds", "managedBy: [root]\n    fields:", "managedBy: [root]\n    setting: true\n    fields:\n      - {name: days, label: Days, type: integer, max: 9, default: 10}", `29: field "days": its default is no integer within its bounds`},
		{"two unique fields", "type: time}", "type: text, required: true, unique: true}\n      - {name: b, label: B, type: text, required: true, unique: true}", `29: kind "door": at most one field is unique`},
		{"unique and optional", "type: time}", "type: text, unique: true}", `28: field "closes_at": what is unique is a required text`},
		{"longest number", "type: time}", "type: integer, maxLength: 5}", `28: field "closes_at": maxLength is a number of characters`},
		{"size of no file", "type: time}", "type: time, maxSize: 5}", `28: field "closes_at": maxSize and accept go with type file`},
		{"file too large", "type: time}", "type: file, maxSize: 17}", `28: field "closes_at": maxSize is from 1 to 16 (MiB)`},
		{"an ending without its dot", "type: time}", "type: file, accept: [csv]}", `28: field "closes_at": accept "csv" is not an ending`},
		{"bulk without event", "managedBy: [root]", "bulk: {label: Import}\n    managedBy: [root]", `26: the bulk change of kind "door" needs a label and an event`},
		{"bulk with an unknown event", "managedBy: [root]", "bulk: {label: Import, event: imported}\n    managedBy: [root]", `26: unknown event "pbx.imported"`},
		{"bulk within no reference", "managedBy: [root]", "bulk: {label: Import, event: unknown, within: closes_at}\n    managedBy: [root]", `26: kind "door" has no required reference "closes_at"`},
		{"bulk about what isn't shared", "managedBy: [root]", "bulk: {label: Import, event: opened}\n    managedBy: [root]", `26: event "pbx.opened" is about`},
		{"bulk with a strange value", "managedBy: [root]", "bulk: {label: Import, event: unknown, data: {Colour: red}}\n    managedBy: [root]", `26: event "pbx.unknown" has no value "Colour"`},
		{"title over no field", "managedBy: [root]", "title: \"Door {colour}\"\n    managedBy: [root]", `26: {colour} is neither id nor`},
		{"title that ends early", "managedBy: [root]", "title: \"Door[ {closes_at}\"\n    managedBy: [root]", `26: the title has a [ without its ]`},
		{"sets no field", "to: closed,", "to: closed, sets: {colour: 1},", `32: kind "door" has no field "colour"`},
		{"sets what can't be", "to: closed,", "to: closed, sets: {closes_at: 1},", `32: "closes_at" can't be set to 1`},
		{"allowance by nothing", "managedBy: [root]", "allowance: {kind: key, field: n, event: opened, failed: opened}\n    managedBy: [root]", `26: unknown kind "key" in this file`},
		{"allowance without a number", "managedBy: [root]", "allowance: {kind: door, field: owner, event: opened, failed: opened}\n    managedBy: [root]", `26: kind "door" has no integer "owner"`},
		{"allowance without a failure", "managedBy: [root]", "allowance: {kind: door, field: owner, event: opened}\n    managedBy: [root]", `26: an allowance needs an event`},
		{"two documents", "system: pbx", "---\nsystem: pbx\n---\nsystem: pbx2", "1: a file holds one system"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(valid, test.old, test.new, 1)
			if broken == valid {
				t.Fatalf("%q is not in the file", test.old)
			}
			dir := write(t, map[string]string{"pbx.yaml": broken})
			_, err := Load(dir)
			if want := filepath.Join(dir, "pbx.yaml") + ":" + test.want; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
		})
	}
}

func TestAllProblemsOfAllFilesAreReported(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"a.yaml": strings.NewReplacer("class: other", "class: none", "activity: user", "activity: nobody").Replace(valid),
		"b.yaml": strings.Replace(valid, "label: Our PBX", "label: ''\ncolour: red", 1),
		"c.yaml": "",
		"d.yml":  "[]",
	})
	_, err := Load(dir)
	problems, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("got %v, want Problems", err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, strings.TrimPrefix(p.String(), dir+"/"))
	}
	want := []string{
		`a.yaml:11: unknown activity "nobody"`, `a.yaml:20: unknown class "none"`,
		`b.yaml:1: system "pbx" is defined in ` + dir + "/a.yaml already",
		"b.yaml:2: label is missing", `b.yaml:3: unknown key "colour"`,
		"c.yaml:1: the file is empty", "d.yml:1: this can't be a seq",
	}
	if len(got) != len(want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

func TestAMissingFolderIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := Load(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that the folder does not exist", err)
	}
}

// FuzzLoad holds that any file is either a system that works or a list of problems, never a panic.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte("system: *a"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("system: x\nevents:\n  -\n  - name: unknown\nkinds: [null]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := build([]*file{parse("fuzz.yaml", content)}, 0)
		if err != nil {
			if problems, ok := errors.AsType[Problems](err); !ok || problems[0].Line < 1 || problems[0].Reason == "" {
				t.Errorf("got %#v, want problems with line and reason", err)
			}
			return
		}
		for _, system := range c.Systems() {
			for _, row := range system.Events {
				c.Match(system.Name, row.Match)
				row.Sentence(Values{})
				row.Read(func(column string) string { return column }, conceal)
			}
		}
	})
}
