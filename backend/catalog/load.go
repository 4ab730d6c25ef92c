package catalog

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed systems/*.yaml
var embedded embed.FS

// builtIn names our own systems' files, in the order in which they are shown.
func builtIn() []string { return []string{"annals", "mor", "alternet", "sippy", "sbc", "safe"} }

// Problem is one thing that is wrong in a file.
type Problem struct {
	File   string
	Line   int
	Reason string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason) }

// Problems is everything that is wrong in the files, in the order of file and line.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// file is one system's file on its way into the catalogue.
type file struct {
	name     string
	system   System
	root     yaml.Node // the same file as a tree, for line numbers
	problems Problems
	broken   bool // not readable to the end, so that checking it would blame the wrong places
}

// Load reads our own systems and every *.yaml and *.yml file in operatorDir ("" for none). Its error
// is Problems with all that is wrong, or says why a file could not be read.
func Load(operatorDir string) (*Catalog, error) {
	var files []*file
	for _, name := range builtIn() {
		path := "systems/" + name + ".yaml"
		content, err := embedded.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		files = append(files, parse(path, content))
	}
	own := len(files)
	paths, err := catalogueFiles(operatorDir)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		files = append(files, parse(path, content))
	}
	return build(files, own)
}

// catalogueFiles lists the files of an operator's folder by name.
func catalogueFiles(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		switch filepath.Ext(entry.Name()) {
		case ".yaml", ".yml":
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths, nil
}

// parse decodes one file strictly: a key that we don't know is a problem.
func parse(name string, content []byte) *file {
	f := &file{name: name}
	if err := yaml.Unmarshal(content, &f.root); err != nil {
		f.yamlProblems(err)
		return f
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	err := decoder.Decode(&f.system)
	if errors.Is(err, io.EOF) {
		f.problem(1, "the file is empty")
		f.broken = true
		return f
	}
	if err != nil {
		f.yamlProblems(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		f.problem(1, "a file holds one system, not several documents")
	}
	return f
}

// build checks all files and makes the catalogue, or says all that is wrong.
func build(files []*file, own int) (*Catalog, error) {
	c := &Catalog{
		byName: map[string]int{}, types: map[string]EventType{}, kinds: map[string]Kind{},
		matchers: map[string]*matcher{},
	}
	owner := map[string]string{}
	for i, f := range files {
		name := f.system.Name
		switch {
		case f.broken || name == "":
		case owner[name] != "" && i >= own && slices.Contains(builtIn(), name):
			f.problem(f.line("system"), "system %q is built in and can't be redefined", name)
		case owner[name] != "":
			f.problem(f.line("system"), "system %q is defined in %s already", name, owner[name])
		default:
			owner[name] = f.name
		}
	}
	kinds := map[string]string{}
	for _, f := range files {
		for _, k := range f.system.Kinds {
			kinds[f.system.Name+"."+k.Name] = k.Label
		}
	}
	var problems Problems
	for _, f := range files {
		if !f.broken {
			f.check(kinds)
		}
		slices.SortStableFunc(f.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
		problems = append(problems, f.problems...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	slices.SortFunc(files[own:], func(a, b *file) int { return cmp.Compare(a.system.Name, b.system.Name) })
	for _, f := range files {
		c.add(f.system)
	}
	return c, nil
}

// add indexes a system that has passed its check.
func (c *Catalog) add(s System) {
	c.byName[s.Name] = len(c.systems)
	c.systems = append(c.systems, s)
	m := &matcher{exact: map[string]string{}, kinds: map[string]string{}}
	c.matchers[s.Name] = m
	for _, t := range s.Events {
		c.types[t.Name] = t
		switch {
		case t.Match == "":
		case isPattern(t.Match):
			m.patterns = append(m.patterns, mustPattern(t.Match, t.Name))
		default:
			m.exact[t.Match] = t.Name
		}
	}
	for _, k := range s.Kinds {
		c.kinds[k.Name] = k
		for _, word := range k.words() {
			if isPattern(word) {
				m.kindPattern = append(m.kindPattern, mustPattern(word, k.Name))
			} else {
				m.kinds[strings.ToLower(word)] = k.Name
			}
		}
	}
}

// mustPattern compiles what the check has compiled before.
func mustPattern(text, name string) pattern {
	re, prefix, err := compileAnchored(text)
	if err != nil {
		panic("cannot happen: " + err.Error())
	}
	return pattern{prefix: prefix, re: re, groups: re.SubexpNames(), name: name}
}

func (f *file) problem(line int, format string, args ...any) {
	f.problems = append(f.problems, Problem{File: f.name, Line: max(line, 1), Reason: fmt.Sprintf(format, args...)})
}

// How the YAML decoder words what is wrong.
var (
	yamlLine     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	unknownField = regexp.MustCompile(`^field (.+) not found in type \S+$`)
	wrongType    = regexp.MustCompile("^cannot unmarshal (\\S+)(?: (`.*`))? into (\\S+)$")
)

// yamlProblems turns the decoder's errors into ours.
func (f *file) yamlProblems(err error) {
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if typed, ok := errors.AsType[*yaml.TypeError](err); ok {
		messages = typed.Errors
	}
	for _, message := range messages {
		line := 1
		if found := yamlLine.FindStringSubmatch(message); found != nil {
			line, _ = strconv.Atoi(found[1])
			message = found[2]
		}
		if found := unknownField.FindStringSubmatch(message); found != nil {
			f.problem(line, "unknown key %q", found[1])
			continue
		}
		f.broken = true
		if found := wrongType.FindStringSubmatch(message); found != nil {
			message = fmt.Sprintf("%s can't be a %s", cmp.Or(found[2], "this"), strings.TrimPrefix(found[1], "!!"))
		}
		f.problem(line, "%s", message)
	}
}

// line finds where a value stands: line("events", 3, "match"). A value that isn't there has the line
// of what should hold it.
func (f *file) line(path ...any) int {
	node := &f.root
	line := 1
	for len(node.Content) > 0 && node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	for _, step := range path {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		next := child(node, step)
		if next == nil {
			break
		}
		node, line = next, next.Line
	}
	return line
}

func child(node *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	}
	return nil
}
