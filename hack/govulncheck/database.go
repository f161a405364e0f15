package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const archiveSuffix = ".tar.gz"

// openDatabase returns the URL to give to govulncheck. An archive is unpacked
// to a temporary folder, which cleanup removes.
func openDatabase(ctx context.Context, name string) (databaseURL string, cleanup func(), err error) {
	remote := strings.Contains(name, "://")
	switch {
	case name == "" || (remote && !strings.HasSuffix(name, archiveSuffix)):
		return name, func() {}, nil
	case remote:
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
		if err != nil {
			return "", nil, fmt.Errorf("building the request for %s: %w", name, err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return "", nil, fmt.Errorf("fetching the vulnerability database: %w", err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return "", nil, fmt.Errorf("fetching the vulnerability database: %s: %s", name, response.Status)
		}
		return unpackDatabase(response.Body)
	default:
		file, err := os.Open(name)
		if err != nil {
			return "", nil, fmt.Errorf("opening the vulnerability database: %w", err)
		}
		defer file.Close()
		return unpackDatabase(file)
	}
}

func unpackDatabase(archive io.Reader) (databaseURL string, cleanup func(), err error) {
	dir, err := os.MkdirTemp("", "vulndb-")
	if err != nil {
		return "", nil, fmt.Errorf("creating a folder for the vulnerability database: %w", err)
	}
	cleanup = func() { _ = os.RemoveAll(dir) }
	root, err := unpack(archive, dir)
	if err != nil {
		cleanup()
		return "", nil, fmt.Errorf("unpacking the vulnerability database: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: root}).String(), cleanup, nil
}

// unpack writes the archive's files into dir and returns the folder in which
// the database's index lies.
func unpack(archive io.Reader, dir string) (root string, err error) {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return "", err
	}
	// A root refuses names that lead out of it.
	target, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer target.Close()
	files := tar.NewReader(unzipped)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		name := filepath.Clean(header.Name)
		if err := writeFile(target, name, files); err != nil {
			return "", err
		}
		if strings.HasSuffix(name, filepath.Join("index", "db.json")) {
			root = filepath.Join(dir, filepath.Dir(filepath.Dir(name)))
		}
	}
	if root == "" {
		return "", errors.New("the archive has no index/db.json")
	}
	return root, nil
}

func writeFile(target *os.Root, name string, content io.Reader) error {
	if err := target.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := target.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
