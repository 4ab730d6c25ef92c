package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"annals/backend/fault"
)

// csvRows reads comma-separated rows as RFC 4180 has them. encoding/csv would do, but for a quote
// that never ends: it takes the rest of the file for one cell. Here a row that can't be read costs
// its first line only, reading goes on with the next one, and no row takes more than MaxRow bytes.
type csvRows struct {
	input
	comma   byte
	columns int
	order   []int  // of the file's columns among the format's
	text    []byte // the cells of the row, without their quotes
	ends    []int  // where each of them ends in text
}

// input is the part of a file that is being looked at.
type input struct {
	file  io.Reader
	buf   []byte
	at    int   // where the unread part of buf begins
	line  int64 // of buf[at], from 1
	taken int64 // bytes before buf[at]
	err   error // why there is no more: io.EOF at the end
}

func (in *input) bytes() int64 { return in.taken }

// peek returns the byte i places ahead. It has none after the end of the file, or further ahead than
// a row may be long.
func (in *input) peek(i int) (byte, bool) {
	for in.at+i >= len(in.buf) {
		if in.err != nil || i >= MaxRow {
			return 0, false
		}
		in.fill()
	}
	return in.buf[in.at+i], true
}

// fill reads more of the file behind what is still unread.
func (in *input) fill() {
	if in.at > 0 && len(in.buf) == cap(in.buf) {
		in.buf = in.buf[:copy(in.buf, in.buf[in.at:])]
		in.at = 0
	}
	if len(in.buf) == cap(in.buf) {
		grown := make([]byte, len(in.buf), max(64<<10, 2*cap(in.buf)))
		copy(grown, in.buf)
		in.buf = grown
	}
	n, err := in.file.Read(in.buf[len(in.buf):cap(in.buf)])
	in.buf = in.buf[:len(in.buf)+n]
	in.err = err
}

// take moves n bytes on and returns them. They are valid until the next peek.
func (in *input) take(n int) []byte {
	raw := in.buf[in.at : in.at+n]
	in.at += n
	in.taken += int64(n)
	in.line += int64(bytes.Count(raw, []byte{'\n'}))
	return raw
}

// takeLine moves behind the end of the line. Of a line that is longer than a row may be, it returns
// the beginning.
func (in *input) takeLine() []byte {
	n := 0
	for {
		c, ok := in.peek(n)
		if !ok {
			break
		}
		if n++; c == '\n' {
			return in.take(n)
		}
	}
	begin := in.take(n)
	if in.err != nil && in.at == len(in.buf) {
		return begin
	}
	begin = bytes.Clone(begin)
	for {
		c, ok := in.peek(0)
		if !ok {
			return begin
		}
		if in.take(1); c == '\n' {
			return begin
		}
	}
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// open begins a file, behind its byte order mark.
func (in *input) open() error {
	for i := range byteOrderMark {
		in.peek(i)
	}
	if in.err != nil && !errors.Is(in.err, io.EOF) {
		return in.err
	}
	if begin := in.buf[in.at:]; bytes.HasPrefix(begin, []byte{0xFF, 0xFE}) || bytes.HasPrefix(begin, []byte{0xFE, 0xFF}) {
		return fault.At("file", "The file is UTF-16. Save it as UTF-8, then import it again.")
	}
	if bytes.HasPrefix(in.buf[in.at:], byteOrderMark) {
		in.take(len(byteOrderMark))
	}
	return nil
}

// openCSV begins a CSV file, whose header must name the columns, in any order.
func openCSV(file io.Reader, columns []string) (rows, error) {
	c := &csvRows{input: input{file: file, line: 1}, comma: ','}
	if err := c.open(); err != nil {
		return nil, err
	}
	header, err := c.next()
	if errors.Is(err, io.EOF) {
		return nil, fault.At("file", "The file is empty. Its first line must be %s", strings.Join(columns, ","))
	}
	if err != nil {
		return nil, err
	}
	if c.order, err = match(header, columns); err != nil {
		return nil, err
	}
	c.columns = len(columns)
	return c, nil
}

// match finds the place of each of the file's columns among the format's.
func match(header row, columns []string) ([]int, error) {
	place := make(map[string]int, len(columns))
	for i, name := range columns {
		place[strings.ToLower(name)] = i
	}
	var order []int
	var strange []string
	missing := make(map[string]int, len(columns))
	for name, i := range place {
		missing[name] = i
	}
	for _, cell := range header.cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		if i, ok := missing[name]; ok {
			order = append(order, i)
			delete(missing, name)
		} else {
			strange = append(strange, cell)
		}
	}
	if header.wrong == "" && len(missing) == 0 && len(strange) == 0 {
		return order, nil
	}
	expected := strings.Join(columns, ",")
	// A file without its header begins with a row, which may hold a password: it is not shown.
	words := strings.FieldsFunc(string(header.raw), func(r rune) bool { return strings.ContainsRune(",;\t\"\r\n", r) })
	known := 0
	for _, word := range words {
		if _, ok := place[strings.ToLower(strings.TrimSpace(word))]; ok {
			known++
		}
	}
	if 2*known < len(columns) {
		return nil, fault.At("file", "The first line is not the header: of its %d cells, %d are names of columns. It must be %s", len(header.cells), known, expected)
	}
	return nil, fault.At("file", "The header must be %s (in any order), but it is %s", expected, strings.TrimSpace(strings.ToValidUTF8(string(header.raw), "\uFFFD")))
}

// next reads a row. Empty lines are none.
func (c *csvRows) next() (row, error) {
	for {
		b, ok := c.peek(0)
		if !ok {
			return row{}, c.err
		}
		if next, _ := c.peek(1); b == '\n' || b == '\r' && next == '\n' {
			c.takeLine()
			continue
		}
		r := row{line: c.line}
		n, wrong := c.scan()
		if c.err != nil && !errors.Is(c.err, io.EOF) {
			return row{}, c.err
		}
		if wrong != "" {
			r.raw, r.wrong = c.takeLine(), wrong
			return r, nil
		}
		r.raw = c.take(n)
		r.cells = c.cells()
		if c.columns > 0 && len(r.cells) != c.columns {
			r.wrong = fmt.Sprintf("The row has %d cells, the header has %d.", len(r.cells), c.columns)
		} else if c.order != nil {
			r.cells = c.inOrder(r.cells)
		}
		return r, nil
	}
}

// The reasons why a row can't be read.
const (
	wrongLong   = "The row is longer than 1 MiB."
	wrongOpen   = "A cell begins with a quote that doesn't end within 1 MiB."
	wrongInside = "There is a quote in a cell that doesn't begin with one."
	wrongBehind = "There is text behind the quote that ends a cell."
)

// scan splits the row ahead into cells and returns its length, or what is wrong with it.
func (c *csvRows) scan() (n int, wrong string) {
	c.text, c.ends = c.text[:0], c.ends[:0]
	for i := 0; ; {
		if b, _ := c.peek(i); b == '"' {
			if i, wrong = c.quoted(i + 1); wrong != "" {
				return 0, wrong
			}
		} else if i, wrong = c.bare(i); wrong != "" {
			return 0, wrong
		}
		c.ends = append(c.ends, len(c.text))
		b, ok := c.peek(i)
		switch {
		case !ok && i >= MaxRow:
			return 0, wrongLong
		case !ok:
			return i, ""
		case b == '\n':
			return i + 1, ""
		case b == c.comma:
			i++
		default: // the \r of \r\n, or at the end of the file
			if _, more := c.peek(i + 1); !more {
				return i + 1, ""
			}
			return i + 2, ""
		}
	}
}

// bare reads a cell without quotes from i and returns where it ends.
func (c *csvRows) bare(i int) (end int, wrong string) {
	for {
		b, ok := c.peek(i)
		if !ok || b == c.comma || b == '\n' || b == '\r' && c.lineEnds(i+1) {
			return i, ""
		}
		if b == '"' {
			return i, wrongInside
		}
		c.text = append(c.text, b)
		i++
	}
}

// quoted reads a cell from behind its quote and returns the place behind the quote that ends it. Two
// quotes are one, and a line ends with \n.
func (c *csvRows) quoted(i int) (end int, wrong string) {
	for {
		b, ok := c.peek(i)
		if !ok {
			return i, wrongOpen
		}
		next, more := c.peek(i + 1)
		switch {
		case b == '"' && next == '"' && more:
			i++
		case b == '"' && (!more || next == c.comma || next == '\n' || next == '\r' && c.lineEnds(i+2)):
			return i + 1, ""
		case b == '"':
			return i, wrongBehind
		case b == '\r' && next == '\n':
			i++
			continue
		}
		c.text = append(c.text, b)
		i++
	}
}

// lineEnds reports whether the line, or the file, ends at i.
func (c *csvRows) lineEnds(i int) bool {
	b, ok := c.peek(i)
	return !ok || b == '\n'
}

// cells are the texts of the scanned row.
func (c *csvRows) cells() []string {
	all := string(c.text)
	cells := make([]string, len(c.ends))
	for i, from := 0, 0; i < len(cells); i++ {
		cells[i] = all[from:c.ends[i]]
		from = c.ends[i]
	}
	if !clean(all) {
		for i, cell := range cells {
			cells[i] = storable(cell)
		}
	}
	return cells
}

// clean reports whether PostgreSQL can keep a text as it is.
func clean(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }

// storable puts a visible mark where PostgreSQL could not keep what stands there.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// inOrder brings the file's cells into the order of the format's columns.
func (c *csvRows) inOrder(cells []string) []string {
	sorted := make([]string, len(cells))
	for i, place := range c.order {
		sorted[place] = cells[i]
	}
	return sorted
}
