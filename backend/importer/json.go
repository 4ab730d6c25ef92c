package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"annals/backend/fault"
)

// jsonRows reads the elements of a JSON array one by one. An element that can't be read is set
// aside alone: where one isn't closed, the next one is recognized by its brace.
type jsonRows struct {
	input
	fields []string
	ended  bool // the array is closed, or the file is cut off
	done   bool // what stands behind it is named
}

// openJSON begins a file that holds one array of flat objects with these fields.
func openJSON(file io.Reader, fields []string) (rows, error) {
	j := &jsonRows{input: input{file: file, line: 1}, fields: fields}
	if err := j.input.open(); err != nil {
		return nil, err
	}
	switch b, ok := j.skip(""); {
	case !ok && errors.Is(j.err, io.EOF):
		return nil, fault.At("file", "The file is empty. It must be a JSON array: [ … ]")
	case !ok:
		return nil, j.err
	case b != '[':
		return nil, fault.At("file", "The file must be a JSON array, so begin with [, but line %d begins with %q.", j.line, b)
	}
	j.take(1)
	return j, nil
}

// skip moves to the next byte that is neither white space nor among others.
func (j *jsonRows) skip(others string) (byte, bool) {
	for {
		b, ok := j.peek(0)
		if !ok || !isSpace(b) && bytes.IndexByte([]byte(others), b) < 0 {
			return b, ok
		}
		j.take(1)
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// next reads an element.
func (j *jsonRows) next() (row, error) {
	if j.ended {
		return j.behind()
	}
	b, ok := j.skip(",")
	r := row{line: j.line}
	switch {
	case !ok && !errors.Is(j.err, io.EOF):
		return row{}, j.err
	case !ok:
		j.ended = true
		r.wrong = "The file ends before its array does: it may be cut off."
		return r, nil
	case b == ']':
		j.take(1)
		j.ended = true
		return j.behind()
	}
	var s shape
	n, end := 0, inside
	for ; end == inside; n++ {
		b, ok := j.peek(n)
		if !ok {
			break
		}
		end = s.step(b)
	}
	if j.err != nil && !errors.Is(j.err, io.EOF) {
		return row{}, j.err
	}
	switch {
	case end == before || end == broken:
		n--
	case end == inside && n >= MaxRow:
		r.raw, r.wrong = j.rest(&s, n), wrongLong
		return r, nil
	}
	r.raw = j.take(n)
	if end == inside || end == broken {
		j.ended = end == inside
		r.wrong = "The element is not closed."
		return r, nil
	}
	r.cells, r.original, r.wrong = j.read(r.raw)
	return r, nil
}

// rest moves behind an element that is too long and returns its first n bytes.
func (j *jsonRows) rest(s *shape, n int) []byte {
	begin := bytes.Clone(j.take(n))
	for {
		b, ok := j.peek(0)
		if !ok {
			return begin
		}
		end := s.step(b)
		if end == inside || end == after {
			j.take(1)
		}
		if end != inside {
			return begin
		}
	}
}

// shape follows the brackets and strings of an element, as far as finding its end takes.
type shape struct {
	open              []byte // the brackets that are not closed yet
	last              byte   // the last byte that is no space
	inString, escaped bool
}

// Where an element ends.
const (
	inside = iota // not yet
	after         // behind this byte
	before        // before this byte
	broken        // before this byte, which only makes sense if the element should have been closed
)

func (s *shape) step(b byte) (end int) {
	if s.inString {
		switch {
		case s.escaped:
			s.escaped = false
		case b == '\\':
			s.escaped = true
		case b == '"', b == '\n': // no string goes over the end of a line
			s.inString = false
		}
		return inside
	}
	if isSpace(b) {
		return inside
	}
	depth := len(s.open)
	switch b {
	case '"':
		s.inString = true
	case '[':
		s.push(b)
	case '{':
		if s.last != 0 && s.last != ':' && (depth == 0 || s.open[depth-1] == '{') {
			return broken
		}
		s.push(b)
	case '}', ']':
		opening := bytes.LastIndexByte(s.open, b-2) // in ASCII, its { or [
		if opening >= 0 {
			s.open = s.open[:opening]
			if opening == 0 {
				return after
			}
		} else if b == ']' { // the array's
			if depth > 0 {
				return broken
			}
			return before
		}
	case ',':
		if depth == 0 {
			return before
		}
	}
	s.last = b
	return inside
}

func (s *shape) push(b byte) {
	if len(s.open) < MaxRow {
		s.open = append(s.open, b)
	}
}

// behind looks for what stands behind the array.
func (j *jsonRows) behind() (row, error) {
	if _, ok := j.skip(""); !ok {
		return row{}, j.err
	}
	if j.done {
		return row{}, io.EOF
	}
	j.done = true
	r := row{line: j.line, wrong: "There is more behind the end of the array."}
	r.raw = j.takeLine()
	return r, nil
}

// read takes an element apart: the texts of its fields, and itself without white space.
func (j *jsonRows) read(raw []byte) (cells []string, original json.RawMessage, wrong string) {
	if !json.Valid(raw) {
		return nil, nil, "The element is not valid JSON."
	}
	if raw[0] != '{' {
		return nil, nil, "The element is not an object."
	}
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	cells = make([]string, len(j.fields))
	seen := make([]bool, len(j.fields))
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, nil, "The element is not valid JSON."
	}
	for rest := compact.Bytes()[1:]; rest[0] != '}'; {
		var name, value []byte
		name, rest = token(rest)
		value, rest = token(rest[1:]) // behind the colon
		if rest[0] == ',' {
			rest = rest[1:]
		}
		i := slices.Index(j.fields, text(name))
		switch {
		case i < 0:
			return nil, nil, fmt.Sprintf("The field %.50q is not one of the format's.", text(name))
		case seen[i]:
			return nil, nil, fmt.Sprintf("The field %s is there twice.", j.fields[i])
		case value[0] == '{' || value[0] == '[':
			return nil, nil, fmt.Sprintf("The field %s is not a text, a number or null.", j.fields[i])
		}
		seen[i], cells[i] = true, text(value)
	}
	return cells, compact.Bytes(), ""
}

// token cuts the first string, number, word or bracket off valid JSON without white space.
func token(b []byte) (first, rest []byte) {
	if b[0] == '{' || b[0] == '[' {
		return b, []byte{'}'} // nothing flat: the rest doesn't matter
	}
	n := 1
	if b[0] == '"' {
		for ; b[n] != '"'; n++ {
			if b[n] == '\\' {
				n++
			}
		}
		return b[:n+1], b[n+1:]
	}
	for b[n] != ',' && b[n] != '}' && b[n] != ':' {
		n++
	}
	return b[:n], b[n:]
}

// text is what a string says, a number or word as it is written, and nothing for null.
func text(value []byte) string {
	switch {
	case string(value) == "null":
		return ""
	case value[0] != '"':
		return string(value)
	case bytes.IndexByte(value, '\\') < 0:
		return string(value[1 : len(value)-1])
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		panic("cannot happen: the element is valid JSON: " + err.Error())
	}
	return storable(s)
}
