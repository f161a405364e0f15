package linear

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// did is an operation on the object a, from one moment to another.
func did(from, to int64, kind Kind, value, expect string, outcome Outcome) porcupine.Operation {
	in, out := Input{Object: "a", Kind: kind, Value: value, Expect: expect}, Output{Outcome: outcome}
	if kind == Get {
		in.Value, out.Value = "", value
	}
	return porcupine.Operation{Input: in, Output: out, Call: from, Return: to}
}

const never = math.MaxInt64

func TestCheck(t *testing.T) {
	created := did(1, 2, Create, "1", "", Done)
	for name, c := range map[string]struct {
		history []porcupine.Operation
		legal   bool
	}{
		"a read of what was written":         {[]porcupine.Operation{created, did(3, 4, Get, "1", "", Done)}, true},
		"a read of what nobody wrote":        {[]porcupine.Operation{created, did(3, 4, Get, "2", "", Done)}, false},
		"an acknowledged write that is lost": {[]porcupine.Operation{created, did(3, 4, Get, "", "", Refused)}, false},
		"a stale read": {[]porcupine.Operation{
			created, did(3, 4, Put, "2", "", Done), did(5, 6, Get, "1", "", Done),
		}, false},
		"a read during a write is of either": {[]porcupine.Operation{
			created, did(3, 9, Put, "2", "", Done), did(4, 5, Get, "1", "", Done), did(6, 7, Get, "2", "", Done),
		}, true},
		"a read after another goes back": {[]porcupine.Operation{
			created, did(3, 9, Put, "2", "", Done), did(4, 5, Get, "2", "", Done), did(6, 7, Get, "1", "", Done),
		}, false},
		"an unknown write is seen late": {[]porcupine.Operation{
			created, did(3, never, Put, "2", "", Unknown), did(4, 5, Get, "1", "", Done), did(6, 7, Get, "2", "", Done),
		}, true},
		"an unknown write is never seen": {[]porcupine.Operation{
			created, did(3, never, Put, "2", "", Unknown), did(4, 5, Get, "1", "", Done), did(6, 7, Get, "1", "", Done),
		}, true},
		"an unknown write is seen before it was asked for": {[]porcupine.Operation{
			created, did(3, 4, Get, "2", "", Done), did(5, never, Put, "2", "", Unknown),
		}, false},
		"an unknown write is taken back": {[]porcupine.Operation{
			created, did(3, never, Put, "2", "", Unknown), did(4, 5, Get, "2", "", Done), did(6, 7, Get, "1", "", Done),
		}, false},
		"two replace the same version": {[]porcupine.Operation{
			created, did(3, 4, Replace, "2", "1", Done), did(3, 4, Replace, "3", "1", Done),
		}, false},
		"one of two replaces the version": {[]porcupine.Operation{
			created, did(3, 4, Replace, "2", "1", Done), did(3, 4, Replace, "3", "1", Refused),
		}, true},
		"a replace of the right version is refused": {[]porcupine.Operation{created, did(3, 4, Replace, "2", "1", Refused)}, false},
		"both of two creates are done":              {[]porcupine.Operation{created, did(1, 4, Create, "2", "", Done)}, false},
		"a create after a delete": {[]porcupine.Operation{
			created, did(3, 4, Delete, "", "", Done), did(5, 6, Create, "2", "", Done), did(7, 8, DeleteIf, "", "2", Done), did(9, 10, Get, "", "", Refused),
		}, true},
		"a delete of another version": {[]porcupine.Operation{created, did(3, 4, DeleteIf, "", "0", Done)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := (&History{operations: c.history}).Check(time.Minute)
			if (err == nil) != c.legal {
				t.Errorf("got %v, want legal: %v", err, c.legal)
			}
		})
	}
}

func TestHistoryLeavesOutWhatTellsNothing(t *testing.T) {
	h := NewHistory()
	h.Add(1, Input{Object: "a", Kind: Get}, h.Now(), Output{Outcome: Unknown})
	h.Add(1, Input{Object: "a", Kind: Create, Value: "1"}, h.Now(), Output{Outcome: Unknown})
	h.Add(1, Input{Object: "b", Kind: Get}, h.Now(), Output{Outcome: Done, Value: "1"})
	if all, unknown := h.Len(); all != 2 || unknown != 1 {
		t.Errorf("there are %d operations, %d unknown", all, unknown)
	}
	err := h.Check(time.Minute)
	if err == nil || !strings.Contains(err.Error(), "get b: 1") || strings.Contains(err.Error(), "create a") {
		t.Errorf("what is wrong with b alone is told as %v", err)
	}
}
