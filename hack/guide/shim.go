package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// The environment of the shim: the real curl, and the folder of the running step.
const (
	realCurl   = "GUIDE_CURL"
	stepFolder = "GUIDE_STEP"
)

// sent is what the shim keeps of a call, beside what came back.
type sent struct {
	Args   []string `json:"args"`
	Folder string   `json:"folder"` // where it ran
}

// shim runs curl as it was called, and keeps the call and what came back in the
// step's folder. Output, input and exit status are those of curl.
func shim(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	code, err := record(args, stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "guide:", err)
		return 1
	}
	return code
}

func record(args []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	folder, err := os.MkdirTemp(os.Getenv(stepFolder), "curl-")
	if err != nil {
		return 0, fmt.Errorf("keeping what curl does: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return 0, fmt.Errorf("keeping what curl does: %w", err)
	}
	call, err := json.Marshal(sent{Args: args, Folder: here})
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "sent"), call, 0o600)
	}
	if err != nil {
		return 0, fmt.Errorf("keeping what curl does: %w", err)
	}
	output, err := os.Create(filepath.Join(folder, "output"))
	if err != nil {
		return 0, fmt.Errorf("keeping what curl does: %w", err)
	}
	curl := exec.Command(os.Getenv(realCurl), append([]string{"--dump-header", filepath.Join(folder, "headers")}, args...)...)
	curl.Stdin, curl.Stdout, curl.Stderr = stdin, io.MultiWriter(stdout, output), stderr
	err = errors.Join(curl.Run(), output.Close())
	if exit := (&exec.ExitError{}); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}
