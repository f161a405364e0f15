package plugin

import (
	"maps"
	"time"

	"github.com/kubenova/kubenova/pkg/podlog"
)

// maxPositions bounds of how many pods it is remembered how far they were shown.
const maxPositions = 256

// positions are how far the log of each pod was shown.
type positions map[string]position

// position is the last line of a pod: its time, and how often each message of
// exactly that time came.
type position struct {
	at       time.Time
	messages map[string]int
}

func (p positions) clone() positions {
	out := make(positions, len(p))
	for pod, at := range p {
		out[pod] = position{at.at, maps.Clone(at.messages)}
	}
	return out
}

// has says whether a line is one of those that these positions stand for. A line
// that comes once more than it did is not.
func (p positions) has(line podlog.Line) bool {
	at, found := p[line.Pod]
	if !found || line.Time.After(at.at) {
		return false
	}
	if line.Time.Before(at.at) {
		return true
	}
	at.messages[line.Message]--
	return at.messages[line.Message] >= 0
}

// add remembers a line. The lines of a pod come in the order of time.
func (p positions) add(line podlog.Line) {
	at, found := p[line.Pod]
	switch {
	case !found || line.Time.After(at.at):
		if !found && len(p) >= maxPositions {
			p.forget()
		}
		p[line.Pod] = position{line.Time, map[string]int{line.Message: 1}}
	case line.Time.Equal(at.at):
		at.messages[line.Message]++
	}
}

// forget drops the pod that has been silent for longest.
func (p positions) forget() {
	oldest := ""
	for pod, at := range p {
		if oldest == "" || at.at.Before(p[oldest].at) {
			oldest = pod
		}
	}
	delete(p, oldest)
}
