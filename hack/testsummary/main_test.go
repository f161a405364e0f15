package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCount(t *testing.T) {
	for _, test := range []struct {
		name, events string
		want         counts
	}{
		{
			name: "tests and subtests",
			events: `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p"}`,
			want: counts{passed: 2, skipped: 1},
		},
		{
			name: "a failed test counts once",
			events: `{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			want: counts{failed: 1},
		},
		{
			name: "a package that does not compile",
			events: `{"Action":"build-fail","ImportPath":"p"}
some text of the compiler
{"Action":"fail","Package":"p","FailedBuild":"p"}`,
			want: counts{failed: 1},
		},
		{name: "a package without tests", events: `{"Action":"skip","Package":"p"}`},
	} {
		got, err := count(strings.NewReader(test.events))
		if err != nil || got != test.want {
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
	if _, err := count(strings.NewReader(`{"Action":`)); err == nil {
		t.Error("half an event: no error")
	}
}

func TestSummarize(t *testing.T) {
	dir := t.TempDir()
	write := func(name, events string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(events), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	one := write("one", `{"Action":"pass","Package":"p","Test":"T"}`)
	two := write("two", `{"Action":"fail","Package":"q","Test":"T"}`)
	empty := write("empty", "")

	total, err := summarize([]string{one, two})
	if err != nil || total.String() != "1 passed, 1 failed, 0 skipped" {
		t.Errorf("summarize = %q, %v", total, err)
	}
	for _, files := range [][]string{{empty}, {one, empty}, {one, filepath.Join(dir, "missing")}} {
		if total, err := summarize(files); err == nil {
			t.Errorf("%v: %v without an error", files, total)
		}
	}
}
