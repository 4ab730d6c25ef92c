package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// story tells what happens to the objects of a source. Each object lives one of the lives, a step at
// a time, and when it has come to the end another one begins: so timelines make sense, and the same
// objects come up again and again.
//
// A step is the cells of a row, between bars, with ${placeholders}.
type story struct {
	calendar
	lives   [][]string
	living  int      // how many objects there are at a time
	begin   int      // the first object's id
	choices []string // what ${was} and ${becomes} go through
	value   func(thing *thing, name string) string

	things []*thing
	born   int
}

// thing is an object in the middle of its life.
type thing struct {
	id     int
	life   []string
	step   int
	choice int
	money  float64
}

// next lets something happen to some object. Which object and what, decides chance.
func (s *story) next() (*thing, []string) {
	i := s.IntN(s.living)
	for len(s.things) <= i {
		s.things = append(s.things, s.birth())
	}
	if s.things[i].step == len(s.things[i].life) {
		s.things[i] = s.birth()
	}
	t := s.things[i]
	t.step++
	return t, strings.Split(os.Expand(t.life[t.step-1], func(name string) string { return s.expand(t, name) }), "|")
}

func (s *story) birth() *thing {
	t := &thing{id: s.begin + s.born, life: s.lives[s.born%len(s.lives)], choice: s.IntN(max(len(s.choices), 1)), money: 40 + s.Float64()*400}
	s.born++
	return t
}

// expand gives the placeholders that every story may use; others are the story's own.
func (s *story) expand(t *thing, name string) string {
	switch name {
	case "id":
		return strconv.Itoa(t.id)
	case "revision":
		return strconv.Itoa(t.step)
	case "few":
		return strconv.Itoa(1 + s.IntN(9))
	case "number":
		return strconv.Itoa(1000 + s.IntN(9000))
	case "pin":
		return fmt.Sprintf("%04d", s.IntN(10_000))
	case "secret":
		return s.secret()
	case "amount":
		return fmt.Sprintf("%.2f", 5+s.Float64()*900)
	case "rate":
		return fmt.Sprintf("0.0%03d", s.IntN(1000))
	case "balance":
		return fmt.Sprintf("%.2f", t.money)
	case "newbalance":
		t.money = max(0, t.money+s.Float64()*400-150)
		return fmt.Sprintf("%.2f", t.money)
	case "was":
		return s.choices[t.choice]
	case "becomes":
		t.choice = (t.choice + 1 + s.IntN(len(s.choices)-1)) % len(s.choices)
		return s.choices[t.choice]
	case "person":
		return one(s.calendar, customers...)
	}
	return s.value(t, name)
}

// secret is a password as people choose them. It must be nowhere once it is imported.
func (s *story) secret() string {
	return one(s.calendar, "Lisboa", "hunter", "Winter", "quayside", "tr0mbone", "Benfica") + fmt.Sprint(10+s.IntN(9990)) + one(s.calendar, "!", "#", "")
}

// customers are people of the systems, who have no account here.
var customers = []string{"maria.santos", "peter.hansen", "aoife.byrne", "yusuf.demir", "chloé.lefèvre", "giulia.ferri", "anders.berg", "leila.farouk",
	"tom.becker", "sofia.papadaki", "mateusz.wójcik", "irina.popescu", "joão.pires", "eva.horváth", "akira.tanaka", "grace.otieno"}

// writeCSV writes an export.
func writeCSV(header string, rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{strings.Split(header, ",")}, rows...)); err != nil {
		panic("cannot happen: memory takes all: " + err.Error())
	}
	return b.Bytes()
}
