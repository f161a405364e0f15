package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// slowAttacks are answers that do not come, or come in drops.
func slowAttacks() []Attack {
	const expected = "503 within 12s; others are answered within 1s"
	return []Attack{
		{Name: "never answer", Expected: expected, Try: func(ctx context.Context, f *Field) string {
			return f.slowed(ctx, "silent", func(_ http.ResponseWriter, r *http.Request) bool {
				hold(r)
				return true
			})
		}},
		{Name: "answer in drops", Expected: expected, Try: func(ctx context.Context, f *Field) string {
			return f.slowed(ctx, "drops", func(w http.ResponseWriter, r *http.Request) bool {
				for range 60 {
					say(w, " ")
					if http.NewResponseController(w).Flush() != nil {
						break
					}
					select {
					case <-r.Context().Done():
						return true
					case <-time.After(time.Second):
					}
				}
				return true
			})
		}},
		{Name: "lie about what it serves", Expected: "503 within 12s; others are answered within 1s", Try: func(ctx context.Context, f *Field) string {
			return f.slowed(ctx, "discovery", func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/apis" {
					return false
				}
				// More groups than are read, and deeper than any answer is.
				say(w, `{"groups":[`+strings.Repeat(`{"name":"x","versions":[{"groupVersion":"core.oam.dev/v1beta1"}]},`, 100000)+strings.Repeat("[", 20000)+`]}`)
				return true
			})
		}},
	}
}

// hold keeps a request until its client gives up, or for a minute.
func hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(time.Minute):
	}
}

// slowed asks a hostile cluster, and meanwhile for others.
func (f *Field) slowed(ctx context.Context, name string, behave func(http.ResponseWriter, *http.Request) bool) string {
	return f.hostile(ctx, name, behave, func(cluster string, _ *server) string {
		ended := make(chan string, 1)
		go func() {
			begun := time.Now()
			got := f.admin.do(ctx, http.MethodGet, "/clusters/"+cluster+"/capabilities", "")
			if took := time.Since(begun); took > 12*time.Second {
				ended <- fmt.Sprintf("%s after %s", got, took.Round(time.Second))
				return
			}
			ended <- got.String() + " within 12s"
		}()
		slowest := time.Duration(0)
		for {
			begun := time.Now()
			got := f.mine.owner.do(ctx, http.MethodGet, f.mine.path(f.Home), "")
			if got.code != http.StatusOK {
				return "others are answered " + got.String()
			}
			slowest = max(slowest, time.Since(begun))
			select {
			case seen := <-ended:
				if slowest > time.Second {
					return fmt.Sprintf("%s; others are answered within %s", seen, slowest.Round(time.Millisecond))
				}
				return seen + "; others are answered within 1s"
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
}
