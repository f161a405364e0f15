package facade_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/facade"
)

// routesPage tells people of every route.
const routesPage = "../../docs/rest-api.md"

// documented is a row of the page.
type documented struct {
	who, does            string
	statuses, parameters []string
}

// TestDocsNameEveryRoute compares the tables of docs/rest-api.md with the contract,
// both ways: the routes, the statuses that not every route has, and the parameters.
func TestDocsNameEveryRoute(t *testing.T) {
	page, err := os.ReadFile(routesPage)
	if err != nil {
		t.Fatal(err)
	}
	rows := documentedRoutes(t, string(page))
	for _, o := range facade.Operations(t) {
		key := o.Method + " " + o.Path
		row, ok := rows[key]
		if !ok {
			t.Errorf("%s is not in %s", key, routesPage)
			continue
		}
		delete(rows, key)
		if want := ownStatuses(o); !slices.Equal(row.statuses, want) {
			t.Errorf("%s is said to answer with %v besides what every route can, the contract has %v", key, row.statuses, want)
		}
		if want := ownParameters(o); !slices.Equal(row.parameters, want) {
			t.Errorf("%s is said to take %v, the contract has %v", key, row.parameters, want)
		}
		if row.who == "" || row.does == "" {
			t.Errorf("%s does not say who may, or what it does", key)
		}
	}
	for key := range rows {
		t.Errorf("%s is in %s and not in the contract", key, routesPage)
	}
}

// documentedRoutes reads the rows of the tables of routes.
func documentedRoutes(t *testing.T, page string) map[string]documented {
	t.Helper()
	long := map[byte]string{
		'C': "/clusters/{cluster}", 'T': "/clusters/{cluster}/tenants/{tenant}", 'P': "/clusters/{cluster}/tenants/{tenant}/projects/{project}",
		'A': "/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}",
	}
	out := map[string]documented{}
	for _, line := range strings.Split(page, "\n") {
		found := regexp.MustCompile("^\\| `(GET|POST|PUT|DELETE) ([^`]+)` \\|(.*)\\|$").FindStringSubmatch(line)
		if found == nil {
			continue
		}
		path := found[2]
		if whole := long[path[0]]; whole != "" {
			path = whole + path[1:]
		}
		cells := strings.Split(found[3], "|")
		if len(cells) != 3 {
			t.Errorf("%s has %d cells", line, len(cells)+1)
			continue
		}
		row := documented{who: strings.TrimSpace(cells[0]), does: strings.TrimSpace(cells[1])}
		row.statuses = regexp.MustCompile(`\b[2-5]\d\d\b`).FindAllString(cells[2], -1)
		for _, name := range regexp.MustCompile("`[^`]+`").FindAllString(cells[2], -1) {
			row.parameters = append(row.parameters, strings.Trim(name, "`"))
		}
		out[found[1]+" "+path] = row
	}
	return out
}

// ownStatuses returns what an operation answers with that not every one does.
func ownStatuses(o facade.Operation) (own []string) {
	for status := range o.Responses.Map() {
		if code, err := strconv.Atoi(status); err == nil && !slices.Contains([]int{400, 401, 413, 415, 422, 429, 500, 503}, code) {
			own = append(own, status)
		}
	}
	slices.Sort(own)
	return own
}

// ownParameters returns the parameters of an operation's query but dryRun.
func ownParameters(o facade.Operation) (own []string) {
	for _, parameter := range o.Parameters {
		if parameter.In == "query" && parameter.Name != "dryRun" {
			own = append(own, parameter.Name)
		}
	}
	return own
}
