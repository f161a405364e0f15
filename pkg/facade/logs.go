package facade

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/klog/v2"
)

const (
	// linesType is the media type of logs that are followed: a JSON object a line.
	linesType = "application/x-ndjson"
	// maxLogLine bounds a line of the native answer: a message of 16 KiB, each byte
	// of it escaped.
	maxLogLine = 128 << 10
	// maxLogTail is how many lines can be asked for.
	maxLogTail = 10_000
	maxSeconds = 1<<31 - 1
)

// logLine is one line of a component's log.
type logLine struct {
	Time      time.Time `json:"ts"`
	Component string    `json:"component"`
	Pod       string    `json:"pod"`
	Message   string    `json:"message"`
}

// getLogs answers with the logs of a component.
func getLogs(c *call) (reply, error) {
	query, follow, err := parseLogQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	asEvents := false
	if follow {
		asEvents, err = wantsEvents(c.request)
	} else {
		_, err = negotiate(c.request, plainType, linesType, streamType) // it is JSON in any case
	}
	if err != nil {
		return reply{}, err
	}
	request := c.api.RESTClient().Get().Namespace(found.Namespace).Resource("apps").Name(found.Name).SubResource("logs").
		Param("component", c.param("appComponent"))
	for name := range query {
		request = request.Param(name, query.Get(name))
	}
	ctx, cancel := context.WithCancel(c.ctx())
	log, err := request.Stream(ctx)
	if err != nil {
		cancel()
		return reply{}, err
	}
	if follow {
		allowed := func() error { return c.reviewIn(found.Namespace, "get", "apps", "logs", found.Name) }
		return reply{followed: &followedLog{log: log, cancel: cancel, asEvents: asEvents, allowed: allowed}}, nil
	}
	defer cancel()
	defer func() { _ = log.Close() }()
	lines, err := readLog(log)
	if err != nil {
		return reply{}, fmt.Errorf("%w: reading the log: %w", unavailable("the log broke off, try again", 0), err)
	}
	return reply{body: lines}, nil
}

// parseLogQuery returns the query of the native door.
func parseLogQuery(query url.Values) (native url.Values, follow bool, err error) {
	native = url.Values{}
	var problems field.ErrorList
	switch value := query.Get("follow"); value {
	case "true":
		native.Set("follow", value)
		follow = true
	case "", "false":
	default:
		problems = append(problems, field.NotSupported(field.NewPath("follow"), value, []string{"true", "false"}))
	}
	for _, number := range []struct {
		name, native string
		most         int64
	}{{"tail", "tailLines", maxLogTail}, {"sinceSeconds", "sinceSeconds", maxSeconds}} {
		if !query.Has(number.name) {
			continue
		}
		value, err := strconv.ParseInt(query.Get(number.name), 10, 64)
		if err != nil || value < 1 || value > number.most {
			problems = append(problems, field.Invalid(field.NewPath(number.name), query.Get(number.name), fmt.Sprintf("must be from 1 to %d", number.most)))
			continue
		}
		native.Set(number.native, strconv.FormatInt(value, 10))
	}
	if len(problems) > 0 {
		return nil, false, invalid(problems...)
	}
	return native, follow, nil
}

// wantsEvents says whether a log that is followed is sent as events.
func wantsEvents(r *http.Request) (bool, error) {
	chosen, err := negotiate(r, linesType, streamType)
	return chosen == streamType, err
}

func readLog(log io.Reader) ([]logLine, error) {
	lines := []logLine{}
	scanner := bufio.NewScanner(log)
	scanner.Buffer(nil, maxLogLine)
	for scanner.Scan() {
		var line logLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, scanner.Err()
}

// followedLog is a log that is sent as it is written.
type followedLog struct {
	log      io.ReadCloser
	cancel   context.CancelFunc
	asEvents bool
	// allowed returns why the caller may not read any more, or nil.
	allowed func() error
}

// serve sends the log until it ends, its client leaves or the caller may not see
// it any more.
func (f *followedLog) serve(w http.ResponseWriter, r *http.Request, heartbeat time.Duration) {
	defer func() { _ = f.log.Close() }()
	defer f.cancel()
	w.Header().Set("Content-Type", linesType)
	if f.asEvents {
		w.Header().Set("Content-Type", streamType)
	}
	writeHeader(w, http.StatusOK)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := &events{w: w, connection: http.NewResponseController(w)}
	if err := f.relay(ctx, out, heartbeat); err != nil && r.Context().Err() == nil {
		klog.FromContext(r.Context()).V(2).Info("Log ends", "path", r.URL.Path, "err", err)
	}
}

func (f *followedLog) relay(ctx context.Context, out *events, heartbeat time.Duration) error {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	lines := make(chan []byte)
	ended := make(chan error, 1)
	go func() {
		ended <- f.scan(ctx, lines)
	}()
	if err := out.connection.Flush(); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ended:
			return err
		case line := <-lines:
			if err := out.send(line); err != nil {
				return err
			}
		case <-ticker.C:
			if err := f.allowed(); err != nil {
				return err
			}
			if !f.asEvents {
				continue
			}
			if err := out.comment("alive"); err != nil {
				return err
			}
		}
	}
}

// scan hands over each line in the form in which it is sent.
func (f *followedLog) scan(ctx context.Context, lines chan<- []byte) error {
	scanner := bufio.NewScanner(f.log)
	scanner.Buffer(nil, maxLogLine)
	for scanner.Scan() {
		frame := append([]byte{}, scanner.Bytes()...)
		if f.asEvents {
			frame = append(append([]byte("data: "), frame...), '\n')
		}
		select {
		case lines <- append(frame, '\n'):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return scanner.Err()
}
