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
	dir := flag.String("dir", "_out/krew", "folder for the archives and the manifest")
	flag.Parse()
	build := func(os, arch, to string) error { return compile(os, arch, *ldflags, to) }
	if err := pack(*version, *dir, build); err != nil {
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
func pack(version, dir string, build func(os, arch, to string) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	built := platforms()
	for i := range built {
		p := &built[i]
		binary := filepath.Join(dir, p.OS+"-"+p.Arch, p.Bin)
		if err := build(p.OS, p.Arch, binary); err != nil {
			return err
		}
		digest, err := writeArchive(filepath.Join(dir, p.Archive), binary, license)
		if err != nil {
			return err
		}
		p.SHA256 = digest
	}
	return writeManifest(filepath.Join(dir, filepath.Base(manifestTemplate)), version, built)
}
