//go:build reliability

package reliability

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kubenova/kubenova/test/reliability/watched"
)

// errReset says that a watch cannot go on from where it was.
var errReset = errors.New("the watch was reset")

// watcher watches all objects through a door, and goes on at any replica when its
// connection ends.
type watcher struct {
	p      *platform
	door   door
	client *http.Client
	random *rand.Rand

	mu        sync.Mutex
	stretches []watched.Stretch
	// reached is the version up to which it has been told everything; 0 before it has
	// been told what there is.
	reached int64
	// cutOff ends the connection that there is.
	cutOff context.CancelFunc
	// resumed counts the connections that went on where another had ended.
	resumed int
	wrong   error
}

func newWatcher(p *platform, d door, seed uint64) *watcher {
	return &watcher{p: p, door: d, client: p.newClient(), random: rand.New(rand.NewPCG(seed, 1000))}
}

// run watches until the context is done.
func (w *watcher) run(ctx context.Context) {
	defer w.client.CloseIdleConnections()
	for ctx.Err() == nil && w.failed() == nil {
		err := w.connect(ctx, w.p.replicaURL(w.random.IntN(replicas)))
		if errors.Is(err, errReset) {
			w.reset()
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// connect watches at one replica until the connection ends.
func (w *watcher) connect(ctx context.Context, base string) error {
	// Of a replica that is paused nothing is heard, not even that it is alive.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second+time.Duration(w.random.Int64N(int64(10*time.Second))))
	defer cancel()
	w.mu.Lock()
	w.cutOff = cancel
	w.mu.Unlock()
	if w.door == rest {
		return w.streamREST(ctx, base)
	}
	return w.watchNative(ctx, base)
}

// cut ends the connection that there is.
func (w *watcher) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cutOff != nil {
		w.cutOff()
	}
}

func (w *watcher) watchNative(ctx context.Context, base string) error {
	if w.at() == 0 {
		if err := w.listNative(ctx, base); err != nil {
			return err
		}
	}
	path := nativePath + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + strconv.FormatInt(w.at(), 10)
	body, err := w.open(ctx, base+path, nil)
	if err != nil {
		return err
	}
	defer body.Close()
	w.connected()
	decoder := json.NewDecoder(body)
	for {
		var event struct {
			Type   string
			Object struct {
				object
				Code   int    `json:"code"`
				Reason string `json:"reason"`
			}
		}
		if err := decoder.Decode(&event); err != nil {
			return err
		}
		if event.Type == "ERROR" {
			if event.Object.Code == http.StatusGone {
				return errReset
			}
			return fmt.Errorf("watching: %d %s", event.Object.Code, event.Object.Reason)
		}
		w.tell(event.Type, event.Object.Metadata.Name, event.Object.Metadata.ResourceVersion)
	}
}

func (w *watcher) listNative(ctx context.Context, base string) error {
	body, err := w.open(ctx, base+nativePath, nil)
	if err != nil {
		return err
	}
	defer body.Close()
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.NewDecoder(body).Decode(&list); err != nil {
		return err
	}
	w.begin(list.Metadata.ResourceVersion)
	return nil
}

// open asks for a stream. 410 is a reset.
func (w *watcher) open(ctx context.Context, url string, header http.Header) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Authorization", "Bearer "+w.p.token)
	response, err := w.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusGone {
		return nil, errReset
	}
	text, _ := io.ReadAll(response.Body) // the status says enough
	if response.StatusCode/100 == 4 && response.StatusCode != http.StatusTooManyRequests {
		w.fail(fmt.Errorf("%s watch: %s: %s", w.door, response.Status, text))
	}
	return nil, fmt.Errorf("%s: %s", response.Status, text)
}

// streamREST reads server-sent events.
func (w *watcher) streamREST(ctx context.Context, base string) error {
	header := http.Header{"Accept": {"text/event-stream"}}
	resumes := w.at() != 0
	if resumes {
		header.Set("Last-Event-Id", strconv.FormatInt(w.at(), 10))
	}
	body, err := w.open(ctx, base+restPath, header)
	if err != nil {
		return err
	}
	defer body.Close()
	if resumes {
		w.connected()
	}
	lines := bufio.NewScanner(body)
	var event, id string
	var data []byte
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			event = value
		case "id":
			id = value
		case "data":
			data = bytes.Clone([]byte(value))
		case "":
			if lines.Text() != "" {
				continue // a comment
			}
			if err := w.sent(event, id, data); err != nil {
				return err
			}
			event, id, data = "", "", nil
		}
	}
	return lines.Err()
}

// sent takes one server-sent event. What is sent before the stream is synced is what
// there was; it has no id.
func (w *watcher) sent(event, id string, data []byte) error {
	switch {
	case event == "reset":
		return errReset
	case event == "synced":
		w.begin(id)
	case id == "":
	case event == "":
		w.tell("BOOKMARK", "", id)
	default:
		var o object
		if err := json.Unmarshal(data, &o); err != nil {
			w.fail(fmt.Errorf("an event of the stream: %w: %s", err, data))
			return err
		}
		w.tell(strings.ToUpper(event), o.Name, id)
	}
	return nil
}
