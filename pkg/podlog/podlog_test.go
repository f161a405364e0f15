package podlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func fixed(pod, log string) Source {
	return Source{Component: "web", Pod: pod, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(log)), nil
	}}
}

func stamp(second int) string {
	return time.Date(2025, 1, 1, 0, 0, second, 0, time.UTC).Format(time.RFC3339Nano)
}

func collect(t *testing.T, patience time.Duration, sources ...Source) (out []string) {
	t.Helper()
	err := Merge(t.Context(), sources, patience, func(line Line) error {
		out = append(out, line.Pod+":"+line.Message)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMergeIsInOrderOfTime(t *testing.T) {
	var a, b, c strings.Builder
	var want []string
	for i := range 60 {
		pod, log := "a", &a
		if i%3 == 1 {
			pod, log = "b", &b
		} else if i%7 == 0 {
			pod, log = "c", &c
		}
		fmt.Fprintf(log, "%s line %d\n", stamp(i), i)
		want = append(want, fmt.Sprintf("%s:line %d", pod, i))
	}
	for _, patience := range []time.Duration{0, time.Second} {
		if got := collect(t, patience, fixed("a", a.String()), fixed("b", b.String()), fixed("c", c.String()), fixed("d", "")); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	}
}

func TestMergeReadsWhatContainersWrite(t *testing.T) {
	long := strings.Repeat("x", 5*MaxMessage)
	got := collect(t, 0, fixed("a", stamp(1)+" \n"+stamp(2)+" a b\r\nno time\n"+stamp(3)+" "+long+"\n"+stamp(4)+" \xff\n"+stamp(5)+" no end"))
	want := []string{"a:", "a:a b", "a:no time", "a:" + got[3][2:], "a:\uFFFD", "a:no end"}
	if !slices.Equal(got, want) || len(got[3]) < MaxMessage/2 || len(got[3]) > MaxMessage+2 || strings.Trim(got[3][2:], "x") != "" {
		t.Errorf("got %.100q", got)
	}
}

// TestSilenceHoldsNobodyUp follows a pod that says nothing beside one that speaks.
func TestSilenceHoldsNobodyUp(t *testing.T) {
	silent, _ := io.Pipe()
	speaking, speak := io.Pipe()
	pipe := func(pod string, r io.ReadCloser) Source {
		return Source{Pod: pod, Open: func(context.Context) (io.ReadCloser, error) { return r, nil }}
	}
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan Line)
	done := make(chan error)
	go func() {
		done <- Merge(ctx, []Source{pipe("silent", silent), pipe("speaking", speaking)}, 50*time.Millisecond, func(line Line) error {
			lines <- line
			return nil
		})
	}()
	for i := range 3 {
		if _, err := fmt.Fprintf(speak, "%s %d\n", stamp(i), i); err != nil {
			t.Fatal(err)
		}
		select {
		case line := <-lines:
			if line.Message != fmt.Sprint(i) {
				t.Errorf("got %+v", line)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("a silent pod holds the other up")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := speak.Write([]byte("x\n")); err == nil {
		t.Error("the log is still open")
	}
}

func TestErrorsEndTheMerge(t *testing.T) {
	broken := errors.New("broken")
	fails := Source{Pod: "a", Open: func(context.Context) (io.ReadCloser, error) { return nil, broken }}
	if err := Merge(t.Context(), []Source{fixed("b", stamp(1)+" x\n"), fails}, 0, func(Line) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := Merge(t.Context(), []Source{fixed("b", stamp(1)+" x\n")}, 0, func(Line) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		lines, bytes int
		want         string
	}{{3, 100, "789"}, {100, 4, "6789"}, {1, 0, "9"}, {100, 100, "0123456789"}} {
		tail := Tail{Lines: c.lines, Bytes: c.bytes}
		for i := range 10 {
			if err := tail.Add(Line{Message: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		for _, line := range tail.Kept() {
			got += line.Message
		}
		if got != c.want {
			t.Errorf("%d lines, %d bytes: got %s, want %s", c.lines, c.bytes, got, c.want)
		}
	}
}
