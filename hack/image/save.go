package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// save writes a layout as a tarball, and returns the digest of the first thing that
// it lists, which is the image.
func save(index v1.ImageIndex, modified time.Time, output string) (digest v1.Hash, err error) {
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return v1.Hash{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if _, err := layout.Write(dir, index); err != nil {
		return v1.Hash{}, err
	}
	entries, err := entriesOf(dir)
	if err != nil {
		return v1.Hash{}, err
	}
	if err := writeFile(output, modified, entries); err != nil {
		return v1.Hash{}, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return v1.Hash{}, err
	}
	return manifest.Manifests[0].Digest, nil
}

func writeFile(output string, modified time.Time, entries []entry) (err error) {
	file, err := os.Create(output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return writeTar(file, modified, entries)
}

// entriesOf returns the files below a folder in the order of their names.
func entriesOf(dir string) ([]entry, error) {
	var out []entry
	err := filepath.WalkDir(dir, func(path string, found fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if found.IsDir() {
			out = append(out, entry{name: filepath.ToSlash(name) + "/", mode: 0o755})
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out = append(out, entry{name: filepath.ToSlash(name), mode: 0o644, data: data})
		return nil
	})
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return out, err
}
