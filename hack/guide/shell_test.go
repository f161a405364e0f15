package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary the shim, as main does with the program.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "curl" {
		os.Exit(shim(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// echo answers with what it was sent.
func echo(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Date", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("X-Authorization", r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "{%q: %q}", r.Method, body.String())
	}))
	t.Cleanup(server.Close)
	return server
}

func openShell(t *testing.T, o options) *shell {
	t.Helper()
	root := t.TempDir()
	o.target, o.kubectl = filepath.Join(root, "target"), "/bin/true"
	if err := os.WriteFile(o.target, []byte("the target"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runner{options: o, home: filepath.Join(root, "home")}
	s, err := r.newShell(root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func runIn(t *testing.T, s *shell, text string) outcome {
	t.Helper()
	o, err := s.run(t.Context(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// TestShell runs commands that build on each other, with the token that the
// guide's $AUTH cannot carry.
func TestShell(t *testing.T) {
	server := echo(t)
	t.Setenv("KN_TOKEN", "not for the shell")
	s := openShell(t, options{base: server.URL, token: "secret"})
	for _, step := range []struct{ text, stdout, stderr string }{
		{"export A=1; B=2 # comment", "", ""},
		{`echo "$A$B"; bash -c 'echo $A$B'`, "12\n1\n", ""},
		{`echo "$BASE $KN_TOKEN" | cut -c1-4; cat ~/.kube/config`, "http\nthe target", ""},
		{"cat << 'EOF' > body.json\n{\"a\":1}\nEOF\ncat", "", ""},
		{`curl -sS -X PUT "$BASE/x" --data-binary @body.json | cat`, `{"PUT": "{\"a\":1}\n"}`, ""},
		{"echo oops >&2", "", "oops\n"},
	} {
		if o := runIn(t, s, step.text); o.stdout != step.stdout || o.stderr != step.stderr || o.exit != 0 {
			t.Errorf("%s: %d %q %q", step.text, o.exit, o.stdout, o.stderr)
		}
	}
	if o := runIn(t, s, "false | false"); o.exit != 1 {
		t.Errorf("false exits with %d", o.exit)
	}
	o := runIn(t, s, `X=$(curl -sS "$BASE/y" -d '{}' -i)`)
	found, err := exchanges(o.folder)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	e := found[0]
	if e.status != 418 || e.request.Method != http.MethodPost || e.request.URL.Path != "/y" || string(e.sent) != "{}" || string(e.body) != `{"POST": "{}"}` {
		t.Errorf("kept %+v %s %s", e, e.sent, e.body)
	}
	if got := e.header.Get("X-Authorization"); got != "Bearer secret" {
		t.Errorf("curl authenticates with %q", got)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// TestShellEndsWhatHangs ends a command and its children.
func TestShellEndsWhatHangs(t *testing.T) {
	s := openShell(t, options{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.run(ctx, "sleep 60 | cat"); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("it ends with %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := s.close(); err == nil {
		t.Error("a killed shell closes like any other")
	}
}

// untimed is what curl says without how long it took.
func untimed(said bytes.Buffer) string {
	return regexp.MustCompile(`after \d+ ms`).ReplaceAllString(said.String(), "after N ms")
}

// TestShimIsCurl compares the shim with curl itself.
func TestShimIsCurl(t *testing.T) {
	server := echo(t)
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(realCurl, curl)
	for _, args := range [][]string{
		{"-sS", server.URL + "/a"},
		{"-sS", server.URL + "/a", "-i"},
		{"-sS", "-X", "POST", server.URL, "-H", "Content-Type: application/json", "-d", `{"a":"b"}`, "-i"},
		{"-sSf", server.URL},
		{"-sS", "http://127.0.0.1:1/"},
		{"--nonsense"},
	} {
		t.Setenv(stepFolder, t.TempDir())
		var stdout, stderr, wantStdout, wantStderr bytes.Buffer
		code := shim(args, strings.NewReader(""), &stdout, &stderr)
		plain := exec.Command(curl, args...)
		plain.Stdout, plain.Stderr = &wantStdout, &wantStderr
		_ = plain.Run() // its status is compared
		if code != plain.ProcessState.ExitCode() || stdout.String() != wantStdout.String() || untimed(stderr) != untimed(wantStderr) {
			t.Errorf("curl %v: %d %q %q, want %d %q %q", args, code, &stdout, &stderr, plain.ProcessState.ExitCode(), &wantStdout, &wantStderr)
		}
	}
}
