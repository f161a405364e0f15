package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const stream = `
{"config":{"protocol_version":"v1.0.0","db_last_modified":"2026-08-20T20:54:47Z","scan_level":"symbol"}}
{"osv":{"id":"GO-1","summary":"a bad parser"}}
{"finding":{"osv":"GO-1","fixed_version":"v0.3.8","trace":[{"module":"example.org/text","version":"v0.3.5"}]}}
{"finding":{"osv":"GO-2","trace":[{"module":"example.org/net","version":"v1.0.0","package":"example.org/net/http"}]}}
{"finding":{"osv":"GO-1","fixed_version":"v0.3.8","trace":[{"module":"example.org/text","version":"v0.3.5","function":"Parse"},{"module":"m","function":"main"}]}}
`

func TestParseFindingsKeepsCalledOnly(t *testing.T) {
	found, err := parseFindings(strings.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	want := finding{id: "GO-1", module: "example.org/text", version: "v0.3.5", fixed: "v0.3.8", summary: "a bad parser"}
	if len(found.called) != 1 || found.called["GO-1"] != want {
		t.Errorf("called = %+v, want only %+v", found.called, want)
	}
}

func TestParseFindingsRefuses(t *testing.T) {
	for name, input := range map[string]string{
		"nothing":         ``,
		"no config":       `{"finding":{"osv":"GO-1"}}`,
		"a coarser level": `{"config":{"db_last_modified":"x","scan_level":"module"}}`,
		"half a stream":   `{"config":{"db_last_modified":"x","scan_level":"symbol"}} {"osv":`,
	} {
		if _, err := parseFindings(strings.NewReader(input)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCompare(t *testing.T) {
	called := map[string]finding{"GO-1": {id: "GO-1"}}
	for _, test := range []struct {
		name    string
		allowed map[string]string
		want    string
	}{
		{"accepted", map[string]string{"GO-1": "reason"}, ""},
		{"not accepted", nil, "GO-1: "},
		{"stale entry", map[string]string{"GO-1": "reason", "GO-9": "reason"}, "GO-9 is accepted but not found"},
	} {
		err := compare(called, test.allowed)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: compare = %v, want %q", test.name, err, test.want)
		}
	}
}

func TestParseAllowed(t *testing.T) {
	allowed, err := parseAllowed("# comment\n\nGO-1  we never parse it \n")
	if err != nil || len(allowed) != 1 || allowed["GO-1"] != "we never parse it" {
		t.Errorf("allowed = %v, %v", allowed, err)
	}
	for _, text := range []string{"GO-1", "GO-1 ", "GO-1 a\nGO-1 b"} {
		if _, err := parseAllowed(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func archive(t *testing.T, names ...string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	files := tar.NewWriter(zipped)
	for _, name := range names {
		if err := files.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write([]byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestOpenDatabase(t *testing.T) {
	data := archive(t, "db/ID/GO-1.json", "db/index/db.json")
	file := filepath.Join(t.TempDir(), "vulndb.tar.gz")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/vulndb.tar.gz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	}))
	defer server.Close()

	for _, name := range []string{file, server.URL + "/vulndb.tar.gz"} {
		databaseURL, cleanup, err := openDatabase(context.Background(), name)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(databaseURL)
		if err != nil || parsed.Scheme != "file" {
			t.Fatalf("%s: url %q, %v", name, databaseURL, err)
		}
		if _, err := os.Stat(filepath.Join(parsed.Path, "ID", "GO-1.json")); err != nil {
			t.Error(err)
		}
		cleanup()
		if _, err := os.Stat(parsed.Path); !os.IsNotExist(err) {
			t.Errorf("%s: left behind after cleanup: %v", name, err)
		}
	}
	for _, name := range []string{"", "https://example.org/db"} {
		if databaseURL, _, err := openDatabase(context.Background(), name); err != nil || databaseURL != name {
			t.Errorf("openDatabase(%q) = %q, %v", name, databaseURL, err)
		}
	}
	for _, name := range []string{"missing.tar.gz", server.URL + "/other.tar.gz"} {
		if _, _, err := openDatabase(context.Background(), name); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"a name that leads out": archive(t, "db/index/db.json", "../../escaped"),
		"no index":              archive(t, "db/ID/GO-1.json"),
		"not an archive":        []byte("text"),
	} {
		dir := filepath.Join(t.TempDir(), "a", "b")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if root, err := unpack(bytes.NewReader(data), dir); err == nil {
			t.Errorf("%s: unpacked to %s", name, root)
		}
	}
}
