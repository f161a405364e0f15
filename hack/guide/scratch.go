package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// brokenFile is what is put on the scratch cluster before section 10.
//
//go:embed broken.yaml
var brokenFile string

// brokenObject is an object with the path of its kind.
type brokenObject struct {
	Path   string         `json:"path"`
	Object map[string]any `json:"object"`
	// Delete asks for the deletion of the object, which then gets stuck.
	Delete bool `json:"delete"`
}

// enterScratch breaks the scratch cluster and turns the shell's kubectl to it.
func (r *runner) enterScratch(ctx context.Context) error {
	var objects []brokenObject
	if err := yaml.UnmarshalStrict([]byte(brokenFile), &objects); err != nil {
		return fmt.Errorf("reading broken.yaml: %w", err)
	}
	for _, object := range objects {
		if err := r.breakScratch(ctx, object); err != nil {
			return fmt.Errorf("breaking the scratch cluster: %w", err)
		}
	}
	return r.useKubeconfig(r.options.scratch)
}

func (r *runner) breakScratch(ctx context.Context, o brokenObject) error {
	body, err := yaml.Marshal(o.Object)
	if err != nil {
		return err
	}
	if body, err = yaml.YAMLToJSON(body); err != nil {
		return err
	}
	// A kind whose definition was made just before may not be served yet.
	err = eventually(ctx, time.Now().Add(settle), func() error {
		status, answer, err := r.scratch.call(ctx, http.MethodPost, o.Path, strings.NewReader(string(body)))
		if err == nil && status != http.StatusCreated && status != http.StatusConflict {
			err = fmt.Errorf("POST %s is %d %s", o.Path, status, answer)
		}
		return err
	})
	if err != nil || !o.Delete {
		return err
	}
	metadata, _ := o.Object["metadata"].(map[string]any)
	path := fmt.Sprintf("%s/%s", o.Path, metadata["name"])
	if status, answer, err := r.scratch.call(ctx, http.MethodDelete, path, nil); err != nil || status >= http.StatusMultipleChoices {
		return fmt.Errorf("DELETE %s is %d %s: %w", path, status, answer, err)
	}
	return r.scratch.await(ctx, time.Now().Add(settle), path, effect{Is: map[string]want{"{.status.phase}": "Terminating", "{.spec.finalizers}": `["example.com/forgotten"]`}})
}
