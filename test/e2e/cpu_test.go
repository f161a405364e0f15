//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tick is the unit in which Linux counts the time of processes.
const tick = 10 * time.Millisecond

// cpu returns how long each process of the platform has had a processor.
func (p platform) cpu(t *testing.T) map[string]time.Duration {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(p.kubeconfig), "pids", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("records of processes: %v, %v", files, err)
	}
	used := map[string]time.Duration{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var process struct {
			Name string
			PID  int
		}
		if err := json.Unmarshal(data, &process); err != nil {
			t.Fatal(err)
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process.PID))
		if err != nil {
			t.Fatal(err)
		}
		// The name, in parentheses, may have spaces; utime and stime are fields 14 and 15.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, field := range fields[11:13] {
			ticks, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			used[process.Name] += time.Duration(ticks) * tick
		}
	}
	return used
}

// tellCPU tells what each process has used since before, for each of so many apps.
func (p platform) tellCPU(t *testing.T, before map[string]time.Duration, apps int) {
	t.Helper()
	after := p.cpu(t)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		t.Logf("cpu per app: %8s %s", ((after[name] - before[name]) / time.Duration(apps)).Round(100*time.Microsecond), name)
	}
}
