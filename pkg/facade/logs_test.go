package facade

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestParseLogQuery(t *testing.T) {
	for _, c := range []struct {
		query, native string
		follow        bool
		wrong         string
	}{
		{"", "", false, ""},
		{"follow=false&tail=10000", "tailLines=10000", false, ""},
		{"follow=true&tail=1&sinceSeconds=60", "follow=true&sinceSeconds=60&tailLines=1", true, ""},
		{"follow=yes", "", false, "follow"},
		{"tail=0", "", false, "tail"},
		{"tail=10001", "", false, "tail"},
		{"tail=x", "", false, "tail"},
		{"sinceSeconds=-1", "", false, "sinceSeconds"},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		native, follow, err := parseLogQuery(query)
		if c.wrong != "" {
			if err == nil || translate(err).status != 422 || translate(err).details[0].Field != c.wrong {
				t.Errorf("%s: got %v, want an error about %s", c.query, err, c.wrong)
			}
			continue
		}
		if err != nil || native.Encode() != c.native || follow != c.follow {
			t.Errorf("%s: got %s %v %v", c.query, native.Encode(), follow, err)
		}
	}
}

// TestFollowedLog sends a log in both forms, until the caller may not read it.
func TestFollowedLog(t *testing.T) {
	const log = `{"ts":"2025-01-01T00:00:00Z","component":"web","pod":"a","message":"<x>"}` + "\n"
	for accept, want := range map[string]string{"": log, "application/x-ndjson": log, "text/event-stream": "data: " + log + "\n"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", accept)
		asEvents, err := wantsEvents(r)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		followed := &followedLog{log: &kept{Reader: strings.NewReader(log)}, cancel: func() {}, asEvents: asEvents, allowed: func() error { return nil }}
		followed.serve(w, r, time.Hour)
		if w.Body.String() != want || w.Code != 200 {
			t.Errorf("%q: got %d %q, want %q", accept, w.Code, w.Body, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	silent := &kept{closed: make(chan struct{})}
	followed := &followedLog{log: silent, cancel: func() { close(silent.closed) }, allowed: func() error { return forbidden("no more") }}
	done := make(chan struct{})
	go func() {
		followed.serve(httptest.NewRecorder(), r, 10*time.Millisecond)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("a caller who may not read any more still does")
	}
	r.Header.Set("Accept", "text/html")
	if _, err := wantsEvents(r); err == nil || translate(err).status != 406 {
		t.Errorf("got %v, want 406", err)
	}
}

// kept is a log that ends, or that stays open until it is closed.
type kept struct {
	*strings.Reader
	closed chan struct{}
}

func (k *kept) Read(p []byte) (int, error) {
	if k.closed == nil {
		return k.Reader.Read(p)
	}
	<-k.closed
	return 0, http.ErrBodyReadAfterClose
}

func (*kept) Close() error { return nil }
