// Command rest-contract checks the OpenAPI document of the REST door and writes
// what the server serves of it: the document as JSON, and a page for people.
//
//	rest-contract <document> <folder>
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: rest-contract <document> <folder>")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "rest-contract:", err)
		os.Exit(1)
	}
}

func run(source, folder string) error {
	raw, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	asJSON, err := toJSON(raw)
	if err != nil {
		return fmt.Errorf("writing %s as JSON: %w", source, err)
	}
	if err := check(asJSON); err != nil {
		return fmt.Errorf("checking %s: %w", source, err)
	}
	page, err := render(raw)
	if err != nil {
		return fmt.Errorf("rendering %s: %w", source, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "openapi.json"), asJSON, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "docs.html"), page, 0o644)
}

// check refuses a document that OpenAPI does not allow, or whose examples do not
// match their schemas.
func check(document []byte) error {
	loader := openapi3.NewLoader()
	loaded, err := loader.LoadFromData(document)
	if err != nil {
		return err
	}
	return loaded.Validate(loader.Context, openapi3.EnableExamplesValidation())
}

func render(raw []byte) ([]byte, error) {
	var source document
	if err := yaml.Unmarshal(raw, &source); err != nil {
		return nil, err
	}
	view, err := newPage(&source)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, view); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
