package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/test/restcontract"
)

func TestWant(t *testing.T) {
	for _, test := range []struct {
		want want
		got  string
		ok   bool
	}{
		{"", "", true}, {"", "x", false}, {"web", "web", true}, {"web", "web2", false},
		{"/we+b/", "weeb", true}, {"/we+b/", "weeb2", false}, {"/a.*/", "a\nb", true}, {"/", "/", true}, {"/(/", "(", false},
	} {
		if err := test.want.check(test.got); (err == nil) != test.ok {
			t.Errorf("%q against %q: %v", test.got, test.want, err)
		}
	}
}

func TestCheckFields(t *testing.T) {
	document := `{"a":[{"n":"x","v":3},{"n":"y"}],"m":{}}`
	for expression, wanted := range map[string]want{
		"{.a[*].n}": "x y", "{.a[0].v}": "3", "{.missing}": "", "{.a[3].n}": "", `{.a[?(@.n=="y")].n}`: "y", "{.m}": "{}",
	} {
		if problems := checkFields([]byte(document), map[string]want{expression: wanted}); expression != "{.a[3].n}" && len(problems) > 0 {
			t.Errorf("%s: %v", expression, problems)
		}
		if problems := checkFields([]byte(document), map[string]want{expression: "other"}); len(problems) != 1 {
			t.Errorf("%s is also other", expression)
		}
	}
	if problems := checkFields([]byte("<html>"), map[string]want{"{.a}": ""}); len(problems) != 1 {
		t.Error("a document that is not JSON passes")
	}
}

func TestCheckExample(t *testing.T) {
	example := `[{"name":"web","pods":3,"labels":{"env":"dev"}}]`
	for got, want := range map[string]string{
		`[{"name":"x","pods":0,"labels":{"env":"","b":""},"more":1}]`: "",
		`[]`:                             "is empty",
		`{}`:                             "is map",
		`[{"name":"x","pods":0}]`:        "lacks the field labels",
		`[{"labels":{"env":1}}]`:         "[0].labels.env is float64",
		`[{"labels":{"env":"x"}}]`:       "lacks the field name",
		`[{"labels":null,"name":"web"}]`: "[0].labels is <nil>",
	} {
		var a, b any
		if err := json.Unmarshal([]byte(example), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got), &b); err != nil {
			t.Fatal(err)
		}
		err := checkExample(a, b, "it")
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", got, err, want)
		}
	}
}

// TestJudge holds one answer of a real curl against entries that are wrong in
// one thing each.
func TestJudge(t *testing.T) {
	data, err := os.ReadFile("../../pkg/facade/contract/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	contract, err := restcontract.New(data)
	if err != nil {
		t.Fatal(err)
	}
	server := echo(t)
	s := openShell(t, options{base: server.URL})
	sent := runIn(t, s, `curl -sS "$BASE/api/v1/healthz"`)
	j := judge{contract: contract, examples: map[string]any{"health": map[string]any{"status": "ok"}}}
	for name, test := range map[string]struct {
		outcome outcome
		entry   entry
		want    string
	}{
		"another status":         {sent, entry{Status: 200}, "the answer is 418"},
		"not in the contract":    {sent, entry{Status: 418}, "breaks the contract"},
		"another field":          {sent, entry{Status: 418, Answer: map[string]want{"{.GET}": "x"}}, `{.GET} is ""`},
		"another shape":          {sent, entry{Status: 418, Example: "health"}, "lacks the field status"},
		"a request too many":     {sent, entry{}, "sent 1 requests"},
		"no request":             {runIn(t, s, "true"), entry{Status: 200}, "sent 0 requests"},
		"two requests":           {runIn(t, s, `curl -sS "$BASE"; curl -sS "$BASE"`), entry{Status: 418}, "sent 2 requests"},
		"an exit status":         {runIn(t, s, "false"), entry{}, `the exit status is "1"`},
		"another exit status":    {runIn(t, s, "true"), entry{Exit: "/[12]/"}, `the exit status is "0"`},
		"something on stderr":    {runIn(t, s, "echo x >&2"), entry{}, "stderr is"},
		"another output":         {runIn(t, s, "echo x"), entry{Stdout: "y\n"}, "stdout is"},
		"no answer":              {runIn(t, s, "curl -sS http://127.0.0.1:1/; true"), entry{Status: 200, Stderr: "/.*/"}, "status line"},
		"an option it knows not": {runIn(t, s, `curl -sS -k "$BASE"`), entry{Status: 418}, `does with "-k"`},
	} {
		var found []string
		for _, problem := range j.check(step{entry: test.entry}, test.outcome) {
			found = append(found, problem.Error())
		}
		if !strings.Contains(strings.Join(found, "\n"), test.want) {
			t.Errorf("%s: found %q", name, found)
		}
	}
	if problems := j.check(step{}, runIn(t, s, "echo fine")); len(problems) > 0 {
		t.Errorf("what is fine has problems: %v", problems)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
