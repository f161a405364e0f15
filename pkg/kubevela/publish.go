package kubevela

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Modes of a published revision, as they stand in publish versions.
const (
	modeRunning   = "r"
	modeSuspended = "s"
)

// maxTransitions bounds the number that is believed of what a cluster holds.
const maxTransitions = 1_000_000_000

// NextVersion returns the publish version of a revision that runs or is
// suspended, when the Application has the publish version current: that one if
// it is right, and else one that was never used. KubeVela does nothing for a
// version that it works on already, and refuses to go back to one. So each
// change between running and suspended is counted: <version>-s1, <version>-r2.
func NextVersion(r *v1alpha1.AppRevision, suspended bool, current string) string {
	first := PublishVersion(r)
	mode, count, known := splitVersion(current, first)
	wanted := modeRunning
	if suspended {
		wanted = modeSuspended
	}
	switch {
	case known && mode == wanted:
		return current
	case !known && !suspended:
		return first
	}
	return fmt.Sprintf("%s-%s%d", first, wanted, count+1)
}

// splitVersion reads a publish version of the revision whose first one is given.
func splitVersion(version, first string) (mode string, count int64, known bool) {
	rest, found := strings.CutPrefix(version, first)
	if !found {
		return "", 0, false
	}
	if rest == "" {
		return modeRunning, 0, true
	}
	for _, mode := range []string{modeRunning, modeSuspended} {
		number, found := strings.CutPrefix(rest, "-"+mode)
		count, err := strconv.ParseInt(number, 10, 64)
		if found && err == nil && count > 0 && count < maxTransitions && number == strconv.FormatInt(count, 10) {
			return mode, count, true
		}
	}
	return "", 0, false
}
