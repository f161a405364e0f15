//go:build reliability

package reliability

import (
	"context"
	"net/http"
	"sync"
	"testing"
)

// cycles is how often a stream of each kind is opened and left at each replica: a
// goroutine or socket that one of them leaves behind is far more than what comes and goes.
const cycles = 400

// testLeaks opens streams and leaves them, and checks that nothing stays behind.
func testLeaks(t *testing.T, p *platform) {
	before := p.measure(t)
	var wg sync.WaitGroup
	for i := range p.api {
		for path, header := range map[string]http.Header{
			restPath: {"Accept": {"text/event-stream"}},
			nativePath + "?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan": {},
		} {
			wg.Go(func() {
				client := p.newClient()
				defer client.CloseIdleConnections()
				for range cycles {
					if err := p.openAndLeave(t.Context(), client, p.replicaURL(i)+path, header); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	p.bounded(t, before)
}

// openAndLeave reads the beginning of a stream, and goes.
func (p *platform) openAndLeave(ctx context.Context, client *http.Client, url string, header http.Header) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	w := &watcher{p: p, client: client}
	body, err := w.open(ctx, url, header)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = body.Read(make([]byte, 1))
	return err
}
