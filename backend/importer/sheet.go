package importer

import (
	"errors"
	"io"
	"strings"

	"annals/backend/fault"
)

// Sheet is a CSV file whose columns nobody knows beforehand, read by the rules of the import files.
// Its cells are parted by commas or, as many a spreadsheet writes them, by semicolons.
type Sheet struct {
	Header    []string
	Semicolon bool
	rows      *csvRows
}

// SheetRow is one row of a sheet: its cells, or why it can't be read.
type SheetRow struct {
	Line  int64 // where it begins, from 1
	Cells []string
	Wrong string
}

// OpenSheet begins a file, behind its header.
func OpenSheet(file io.Reader) (*Sheet, error) {
	c := &csvRows{input: input{file: file, line: 1}, comma: ','}
	if err := c.open(); err != nil {
		return nil, err
	}
	if c.moreSemicolons() {
		c.comma = ';'
	}
	header, err := c.next()
	if errors.Is(err, io.EOF) {
		return nil, fault.At("file", "The file is empty.")
	}
	if err != nil {
		return nil, err
	}
	if header.wrong != "" {
		return nil, fault.At("file", "The first line can't be read as a header: %s", header.wrong)
	}
	s := &Sheet{Semicolon: c.comma == ';', rows: c}
	for _, cell := range header.cells {
		s.Header = append(s.Header, strings.TrimSpace(cell))
	}
	c.columns = len(s.Header)
	return s, nil
}

// moreSemicolons reports whether the first line has more of them than commas, quoted ones aside.
func (c *csvRows) moreSemicolons() bool {
	balance, quoted := 0, false
	for i := 0; ; i++ {
		b, ok := c.peek(i)
		switch {
		case !ok || b == '\n' && !quoted:
			return balance > 0
		case b == '"':
			quoted = !quoted
		case b == ';' && !quoted:
			balance++
		case b == ',' && !quoted:
			balance--
		}
	}
}

// Next returns the next row, and io.EOF behind the last.
func (s *Sheet) Next() (SheetRow, error) {
	r, err := s.rows.next()
	return SheetRow{Line: r.line, Cells: r.cells, Wrong: r.wrong}, err
}
