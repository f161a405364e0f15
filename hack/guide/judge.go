package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/kubenova/kubenova/test/restcontract"
)

// judge holds what a command did against its entry. It returns a line for each
// thing that is not as it should be.
type judge struct {
	contract *restcontract.Checker
	examples map[string]any
}

func (j judge) check(s step, o outcome) []error {
	var problems []error
	note := func(what string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s %w", what, err))
		}
	}
	exit := s.Exit
	if exit == "" {
		exit = "0"
	}
	note("the exit status", exit.check(strconv.Itoa(o.exit)))
	note("stderr", s.Stderr.check(o.stderr))
	if s.Stdout != "" {
		note("stdout", s.Stdout.check(o.stdout))
	}
	found, err := exchanges(o.folder)
	if err != nil {
		return append(problems, err)
	}
	if asked := s.Status != 0; asked != (len(found) == 1) || len(found) > 1 {
		return append(problems, fmt.Errorf("the command sent %d requests", len(found)))
	}
	for _, e := range found {
		problems = append(problems, j.checkAnswer(s, e)...)
	}
	return problems
}

func (j judge) checkAnswer(s step, e exchange) []error {
	if e.status != s.Status {
		return []error{fmt.Errorf("the answer is %d %.400s, want %d", e.status, e.body, s.Status)}
	}
	problems := checkFields(e.body, s.Answer)
	if err := j.contract.Check(e.request, e.sent, e.status, e.header, e.body); err != nil {
		problems = append(problems, fmt.Errorf("the answer %.200s breaks the contract: %w", e.body, err))
	}
	if s.Example == "" {
		return problems
	}
	var got any
	err := json.Unmarshal(e.body, &got)
	if err == nil {
		err = checkExample(j.examples[s.Example], got, "the answer")
	}
	if err != nil {
		problems = append(problems, err)
	}
	return problems
}
