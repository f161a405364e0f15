package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// tool is a nested module under hack/tools and the binaries built from it.
type tool struct {
	module   string
	binaries map[string]string
	// variables are set by the linker: without them the binaries give a
	// development version, and version checks misfire.
	variables map[string]string
}

const kubeVersion = "v1.37.2"

var tools = []tool{
	{
		module: "etcd",
		binaries: map[string]string{
			etcd:      "go.etcd.io/etcd/server/v3",
			"etcdctl": "go.etcd.io/etcd/etcdctl/v3",
			"etcdutl": "go.etcd.io/etcd/etcdutl/v3",
		},
	},
	{
		module: "kubernetes",
		binaries: map[string]string{
			kubeAPIServer:         "k8s.io/kubernetes/cmd/kube-apiserver",
			kubeControllerManager: "k8s.io/kubernetes/cmd/kube-controller-manager",
			kubeScheduler:         "k8s.io/kubernetes/cmd/kube-scheduler",
			"kubectl":             "k8s.io/kubernetes/cmd/kubectl",
		},
		variables: kubeVersionVariables("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"),
	},
	{
		module:   "kwok",
		binaries: map[string]string{kwok: "sigs.k8s.io/kwok/cmd/kwok"},
	},
	{
		module:    "capsule",
		binaries:  map[string]string{capsule: "github.com/projectcapsule/capsule/cmd/controller"},
		variables: map[string]string{"github.com/projectcapsule/capsule/internal/version.GitTag": "v0.14.0"},
	},
	{
		module:    "vela",
		binaries:  map[string]string{velaCore: "github.com/oam-dev/kubevela/cmd/core"},
		variables: map[string]string{"github.com/oam-dev/kubevela/version.VelaVersion": "v1.10.9"},
	},
}

func kubeVersionVariables(packages ...string) map[string]string {
	variables := map[string]string{}
	for _, p := range packages {
		variables[p+".gitVersion"] = kubeVersion
		variables[p+".gitMajor"] = "1"
		variables[p+".gitMinor"] = "37"
		variables[p+".gitTreeState"] = "clean"
		// A module carries no commit; its version is as exact.
		variables[p+".gitCommit"] = kubeVersion
	}
	return variables
}

func runTools(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("tools", flag.ExitOnError)
	printPath := set.Bool("print-path", false, "print the folder of the binaries, to be put on PATH")
	_ = set.Parse(args)
	root, err := repoRoot()
	if err != nil {
		return err
	}
	bin, err := buildTools(ctx, root)
	if err != nil {
		return err
	}
	if *printPath {
		fmt.Println(bin)
	}
	return nil
}

// buildTools builds what is not built yet and returns the folder that links to
// all binaries.
func buildTools(ctx context.Context, root string) (string, error) {
	bin := filepath.Join(root, "_tools", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", fmt.Errorf("creating the folder of the tools: %w", err)
	}
	for _, t := range tools {
		built, err := t.build(ctx, root)
		if err != nil {
			return "", err
		}
		for name := range t.binaries {
			if err := link(filepath.Join(built, name), filepath.Join(bin, name)); err != nil {
				return "", err
			}
		}
	}
	return bin, nil
}

// build returns the cached folder of the tool's binaries. It lies in the
// user's cache, so that a fresh clone finds it too.
func (t tool) build(ctx context.Context, root string) (string, error) {
	source := filepath.Join(root, "hack", "tools", t.module)
	key, err := t.cacheKey(source)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w", err)
	}
	built := filepath.Join(cache, "kubenova", "tools", key)
	if _, err := os.Stat(built); err == nil {
		return built, nil
	}
	start := time.Now()
	fmt.Fprintf(os.Stderr, "building %s ...\n", t.module)
	if err := t.buildInto(ctx, source, built); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "built %s in %.0fs\n", t.module, time.Since(start).Seconds())
	return built, nil
}

// buildInto builds next to the final folder and renames: half a build is never
// found, and two builds at once do no harm.
func (t tool) buildInto(ctx context.Context, source, built string) error {
	if err := os.MkdirAll(filepath.Dir(built), 0o755); err != nil {
		return fmt.Errorf("creating the cache folder: %w", err)
	}
	temporary, err := os.MkdirTemp(filepath.Dir(built), t.module+"-")
	if err != nil {
		return fmt.Errorf("creating a build folder: %w", err)
	}
	defer os.RemoveAll(temporary)
	for name, pkg := range t.binaries {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", t.ldflags(), "-o", filepath.Join(temporary, name), pkg)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("building %s: %w", name, err)
		}
	}
	if err := os.Rename(temporary, built); err != nil {
		if _, statErr := os.Stat(built); statErr != nil {
			return fmt.Errorf("storing the build of %s: %w", t.module, err)
		}
	}
	return nil
}

func (t tool) ldflags() string {
	flags := []string{"-s", "-w"}
	for _, name := range sortedKeys(t.variables) {
		flags = append(flags, "-X", name+"="+t.variables[name])
	}
	return strings.Join(flags, " ")
}

// cacheKey changes with everything that the binaries depend on.
func (t tool) cacheKey(source string) (string, error) {
	hash := sha256.New()
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(source, file))
		if err != nil {
			return "", fmt.Errorf("reading the module of %s: %w", t.module, err)
		}
		hash.Write(data)
	}
	fmt.Fprintln(hash, t.ldflags(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return t.module + "-" + hex.EncodeToString(hash.Sum(nil))[:12], nil
}

func link(target, name string) error {
	if current, err := os.Readlink(name); err == nil && current == target {
		return nil
	}
	temporary := fmt.Sprintf("%s.%d", name, os.Getpid())
	if err := os.Symlink(target, temporary); err != nil {
		return fmt.Errorf("linking a tool: %w", err)
	}
	if err := os.Rename(temporary, name); err != nil {
		return fmt.Errorf("linking a tool: %w", err)
	}
	return nil
}
