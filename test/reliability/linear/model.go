// Package linear checks that what clients were told of objects is what a single
// server would have told them that does one thing at a time.
//
// Every write writes a value that no other writes, so that a value stands for the
// version that it was written as: a write on condition of a version is one on
// condition of the value that was read with it.
package linear

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// Kind is what an operation does to an object.
type Kind string

// Kinds of operations.
const (
	// Get reads the value.
	Get Kind = "get"
	// Create writes a value if there is no object.
	Create Kind = "create"
	// Put writes a value if there is an object.
	Put Kind = "put"
	// Replace writes a value if the object has the expected one.
	Replace Kind = "replace"
	// Delete removes the object if there is one.
	Delete Kind = "delete"
	// DeleteIf removes the object if it has the expected value.
	DeleteIf Kind = "delete if"
)

// Outcome is what a client knows of its operation.
type Outcome string

// Outcomes.
const (
	// Done means that the operation took effect, or for Get that there is an object.
	Done Outcome = "done"
	// Refused means that its condition did not hold, or for Get that there is none.
	Refused Outcome = "refused"
	// Unknown means that it may take effect at any time, or never.
	Unknown Outcome = "unknown"
)

// Input is an operation on an object.
type Input struct {
	Object string
	Kind   Kind
	// Value is what is written.
	Value string
	// Expect is the value that the object must have, of Replace and DeleteIf.
	Expect string
}

// Output is how it ended.
type Output struct {
	Outcome Outcome
	// Value is what was read.
	Value string
}

// none is the state of an object that is not there.
const none = ""

// Model is that of an object which is there with a value, or not there.
func Model() porcupine.Model {
	return porcupine.Model{
		Partition: byObject,
		Init:      func() any { return none },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(string), input.(Input), output.(Output))
		},
		DescribeOperation: func(input, output any) string { return describe(input.(Input), output.(Output)) },
		DescribeState:     func(state any) string { return state.(string) },
	}
}

// step says whether an operation could have ended so in a state, and the next state.
// One whose outcome is unknown can always have: if it never took effect, it did so
// after everything else, where nobody saw it.
func step(state string, in Input, out Output) (bool, string) {
	possible := holds(state, in)
	switch out.Outcome {
	case Done:
		return possible && (in.Kind != Get || state == out.Value), after(state, in)
	case Refused:
		return !possible, state
	}
	if possible {
		return true, after(state, in)
	}
	return true, state
}

// holds says whether an operation would take effect.
func holds(state string, in Input) bool {
	switch in.Kind {
	case Create:
		return state == none
	case Replace, DeleteIf:
		return state != none && state == in.Expect
	}
	return state != none
}

func after(state string, in Input) string {
	switch in.Kind {
	case Get:
		return state
	case Delete, DeleteIf:
		return none
	}
	return in.Value
}

func describe(in Input, out Output) string {
	text := string(in.Kind) + " " + in.Object
	if in.Value != "" {
		text += " = " + in.Value
	}
	if in.Expect != "" {
		text += " if " + in.Expect
	}
	if in.Kind == Get && out.Outcome == Done {
		return fmt.Sprintf("%s: %s", text, out.Value)
	}
	return fmt.Sprintf("%s: %s", text, out.Outcome)
}
