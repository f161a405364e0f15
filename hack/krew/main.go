// Command krew packs the kubectl plugin for krew: an archive for each platform, and
// the manifest that names them.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	manifestTemplate = "artifacts/krew/kubenova.yaml"
	license          = "LICENSE"
)

func main() {
	version := flag.String("version", "", "version of the plugin, such as v1.2.3")
	ldflags := flag.String("ldflags", "", "flags of the linker")
	platforms := flag.String("platforms", "", "platforms to build for, such as \"linux/amd64 windows/arm64\"")
	dir := flag.String("dir", "_out/krew", "folder for the archives and the manifest")
	flag.Parse()
	build := func(os, arch, to string) error { return compile(os, arch, *ldflags, to) }
	if err := pack(*version, *platforms, *dir, build); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// compile builds the plugin for a platform.
func compile(goos, arch, ldflags, to string) error {
	command := exec.Command("go", "build", "-trimpath", "-ldflags", ldflags, "-o", to, "./cmd/kubectl-kubenova")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+arch)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("building for %s/%s: %w", goos, arch, err)
	}
	return nil
}

// pack writes an archive for each platform, and the manifest.
func pack(version, wanted, dir string, build func(os, arch, to string) error) error {
	built, err := parsePlatforms(wanted)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	programs, err := os.MkdirTemp("", "krew")
	if err != nil {
		return fmt.Errorf("making a folder for the programs: %w", err)
	}
	defer os.RemoveAll(programs)
	for i := range built {
		p := &built[i]
		binary := filepath.Join(programs, p.OS+"-"+p.Arch, p.Bin)
		if err := build(p.OS, p.Arch, binary); err != nil {
			return err
		}
		if p.SHA256, err = writeArchive(filepath.Join(dir, p.Archive), binary, license); err != nil {
			return err
		}
	}
	return writeManifest(filepath.Join(dir, filepath.Base(manifestTemplate)), version, built)
}
