package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

var errGone = errors.New("the process is gone")

// startTime returns when a process started, in clock ticks since boot. A
// zombie counts as gone: it holds no port and no file.
func startTime(pid int) (uint64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, errGone
	}
	return parseStat(string(data))
}

// parseStat reads field 22 of proc(5)'s stat. Field 2, the name, may hold
// blanks and brackets, so fields are counted from its last closing bracket.
func parseStat(stat string) (uint64, error) {
	_, rest, found := cutLast(stat, ")")
	fields := strings.Fields(rest)
	if !found || len(fields) < 20 {
		return 0, fmt.Errorf("reading a process's stat: unexpected form %q", stat)
	}
	if state := fields[0]; state == "Z" || state == "X" {
		return 0, errGone
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading a process's start time: %w", err)
	}
	return start, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
