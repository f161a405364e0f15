// Command testsummary adds up the results of several test runs, read from files
// of `go test -json` events, and prints them as one line:
// N passed, N failed, N skipped.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	total, err := summarize(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(1)
	}
	fmt.Println(total)
	if total.failed > 0 {
		os.Exit(1)
	}
}

// counts are numbers of tests, subtests included. A package that fails without
// a failed test, such as one that does not compile, counts as one failure.
type counts struct{ passed, failed, skipped int }

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

func (c *counts) add(other counts) {
	c.passed += other.passed
	c.failed += other.failed
	c.skipped += other.skipped
}

func summarize(files []string) (counts, error) {
	var total counts
	for _, name := range files {
		one, err := summarizeFile(name)
		if err != nil {
			return counts{}, err
		}
		// A suite without tests is a mistake in the call, not a success.
		if one == (counts{}) {
			return counts{}, fmt.Errorf("no test has run in %s", name)
		}
		total.add(one)
	}
	return total, nil
}

func summarizeFile(name string) (counts, error) {
	file, err := os.Open(name)
	if err != nil {
		return counts{}, fmt.Errorf("opening test results: %w", err)
	}
	defer file.Close()
	one, err := count(file)
	if err != nil {
		return counts{}, fmt.Errorf("reading test results %s: %w", name, err)
	}
	return one, nil
}

type event struct {
	Action, Package, Test string
}

func count(r io.Reader) (counts, error) {
	var total counts
	// Failed tests per package, to tell whether a failed package adds one.
	failedTests := map[string]int{}
	reader := bufio.NewReader(r)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 && line[0] == '{' {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				return counts{}, fmt.Errorf("decoding a test event: %w", err)
			}
			total.apply(e, failedTests)
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return counts{}, err
		}
	}
}

func (c *counts) apply(e event, failedTests map[string]int) {
	isTest := e.Test != ""
	switch {
	case e.Action == "pass" && isTest:
		c.passed++
	case e.Action == "skip" && isTest:
		c.skipped++
	case e.Action == "fail" && isTest:
		c.failed++
		failedTests[e.Package]++
	case e.Action == "fail" && failedTests[e.Package] == 0:
		c.failed++
	}
}
