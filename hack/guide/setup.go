package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// clusterName is how the guide registers its cluster.
const clusterName = "dev"

// newShell starts a shell as the reader of the guide has one: kubectl, curl and
// jq in PATH, and the kubeconfig of the target in ~/.kube/config. A token comes
// from curl's own configuration, since the guide's unquoted $AUTH splits it.
func (r *runner) newShell(root string) (*shell, error) {
	bin, work, curlHome := filepath.Join(root, "bin"), filepath.Join(root, "work"), filepath.Join(root, "curl")
	for _, dir := range []string{bin, work, curlHome, filepath.Join(r.home, ".kube"), filepath.Join(root, "steps")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	curl, err := exec.LookPath("curl")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(
		os.Symlink(self, filepath.Join(bin, "curl")),
		os.Symlink(r.kubectl, filepath.Join(bin, "kubectl")),
		r.useKubeconfig(r.options.target),
	); err != nil {
		return nil, err
	}
	if r.token != "" {
		config := fmt.Sprintf("header = \"Authorization: Bearer %s\"\n", r.token)
		if err := os.WriteFile(filepath.Join(curlHome, ".curlrc"), []byte(config), 0o600); err != nil {
			return nil, err
		}
	}
	return startShell(work, filepath.Join(root, "steps"), []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + r.home, "CURL_HOME=" + curlHome, "TMPDIR=" + work,
		"LC_ALL=C.UTF-8", "BASE=" + r.base, realCurl + "=" + curl,
	})
}

// useKubeconfig makes a file the ~/.kube/config of the shell.
func (r *runner) useKubeconfig(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.home, ".kube", "config"), data, 0o600)
}

// refuseLeftovers stops before something that the guide does not expect: it
// would be taken for the guide's own, and removed in the end.
func (r *runner) refuseLeftovers(ctx context.Context) error {
	status, body, err := r.rest.call(ctx, http.MethodGet, "/clusters/"+clusterName, nil)
	if err != nil {
		return fmt.Errorf("reaching %s: %w", r.base, err)
	}
	if status != http.StatusNotFound {
		return fmt.Errorf("%s answers %d %.200s for the cluster %s, which the guide makes itself: delete it first", r.base, status, body, clusterName)
	}
	return nil
}

// cleanUp removes the guide's cluster with its tenants, and waits until nothing
// of them is left on the target.
func (r *runner) cleanUp(ctx context.Context) error {
	cluster := "/clusters/" + clusterName
	status, body, err := r.rest.call(ctx, http.MethodGet, cluster+"/tenants", nil)
	if err != nil || status == http.StatusNotFound {
		return err
	}
	var tenants []struct{ Name string }
	if err := json.Unmarshal(body, &tenants); err != nil {
		return fmt.Errorf("listing the guide's tenants: %d %w", status, err)
	}
	for _, tenant := range tenants {
		if err := r.remove(ctx, cluster+"/tenants/"+tenant.Name); err != nil {
			return err
		}
	}
	return r.remove(ctx, cluster)
}

// remove deletes an object through the REST door and waits until it is gone.
func (r *runner) remove(ctx context.Context, path string) error {
	status, body, err := r.rest.call(ctx, http.MethodDelete, path, nil)
	if err != nil {
		return fmt.Errorf("cleaning up: %w", err)
	}
	if status != http.StatusNoContent && status != http.StatusNotFound {
		return fmt.Errorf("cleaning up: DELETE %s is %d %s", path, status, strings.TrimSpace(string(body)))
	}
	if err := r.rest.await(ctx, time.Now().Add(settle), path, effect{Gone: true}); err != nil {
		return fmt.Errorf("cleaning up: %w", err)
	}
	return nil
}
