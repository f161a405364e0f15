package facade

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/klog/v2"
)

const (
	// DefaultHeartbeat is how often a stream is shown to be alive.
	DefaultHeartbeat = 15 * time.Second
	// writeTimeout is how long a client may take to read one event. While it does,
	// no more than a few are held for it: the watch behind it is ended then.
	writeTimeout = 10 * time.Second
)

// Events beside those of objects: added, modified and deleted.
const (
	// eventSynced ends what was there when the stream began.
	eventSynced = "synced"
	// eventReset tells the client to forget what it has: it missed changes.
	eventReset = "reset"
)

// errEnded ends a stream without a failure.
var errEnded = errors.New("the stream has ended")

// serve answers with the stream until its client leaves, its watch ends or the
// caller may not see it any more.
func (s *stream) serve(w http.ResponseWriter, r *http.Request, heartbeat time.Duration) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	watcher, err := s.start(ctx)
	if err != nil && (s.since == "" || !isLost(err)) {
		writeError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", streamType)
	if s.first.version != "" {
		w.Header().Set("ETag", `"`+s.first.version+`"`)
	}
	writeHeader(w, http.StatusOK)
	out := &events{w: w, connection: http.NewResponseController(w), synced: s.since != "", stream: s}
	if err != nil {
		err = out.write(eventReset, "", nil)
	} else {
		defer watcher.Stop()
		err = out.relay(ctx, watcher, heartbeat)
	}
	if err != nil && !errors.Is(err, errEnded) && ctx.Err() == nil {
		klog.FromContext(ctx).V(2).Info("Stream ends", "path", r.URL.Path, "err", err)
	}
}

// events writes the events of one stream.
type events struct {
	w          http.ResponseWriter
	connection *http.ResponseController
	stream     *stream
	// synced is false while events come in no order: they have no id then, because
	// a client that goes on after one would miss others.
	synced bool
}

// relay writes what comes of a watch.
func (e *events) relay(ctx context.Context, watcher watch.Interface, heartbeat time.Duration) error {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	if err := e.comment("open"); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
			if err := e.stream.allowed(); err != nil {
				return err
			}
			if err := e.comment("alive"); err != nil {
				return err
			}
		case event, open := <-watcher.ResultChan():
			if !open {
				return errEnded
			}
			if err := e.event(event); err != nil {
				return err
			}
		}
	}
}

// event writes one event of a watch.
func (e *events) event(event watch.Event) error {
	if event.Type == watch.Error {
		err := apierrors.FromObject(event.Object)
		if !isLost(err) {
			return fmt.Errorf("watching: %w", err)
		}
		return errors.Join(e.write(eventReset, "", nil), errEnded)
	}
	object, ok := event.Object.(metav1.Object)
	if !ok {
		return fmt.Errorf("watching: %T is not an object", event.Object)
	}
	version := object.GetResourceVersion()
	if event.Type == watch.Bookmark {
		if !e.synced && object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
			e.synced = true
			return e.write(eventSynced, version, struct{}{})
		}
		return e.write("", version, nil)
	}
	body, err := e.stream.convert(object)
	if err != nil {
		return err
	}
	if err := e.write(strings.ToLower(string(event.Type)), version, body); err != nil {
		return err
	}
	if e.stream.single && event.Type == watch.Deleted {
		return errEnded
	}
	return nil
}

// write writes one event. Without a name it only tells the client where it is; a
// reset takes that away.
func (e *events) write(name, version string, body any) error {
	var frame bytes.Buffer
	if name != "" {
		frame.WriteString("event: " + name + "\n")
	}
	if name == eventReset {
		frame.WriteString("id:\ndata: {}\n")
	} else if e.synced {
		frame.WriteString("id: " + version + "\n")
	}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encoding an event: %w", err)
		}
		frame.WriteString("data: ")
		frame.Write(encoded)
		frame.WriteByte('\n')
	}
	frame.WriteByte('\n')
	return e.send(frame.Bytes())
}

func (e *events) comment(text string) error { return e.send([]byte(": " + text + "\n\n")) }

// send writes and gives the client a moment to take it.
func (e *events) send(frame []byte) error {
	err := e.connection.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("bounding a write: %w", err)
	}
	if _, err := e.w.Write(frame); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if err := e.connection.Flush(); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}
