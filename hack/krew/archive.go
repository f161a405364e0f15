package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// platform is one that the plugin is built for.
type platform struct{ OS, Arch, Bin, Archive, SHA256 string }

// parsePlatforms reads platforms such as "linux/amd64 windows/arm64".
func parsePlatforms(text string) (out []platform, err error) {
	for _, field := range strings.Fields(text) {
		system, arch, found := strings.Cut(field, "/")
		if !found {
			return nil, fmt.Errorf("platform %q is not OS/ARCH", field)
		}
		bin := "kubectl-kubenova"
		if system == "windows" {
			bin += ".exe"
		}
		out = append(out, platform{OS: system, Arch: arch, Bin: bin, Archive: fmt.Sprintf("kubectl-kubenova_%s_%s.tar.gz", system, arch)})
	}
	if len(out) == 0 {
		return nil, errors.New("no platform is named")
	}
	return out, nil
}

// writeArchive packs files, always into the same bytes, and returns their digest.
func writeArchive(to string, files ...string) (digest string, err error) {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	packed := tar.NewWriter(zipped)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("packing %s: %w", to, err)
		}
		mode := int64(0o644)
		if file != license {
			mode = 0o755
		}
		header := &tar.Header{Name: filepath.Base(file), Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := packed.WriteHeader(header); err != nil {
			return "", fmt.Errorf("packing %s: %w", to, err)
		}
		if _, err := packed.Write(content); err != nil {
			return "", fmt.Errorf("packing %s: %w", to, err)
		}
	}
	if err := packed.Close(); err != nil {
		return "", fmt.Errorf("packing %s: %w", to, err)
	}
	if err := zipped.Close(); err != nil {
		return "", fmt.Errorf("packing %s: %w", to, err)
	}
	sum := sha256.Sum256(out.Bytes())
	return hex.EncodeToString(sum[:]), os.WriteFile(to, out.Bytes(), 0o644)
}

// writeManifest fills the manifest's template in.
func writeManifest(to, version string, built []platform) error {
	parsed, err := template.ParseFiles(manifestTemplate)
	if err != nil {
		return fmt.Errorf("reading the template of the manifest: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, map[string]any{"Version": version, "Platforms": built}); err != nil {
		return fmt.Errorf("writing %s: %w", to, err)
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
