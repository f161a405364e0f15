//go:build reliability

package reliability

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
)

// resumes is how often each watcher goes on after its connection was cut.
const resumes = 10

// testResumedWatches cuts the connections of watchers again and again while objects
// change: as the replicas run, nobody may be reset and made to begin anew.
func testResumedWatches(t *testing.T, p *platform) {
	seed := seedOf(t)
	watchers := []*watcher{newWatcher(p, native, seed), newWatcher(p, rest, seed)}
	f := p.follow(t, watchers)
	for _, w := range watchers {
		p.waitFor(t, "a watcher to begin", func(context.Context) error {
			if w.at() == 0 {
				return errors.New("it has not begun")
			}
			return w.failed()
		})
	}
	for i := range resumes {
		for _, w := range watchers {
			w.cut()
		}
		name := fmt.Sprintf("r%d", i)
		p.mustSend(t, http.MethodPost, p.replicaURL(i%replicas)+restPath, fmt.Sprintf(`{"name":%q,"description":"r","rules":[],"attachedTo":[]}`, name))
		p.mustSend(t, http.MethodDelete, p.replicaURL((i+1)%replicas)+nativePath+"/"+name, "")
		for _, w := range watchers {
			p.waitFor(t, "a watcher to go on", func(context.Context) error {
				if _, _, resumed := w.told(); resumed <= i {
					return fmt.Errorf("it has gone on %d times", resumed)
				}
				return w.failed()
			})
		}
	}
	f.check(t, watchers)
	for _, w := range watchers {
		if _, resets, _ := w.told(); resets > 0 {
			t.Errorf("the %s watch was reset %d times, and nothing had restarted", w.door, resets)
		}
	}
}
