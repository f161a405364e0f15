package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var platforms = []string{"linux/amd64", "linux/arm64"}

const created = "2026-02-03T04:05:06+02:00"

// compiled returns options with a program for every platform.
func compiled(t *testing.T) options {
	t.Helper()
	o := options{version: "v1.2.3", revision: "0123456789ab", binaries: files{}, sboms: files{}}
	dir := t.TempDir()
	for _, platform := range platforms {
		goos, goarch, _ := strings.Cut(platform, "/")
		path := filepath.Join(dir, goarch)
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "./testdata/program")
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		bom := path + ".json"
		if err := os.WriteFile(bom, []byte(`{"bomFormat":"CycloneDX","of":"`+goarch+`"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		o.binaries[platform], o.sboms[platform] = path, bom
	}
	return o
}

// made makes the tarball of an image.
func made(t *testing.T, o options) string {
	t.Helper()
	o.output = filepath.Join(t.TempDir(), "image.tar")
	if err := run(o, created); err != nil {
		t.Fatal(err)
	}
	return o.output
}

// unpack writes what a tarball holds below a folder.
func unpack(t *testing.T, content io.Reader, dir string) map[string]*tar.Header {
	t.Helper()
	headers := map[string]*tar.Header{}
	reader := tar.NewReader(content)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return headers
		}
		if err != nil {
			t.Fatal(err)
		}
		headers[header.Name] = header
		path := filepath.Join(dir, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			var data []byte
			if data, err = io.ReadAll(reader); err == nil {
				err = os.WriteFile(path, data, header.FileInfo().Mode())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// open reads a tarball as other programs do.
func open(t *testing.T, path string) v1.ImageIndex {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	unpack(t, bytes.NewReader(content), dir)
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index, validate.Fast); err != nil {
		t.Errorf("the layout is broken: %v", err)
	}
	return index
}

func manifestOf(t *testing.T, index v1.ImageIndex) *v1.IndexManifest {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	return manifest
}

// images returns the image of each platform, by its digest.
func images(t *testing.T, layout v1.ImageIndex) map[v1.Hash]v1.Image {
	t.Helper()
	named := manifestOf(t, layout).Manifests[0]
	if named.Annotations[annotationRefName] != "v1.2.3" {
		t.Errorf("the image is annotated with %v", named.Annotations)
	}
	index, err := layout.ImageIndex(named.Digest)
	if err != nil {
		t.Fatal(err)
	}
	out := map[v1.Hash]v1.Image{}
	var found []string
	for _, descriptor := range manifestOf(t, index).Manifests {
		found = append(found, descriptor.Platform.String())
		if out[descriptor.Digest], err = index.Image(descriptor.Digest); err != nil {
			t.Fatal(err)
		}
		config, err := out[descriptor.Digest].ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Platform().String() != descriptor.Platform.String() {
			t.Errorf("the image for %s is of %s", descriptor.Platform, config.Platform())
		}
	}
	if !slices.Equal(found, platforms) {
		t.Errorf("the image is for %v, want %v", found, platforms)
	}
	return out
}

// TestReproducible makes the image twice, of binaries in other files with other dates.
func TestReproducible(t *testing.T) {
	o := compiled(t)
	first, err := os.ReadFile(made(t, o))
	if err != nil {
		t.Fatal(err)
	}
	for _, binary := range o.binaries {
		if err := os.Chtimes(binary, time.Now(), time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(binary, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	second, err := os.ReadFile(made(t, o))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("two builds of the same differ")
	}
	o.version = "v1.2.4"
	other, err := os.ReadFile(made(t, o))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, other) {
		t.Error("another version makes the same image")
	}
}

func TestConfig(t *testing.T) {
	for digest, image := range images(t, open(t, made(t, compiled(t)))) {
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Config.User != "65532:65532" || !slices.Equal(config.Config.Entrypoint, []string{"/kubenova"}) {
			t.Errorf("%s runs %v as %s", digest, config.Config.Entrypoint, config.Config.User)
		}
		if config.Created.String() != "2026-02-03 02:05:06 +0000 UTC" {
			t.Errorf("%s was created %s", digest, config.Created)
		}
		for label, want := range map[string]string{"version": "v1.2.3", "revision": "0123456789ab", "created": "2026-02-03T02:05:06Z"} {
			if got := config.Config.Labels["org.opencontainers.image."+label]; got != want {
				t.Errorf("%s has %s %q, want %q", digest, label, got, want)
			}
		}
	}
}

// rootOf unpacks the file system of an image.
func rootOf(t *testing.T, image v1.Image) (root string, headers map[string]*tar.Header) {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers: %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	root = t.TempDir()
	return root, unpack(t, content, root)
}

func TestFiles(t *testing.T) {
	for _, image := range images(t, open(t, made(t, compiled(t)))) {
		root, headers := rootOf(t, image)
		for name, header := range headers {
			if header.Uid != 0 || header.Gid != 0 || header.Mode&0o022 != 0 {
				t.Errorf("%s belongs to %d:%d with mode %o", name, header.Uid, header.Gid, header.Mode)
			}
		}
		if mode := headers["kubenova"].Mode; mode != 0o555 {
			t.Errorf("the program has mode %o", mode)
		}
		pem, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
		if err != nil {
			t.Fatal(err)
		}
		if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(pem) || bytes.Count(pem, []byte("BEGIN CERTIFICATE")) < 100 {
			t.Errorf("the certificates are %d bytes", len(pem))
		}
	}
}

// TestBills wants a bill of materials for each platform that refers to its image.
func TestBills(t *testing.T) {
	layout := open(t, made(t, compiled(t)))
	of := images(t, layout)
	for _, descriptor := range manifestOf(t, layout).Manifests[1:] {
		bill, err := layout.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := bill.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		if descriptor.ArtifactType != sbomType || manifest.Subject == nil || of[manifest.Subject.Digest] == nil {
			t.Fatalf("%+v refers to %+v", descriptor, manifest.Subject)
		}
		config, err := of[manifest.Subject.Digest].ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		layers, err := bill.Layers()
		if err != nil {
			t.Fatal(err)
		}
		content, err := layers[0].Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err != nil || !strings.Contains(string(text), `"of":"`+config.Architecture+`"`) {
			t.Errorf("the bill for %s is %s (%v)", config.Architecture, text, err)
		}
		delete(of, manifest.Subject.Digest)
	}
	if len(of) > 0 {
		t.Errorf("%d images have no bill of materials", len(of))
	}
}

func TestRefusals(t *testing.T) {
	for _, wrong := range []string{"path", "linux=path"} {
		if err := (files{}).Set(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	if err := run(options{output: filepath.Join(t.TempDir(), "x")}, created); err == nil {
		t.Error("an image without a binary is made")
	}
	o := compiled(t)
	o.output = filepath.Join(t.TempDir(), "x")
	if err := run(o, "yesterday"); err == nil {
		t.Error("a date that is none is taken")
	}
}
