package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"
)

// manifest is what krew reads of a plugin's manifest, as its index/v1alpha2 has it.
type manifest struct {
	APIVersion string                `json:"apiVersion"`
	Kind       string                `json:"kind"`
	Metadata   struct{ Name string } `json:"metadata"`
	Spec       struct {
		Version          string       `json:"version"`
		ShortDescription string       `json:"shortDescription"`
		Description      string       `json:"description"`
		Caveats          string       `json:"caveats"`
		Homepage         string       `json:"homepage"`
		Platforms        []downloaded `json:"platforms"`
	} `json:"spec"`
}

type downloaded struct {
	URI      string `json:"uri"`
	SHA256   string `json:"sha256"`
	Bin      string `json:"bin"`
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
}

// check is what krew's index/validation asks of a manifest, of which file is the
// name without its ending.
func (m manifest) check(file string) error {
	var errs []error
	want := func(ok bool, problem string) {
		if !ok {
			errs = append(errs, errors.New(problem))
		}
	}
	want(m.APIVersion == "krew.googlecontainertools.github.com/v1alpha2" && m.Kind == "Plugin", "it is no krew plugin")
	want(regexp.MustCompile(`^[\w-]+$`).MatchString(m.Metadata.Name) && m.Metadata.Name == file, "the name is not that of the file")
	_, err := version.ParseSemantic(strings.TrimPrefix(m.Spec.Version, "v"))
	want(err == nil && strings.HasPrefix(m.Spec.Version, "v"), "the version is not v and a semantic version")
	want(m.Spec.ShortDescription != "" && !strings.ContainsAny(m.Spec.ShortDescription, "\r\n"), "the short description is not one line")
	want(len(m.Spec.ShortDescription) <= 50, "the short description is longer than 50 characters, as krew's index has it")
	want(m.Spec.Description != "" && m.Spec.Homepage != "", "it has no description or no homepage")
	want(len(m.Spec.Platforms) > 0, "it has no platforms")
	var selected []string
	for _, p := range m.Spec.Platforms {
		at, err := url.Parse(p.URI)
		want(err == nil && at.Scheme == "https", "the URI "+p.URI+" is none of https")
		want(regexp.MustCompile(`^[a-f0-9]{64}$`).MatchString(p.SHA256), "the digest of "+p.URI+" is no SHA-256")
		want(p.Bin != "" && !strings.Contains(p.Bin, ".."), "the program of "+p.URI+" is not in the archive")
		system, arch := p.Selector.MatchLabels["os"], p.Selector.MatchLabels["arch"]
		want(slices.Contains([]string{"linux", "darwin", "windows"}, system) && slices.Contains([]string{"amd64", "arm64", "386", "arm"}, arch) &&
			len(p.Selector.MatchLabels) == 2, "the selector of "+p.URI+" selects no platform")
		want(!slices.Contains(selected, system+arch), "two archives are for "+system+"/"+arch)
		selected = append(selected, system+arch)
	}
	return errors.Join(errs...)
}

func packed(t *testing.T, version string) (dir string, m manifest) {
	t.Helper()
	t.Chdir("../..")
	dir = t.TempDir()
	build := func(system, arch, to string) error {
		return errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, []byte("program of "+system+"/"+arch), 0o600))
	}
	if err := pack(version, "linux/amd64 darwin/arm64 windows/amd64", dir, build); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "kubenova.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, &m); err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
	return dir, m
}

// TestManifest packs all platforms and installs from the archives as krew does: what
// the manifest says of an archive is so.
func TestManifest(t *testing.T) {
	dir, m := packed(t, "v1.2.3")
	if err := m.check("kubenova"); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(m.Spec.Platforms) != 3 || len(files) != 4 {
		t.Errorf("of %d platforms there are the files %v (%v)", len(m.Spec.Platforms), files, err)
	}
	for _, p := range m.Spec.Platforms {
		content, err := os.ReadFile(filepath.Join(dir, path.Base(p.URI)))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != p.SHA256 {
			t.Errorf("the digest of %s is %x", p.URI, sum)
		}
		files := unpack(t, content)
		wanted := "program of " + p.Selector.MatchLabels["os"] + "/" + p.Selector.MatchLabels["arch"]
		if files[p.Bin] != wanted || len(files) != 2 || !strings.Contains(files["LICENSE"], "License") {
			t.Errorf("%s holds %q as %s, and %d files", p.URI, files[p.Bin], p.Bin, len(files))
		}
	}
}

func unpack(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		out[header.Name] = string(content)
	}
}

// TestWrongManifestsAreFound sees that the check above can fail.
func TestWrongManifestsAreFound(t *testing.T) {
	_, m := packed(t, "1.2")
	if err := m.check("other"); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("a wrong version and a wrong name: %v", err)
	}
	m.Spec.Platforms[1] = m.Spec.Platforms[0]
	m.Spec.Platforms[2].SHA256 = "abc"
	if err := m.check("kubenova"); err == nil || !strings.Contains(err.Error(), "two archives") || !strings.Contains(err.Error(), "no SHA-256") {
		t.Errorf("an archive twice and a wrong digest: %v", err)
	}
}

func TestPlatformsAreNamed(t *testing.T) {
	for _, wanted := range []string{"", "linux"} {
		if got, err := parsePlatforms(wanted); err == nil {
			t.Errorf("%q is %v", wanted, got)
		}
	}
}
