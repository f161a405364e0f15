package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const moduleLine = "module github.com/kubenova/kubenova"

// repoRoot finds the checkout that the working folder lies in, so that the
// program runs from any folder of it.
func repoRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the working folder: %w", err)
	}
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		first, _, _ := strings.Cut(string(data), "\n")
		if err == nil && strings.TrimSpace(first) == moduleLine {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside a checkout of KubeNova")
		}
		dir = parent
	}
}
