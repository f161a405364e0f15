package facade

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// pair is an operation of the contract with a status that it may be answered with.
type pair struct {
	operation string
	status    int
}

// answers are the pairs that checked exchanges had.
type answers struct {
	lock sync.Mutex
	seen map[pair]bool
}

// answered is what the tests of this package saw, of which TestMain alone knows all.
var answered = answers{seen: map[pair]bool{}}

func (a *answers) add(operation string, status int) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.seen[pair{operation, status}] = true
}

// answeredElsewhere are the pairs that no test of this package can produce, each
// with the test that does.
func answeredElsewhere() map[pair]string {
	const cluster = "a cluster has to answer: make guide, test/e2e TestGuide"
	const chain = "given before the facade is asked: pkg/apiserver TestBusyAndEndingDoor"
	return map[pair]string{
		{"getCapabilities", 200}: cluster,
		{"getLogs", 200}:         cluster,
		{"cleanUpCluster", 202}:  "a cluster has to be cleaned up: test/e2e TestCleanup",
		{"getContract", 429}:     chain,
		{"getContract", 503}:     chain,
		{"getDocs", 429}:         chain,
		{"getDocs", 503}:         chain,
		{"getJWKS", 429}:         chain,
		{"getMe", 429}:           chain,
		{"getVersion", 429}:      chain,
		{"getVersion", 503}:      chain,
	}
}

// TestMain fails when the contract declares a status that no test saw, once all
// tests of the package have run. With -v it prints what they saw.
func TestMain(m *testing.M) {
	code := m.Run()
	if !ranAll() {
		os.Exit(code)
	}
	declared, err := declaredPairs()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if testing.Verbose() {
		printPairs(os.Stdout, declared, answered.seen)
	}
	for _, problem := range coverageProblems(declared, answered.seen, answeredElsewhere()) {
		fmt.Println("--- FAIL: contract coverage:", problem)
		code = cmp.Or(code, 1)
	}
	os.Exit(code)
}

// ranAll says whether no flag left tests out.
func ranAll() bool {
	return !slices.ContainsFunc([]string{"test.run", "test.skip", "test.list", "test.fuzz"}, func(name string) bool {
		return flag.Lookup(name).Value.String() != ""
	})
}

// declaredPairs returns what the contract declares.
func declaredPairs() ([]pair, error) {
	checker, err := loadChecker()
	if err != nil {
		return nil, fmt.Errorf("loading the contract: %w", err)
	}
	var out []pair
	for _, operation := range (&Checker{checker}).operations() {
		for key := range operation.Responses.Map() {
			status, err := strconv.Atoi(key)
			if err != nil {
				return nil, fmt.Errorf("a status of %s: %w", operation.OperationID, err)
			}
			out = append(out, pair{operation.OperationID, status})
		}
	}
	slices.SortFunc(out, comparePairs)
	return out, nil
}

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.operation, b.operation), cmp.Compare(a.status, b.status))
}

// coverageProblems returns what is declared and was never answered, and what is
// wrong with the list of what is answered elsewhere.
func coverageProblems(declared []pair, seen map[pair]bool, elsewhere map[pair]string) (problems []string) {
	for _, p := range declared {
		if !seen[p] && elsewhere[p] == "" {
			problems = append(problems, fmt.Sprintf("%s declares %d, which no test was answered with", p.operation, p.status))
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(elsewhere), comparePairs) {
		switch {
		case seen[p]:
			problems = append(problems, fmt.Sprintf("%s was answered with %d here: take it off the list of what is answered elsewhere", p.operation, p.status))
		case !slices.Contains(declared, p):
			problems = append(problems, fmt.Sprintf("%s does not declare %d, which is said to be answered elsewhere", p.operation, p.status))
		}
	}
	return problems
}

// printPairs writes a line for each operation: what it declares, in brackets
// what is answered elsewhere.
func printPairs(out io.Writer, declared []pair, seen map[pair]bool) {
	elsewhere := answeredElsewhere()
	fmt.Fprintf(out, "contract coverage: %d declared statuses, %d of them answered elsewhere\n", len(declared), len(elsewhere))
	last := ""
	for _, p := range declared {
		if p.operation != last {
			fmt.Fprintf(out, "\n    %-26s", p.operation)
			last = p.operation
		}
		switch {
		case seen[p]:
			fmt.Fprintf(out, " %d", p.status)
		case elsewhere[p] != "":
			fmt.Fprintf(out, " [%d]", p.status)
		default:
			fmt.Fprintf(out, " MISSING:%d", p.status)
		}
	}
	fmt.Fprintln(out)
	for _, p := range slices.SortedFunc(maps.Keys(elsewhere), comparePairs) {
		fmt.Fprintf(out, "    %s %d elsewhere: %s\n", p.operation, p.status, elsewhere[p])
	}
}

// TestCoverageFinds gives the comparison every kind of gap.
func TestCoverageFinds(t *testing.T) {
	declared := []pair{{"getA", 200}, {"getA", 404}, {"getB", 200}}
	cases := []struct {
		name      string
		seen      map[pair]bool
		elsewhere map[pair]string
		problems  int
	}{
		{"all seen", map[pair]bool{{"getA", 200}: true, {"getA", 404}: true, {"getB", 200}: true}, nil, 0},
		{"one not seen", map[pair]bool{{"getA", 200}: true, {"getB", 200}: true}, nil, 1},
		{"one elsewhere", map[pair]bool{{"getA", 200}: true, {"getB", 200}: true}, map[pair]string{{"getA", 404}: "x"}, 0},
		{"one elsewhere and here", map[pair]bool{{"getA", 200}: true, {"getA", 404}: true, {"getB", 200}: true}, map[pair]string{{"getA", 404}: "x"}, 1},
		{"one elsewhere that is not declared", map[pair]bool{{"getA", 200}: true, {"getA", 404}: true, {"getB", 200}: true}, map[pair]string{{"getC", 404}: "x"}, 1},
	}
	for _, c := range cases {
		if got := coverageProblems(declared, c.seen, c.elsewhere); len(got) != c.problems {
			t.Errorf("%s: found %q, want %d problems", c.name, got, c.problems)
		}
	}
}
