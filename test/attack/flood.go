package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// floodAttacks are answers without end: those of a cluster whose owner would have
// KubeNova run out of memory or time.
func floodAttacks() []Attack {
	return []Attack{
		{Name: "answer a question without end", Expected: "503; KubeNova hung up", Try: func(ctx context.Context, f *Field) string {
			return f.flooded(ctx, "flood-version", func(r *http.Request) bool { return r.URL.Path == "/version" }, ` `, func(cluster string) string {
				return f.admin.do(ctx, http.MethodGet, "/clusters/"+cluster+"/capabilities", "").String()
			})
		}},
		{Name: "list without end", Expected: "the list was read; KubeNova hung up", Try: func(ctx context.Context, f *Field) string {
			return f.flooded(ctx, "flood-list", isWholeList, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[`, nil)
		}},
		{Name: "watch with an event without end", Expected: "the list was read; KubeNova hung up", Try: func(ctx context.Context, f *Field) string {
			return f.flooded(ctx, "flood-watch", func(r *http.Request) bool { return r.URL.Query().Get("watch") != "" },
				`{"type":"ADDED","object":{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"`, nil)
		}},
		{Name: "pages without end", Expected: "200 unavailable within 15s", Try: endlessPages},
		{Name: "an amount that takes hours to read", Expected: "200 unavailable within 15s", Try: longAmount},
	}
}

// isWholeList matches the lists with which a watch begins.
func isWholeList(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/rolebindings") && r.URL.Query().Get("watch") == ""
}

// floods is how many answers have no end: what asks first is not always what is meant.
const floods = 3

// floodBytes is what is sent at most: more than KubeNova may read of any answer, and
// little enough for the machine of who tries.
const floodBytes = 192 << 20

// flooded answers what matches with a beginning and then on and on, and says whether
// KubeNova hung up before all was sent.
func (f *Field) flooded(ctx context.Context, name string, match func(*http.Request) bool, beginning string, try func(cluster string) string) string {
	var begun, all, hungUp atomic.Int64
	chunk := []byte(strings.Repeat("x", 1<<16))
	behave := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("sendInitialEvents") != "" && !match(r) {
			http.Error(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422}`, http.StatusUnprocessableEntity)
			return true
		}
		if !match(r) || begun.Add(1) > floods {
			return false
		}
		say(w, beginning)
		for range floodBytes / len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				hungUp.Add(1)
				return true
			}
		}
		all.Add(1)
		return true
	}
	return f.hostile(ctx, name, behave, func(cluster string, _ *server) string {
		seen := "the list was read"
		if try != nil {
			seen = try(cluster)
		}
		problem := until(ctx, 40*time.Second, func() string {
			switch {
			case all.Load() > 0:
				return ""
			case hungUp.Load() == 0:
				return fmt.Sprintf("%d answers have begun and none has ended", begun.Load())
			}
			return ""
		})
		switch {
		case problem != "":
			return seen + "; " + problem
		case all.Load() > 0:
			return fmt.Sprintf("%s; KubeNova read all of %d MiB", seen, floodBytes>>20)
		}
		return seen + "; KubeNova hung up"
	})
}

// onHostile makes a tenant on a hostile cluster and asks what it uses.
func (f *Field) onHostile(ctx context.Context, name string, behave func(http.ResponseWriter, *http.Request) bool) string {
	return f.hostile(ctx, name, behave, func(cluster string, _ *server) string {
		tenant := "atk-" + f.id + "-" + name
		if err := f.admin.do(ctx, http.MethodPost, "/clusters/"+cluster+"/tenants", encode(map[string]any{"name": tenant})).must(nil); err != nil {
			return "error: " + err.Error()
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(ctx, 16*time.Second)
		defer cancel()
		got := f.admin.do(ctx, http.MethodGet, "/tenants/"+tenant+"/usage", "")
		var told struct{ Source string }
		_ = got.must(&told) // an answer without it differs from what is expected
		if took := time.Since(begun); took > 15*time.Second {
			return fmt.Sprintf("%s %s after %s", got, told.Source, took.Round(time.Second))
		}
		return fmt.Sprintf("%s %s within 15s", got, told.Source)
	})
}

// namespaceOf answers the question for a tenant's namespaces with one.
func namespaceOf(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/api/v1/namespaces" || r.URL.Query().Get("watch") != "" {
		return false
	}
	say(w, `{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"pods"}}]}`)
	return true
}

func isPods(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/pods") && r.URL.Query().Get("watch") == ""
}

// endlessPages has one more page of pods after each.
func endlessPages(ctx context.Context, f *Field) string {
	return f.onHostile(ctx, "pages", func(w http.ResponseWriter, r *http.Request) bool {
		if isPods(r) {
			say(w, `{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"more"},"items":[]}`)
			return true
		}
		return namespaceOf(w, r)
	})
}

// longAmount has a pod that requests 10 to the power of 999999999.
func longAmount(ctx context.Context, f *Field) string {
	return f.onHostile(ctx, "amount", func(w http.ResponseWriter, r *http.Request) bool {
		if isPods(r) {
			say(w, `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"x"},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1e999999999"}}}]}}]}`)
			return true
		}
		return namespaceOf(w, r)
	})
}
