package linear

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// History is what clients did and were told. It is safe for use by several.
type History struct {
	began time.Time

	mu         sync.Mutex
	operations []porcupine.Operation
}

// NewHistory returns an empty history that begins now.
func NewHistory() *History { return &History{began: time.Now()} }

// Now is the time since the history began.
func (h *History) Now() time.Duration { return time.Since(h.began) }

// Add adds an operation that ends now. A read without an answer tells nothing and
// is left out; a write without one may still take effect at any time.
func (h *History) Add(client int, in Input, called time.Duration, out Output) {
	returned := h.Now()
	if out.Outcome == Unknown {
		if in.Kind == Get {
			return
		}
		returned = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: client, Input: in, Call: int64(called), Output: out, Return: int64(returned),
	})
}

// Len is the number of operations, and how many of them have no known outcome.
func (h *History) Len() (all, unknown int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, operation := range h.operations {
		if operation.Output.(Output).Outcome == Unknown {
			unknown++
		}
	}
	return len(h.operations), unknown
}

// Check returns an error if no order of the operations, each within its time,
// explains what clients were told; or if that was not found out within limit for
// an object.
func (h *History) Check(limit time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, operations := range byObject(h.operations) {
		switch porcupine.CheckOperationsTimeout(Model(), operations, limit) {
		case porcupine.Illegal:
			errs = append(errs, fmt.Errorf("what clients were told has no order that explains it:\n%s", list(operations)))
		case porcupine.Unknown:
			errs = append(errs, fmt.Errorf("not decided within %s: %d operations on %s", limit, len(operations), operations[0].Input.(Input).Object))
		}
	}
	return errors.Join(errs...)
}

// byObject parts a history: objects have nothing to do with each other.
func byObject(history []porcupine.Operation) [][]porcupine.Operation {
	var objects []string
	parts := map[string][]porcupine.Operation{}
	for _, operation := range history {
		object := operation.Input.(Input).Object
		if parts[object] == nil {
			objects = append(objects, object)
		}
		parts[object] = append(parts[object], operation)
	}
	out := make([][]porcupine.Operation, 0, len(objects))
	for _, object := range objects {
		out = append(out, parts[object])
	}
	return out
}

// list shows operations in the order in which they were called.
func list(operations []porcupine.Operation) string {
	sorted := slices.Clone(operations)
	slices.SortFunc(sorted, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	var out strings.Builder
	for _, operation := range sorted {
		returned := "never"
		if operation.Return != math.MaxInt64 {
			returned = time.Duration(operation.Return).String()
		}
		fmt.Fprintf(&out, "  client %d, %s to %s: %s\n", operation.ClientId, time.Duration(operation.Call), returned,
			describe(operation.Input.(Input), operation.Output.(Output)))
	}
	return out.String()
}
