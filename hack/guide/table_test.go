package main

import (
	"slices"
	"strings"
	"testing"
)

func table(t *testing.T) []group {
	t.Helper()
	groups, err := readTable()
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// TestTableCoversGuide lays the table over the guide as it is.
func TestTableCoversGuide(t *testing.T) {
	g := parsed(t, readText(t))
	steps, err := plan(g, table(t))
	if err != nil {
		t.Fatal(err)
	}
	var first, again []string
	for _, s := range steps {
		name := s.section + " " + s.command.name
		if s.again {
			again = append(again, name)
		} else {
			first = append(first, name)
		}
		if (s.Status != 0) != strings.Contains(s.text, "curl ") {
			t.Errorf("line %d: the entry has status %d", s.line, s.Status)
		}
	}
	var want, policySets []string
	for _, c := range g.commands {
		want = append(want, c.section+" "+c.name)
		if c.section == "6" {
			policySets = append(policySets, "6 "+c.name)
		}
	}
	if !slices.Equal(first, want) {
		t.Errorf("the first run is not the guide:\n%s", strings.Join(first, "\n"))
	}
	wantAgain := slices.Concat(
		[]string{
			"5 export APP_NAME=${APP_NAME:-hello}", "5 POST P/apps", `5 export APP_ID=$(echo "$APP_JSON" | jq -r .uid)`, `5 echo "$APP_ID"`,
			"5 POST A/image-update", "5 POST A:deploy", "5 POST A:deploy",
		}, policySets, []string{"5 GET A/diff/1/2", "5 GET A/logs/web"})
	if !slices.Equal(again, wantAgain) {
		t.Errorf("again run\n%s", strings.Join(again, "\n"))
	}
	if last := steps[len(steps)-1]; last.section != scratchSection {
		t.Errorf("the last command is of section %s", last.section)
	}
}

// TestPlanFindsDifferences changes the guide, or the table, a little.
func TestPlanFindsDifferences(t *testing.T) {
	text := readText(t)
	swap := func(from, to string) string {
		if !strings.Contains(text, from) {
			t.Fatalf("the guide has no %q", from)
		}
		return strings.Replace(text, from, to, 1)
	}
	health := `curl -sS "$BASE/api/v1/healthz"` + "\n"
	for name, test := range map[string]struct{ text, want string }{
		"a command too many":  {swap(health, health+health), `the table has "GET /readyz" where the guide has "GET /healthz"`},
		"a command too few":   {swap(health, ""), `the table has "GET /healthz" where the guide has "GET /readyz"`},
		"another method":      {swap(`-X DELETE "$BASE/api/v1/clusters/$CLUSTER_ID"`, `-X PUT "$BASE/api/v1/clusters/$CLUSTER_ID"`), `where the guide has "PUT C"`},
		"one more at the end": {swap("kubectl get pods -A\n", "kubectl get pods -A\nkubectl get pv\n"), `"kubectl get pv" has no entry`},
		"one less at the end": {swap("kubectl get pods -A\n", ""), `section 10 has no command "kubectl get pods -A"`},
		"a new section":       {text + "\n## 11) More\n```bash\ntrue\n```\n", "section 11 is not in the table"},
		"a new example":       {text + "\n::: details Example response — more\n```json\n{}\n```\n", `"more" is compared with no answer`},
		"an example less":     {swap("Example response — traits", "Example response — other"), `the guide has no example "traits"`},
		"nothing to repeat":   {swap("/image-update", "/image"), `section 5 has no command "POST A/image-update" to run again`},
	} {
		if _, err := plan(parsed(t, test.text), table(t)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := table(t)
	if _, err := plan(parsed(t, text), append(twice, twice[0])); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a section twice: %v", err)
	}
}
