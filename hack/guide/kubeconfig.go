package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// checkKubeconfig uses the kubeconfig that a command answered with. What it is
// bound to may take a moment to hold.
func checkKubeconfig(ctx context.Context, deadline time.Time, s step, o outcome) error {
	if len(s.Kubeconfig) == 0 {
		return nil
	}
	user, err := kubeconfigDoor(o)
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(s.Kubeconfig)) {
		err := eventually(ctx, deadline, func() error {
			status, body, err := user.call(ctx, http.MethodGet, path, nil)
			if err == nil && status != s.Kubeconfig[path] {
				err = fmt.Errorf("GET %s is %d %.200s, want %d", path, status, body, s.Kubeconfig[path])
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("with the kubeconfig: %w", err)
		}
	}
	return nil
}

func kubeconfigDoor(o outcome) (door, error) {
	found, err := exchanges(o.folder)
	if err != nil || len(found) != 1 {
		return door{}, fmt.Errorf("there are %d answers: %w", len(found), err)
	}
	var answer struct {
		Kubeconfig []byte // JSON carries bytes as base64
	}
	if err := json.Unmarshal(found[0].body, &answer); err != nil {
		return door{}, fmt.Errorf("reading the answer with a kubeconfig: %w", err)
	}
	file := filepath.Join(o.folder, "kubeconfig")
	if err := os.WriteFile(file, answer.Kubeconfig, 0o600); err != nil {
		return door{}, err
	}
	return clusterDoor(file)
}
