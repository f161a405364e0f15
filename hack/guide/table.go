package main

import (
	"embed"
	"errors"
	"fmt"
	"path"

	"sigs.k8s.io/yaml"
)

// tableFiles say what every command of the guide answers and does. The files run
// in the order of their names.
//
//go:embed table/*.yaml
var tableFiles embed.FS

// group is a part of the table.
type group struct {
	Section string `json:"section"`
	// Again runs commands of the section a second time: those that are named, in
	// this order. Any other group has the whole section.
	Again    bool    `json:"again"`
	Commands []entry `json:"commands"`
}

// entry is what one command answers and does.
type entry struct {
	// Run is the name of the command; see nameOf.
	Run string `json:"run"`
	// Exit, Stdout and Stderr are as the shell shows them. Stdout is not looked at
	// where it is empty; stderr then has to be.
	Exit   want `json:"exit"`
	Stdout want `json:"stdout"`
	Stderr want `json:"stderr"`
	// Status and Answer are those of the request. The answer must also be in the
	// contract of the server, and have the fields of the guide's Example.
	Status  int             `json:"status"`
	Answer  map[string]want `json:"answer"`
	Example string          `json:"example"`
	// Kubeconfig says with which status the cluster answers a path to whoever uses
	// the kubeconfig in the answer.
	Kubeconfig map[string]int `json:"kubeconfig"`
	// Effects come true after the command, before the next one runs.
	Effects []effect `json:"effects"`
}

// effect is what an object looks like, on the cluster or through the REST door.
type effect struct {
	// Target is a path on the cluster that the guide works on, REST one below /api/v1.
	Target string          `json:"target"`
	REST   string          `json:"rest"`
	Gone   bool            `json:"gone"`
	Is     map[string]want `json:"is"`
}

// step is a command that runs, and what is expected of it.
type step struct {
	command
	entry
	again bool
}

func readTable() ([]group, error) {
	files, err := tableFiles.ReadDir("table")
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	var table []group
	for _, file := range files {
		data, err := tableFiles.ReadFile(path.Join("table", file.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the table: %w", err)
		}
		var groups []group
		if err := yaml.UnmarshalStrict(data, &groups); err != nil {
			return nil, fmt.Errorf("reading the table, %s: %w", file.Name(), err)
		}
		table = append(table, groups...)
	}
	return table, nil
}

// plan lays the table over the guide. It fails when a command or an example of
// the guide is in no entry, or an entry has none.
func plan(g guide, table []group) ([]step, error) {
	var steps []step
	var problems []error
	planned := map[string]bool{}
	for _, part := range table {
		commands := g.section(part.Section)
		switch {
		case part.Again:
			commands, problems = pick(commands, part, problems)
		case planned[part.Section]:
			problems = append(problems, fmt.Errorf("section %s is in the table twice", part.Section))
		default:
			planned[part.Section] = true
		}
		matched, problem := match(commands, part)
		steps, problems = append(steps, matched...), append(problems, problem)
	}
	for _, c := range g.commands {
		if !planned[c.section] {
			problems = append(problems, fmt.Errorf("line %d: section %s is not in the table", c.line, c.section))
		}
	}
	return steps, errors.Join(append(problems, g.checkExamples(table))...)
}

func (g guide) section(number string) []command {
	var commands []command
	for _, c := range g.commands {
		if c.section == number {
			commands = append(commands, c)
		}
	}
	return commands
}

// pick returns the commands that a group names: of several with one name the next
// after the one before, as a reader of the section would go on.
func pick(commands []command, part group, problems []error) ([]command, []error) {
	var picked []command
	next := 0
	for _, e := range part.Commands {
		at := -1
		for i := range commands {
			if candidate := (next + i) % len(commands); commands[candidate].name == e.Run {
				at = candidate
				break
			}
		}
		if at < 0 {
			problems = append(problems, fmt.Errorf("section %s has no command %q to run again", part.Section, e.Run))
			continue
		}
		picked, next = append(picked, commands[at]), at+1
	}
	return picked, problems
}

// match pairs commands with entries, one by one.
func match(commands []command, part group) ([]step, error) {
	var steps []step
	for i, c := range commands {
		if i == len(part.Commands) {
			return steps, fmt.Errorf("line %d: the command %q has no entry in the table", c.line, c.name)
		}
		if e := part.Commands[i]; e.Run != c.name {
			return steps, fmt.Errorf("line %d: the table has %q where the guide has %q", c.line, e.Run, c.name)
		}
		steps = append(steps, step{command: c, entry: part.Commands[i], again: part.Again})
	}
	if len(commands) < len(part.Commands) {
		return steps, fmt.Errorf("section %s has no command %q", part.Section, part.Commands[len(commands)].Run)
	}
	return steps, nil
}

// checkExamples wants every example of the guide to be compared with an answer.
func (g guide) checkExamples(table []group) error {
	var problems []error
	used := map[string]bool{"": true}
	for _, part := range table {
		for _, e := range part.Commands {
			if g.examples[e.Example] == nil && e.Example != "" {
				problems = append(problems, fmt.Errorf("the guide has no example %q", e.Example))
			}
			used[e.Example] = true
		}
	}
	for title := range g.examples {
		if !used[title] {
			problems = append(problems, fmt.Errorf("the example %q is compared with no answer", title))
		}
	}
	return errors.Join(problems...)
}
