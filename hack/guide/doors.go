package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// settle bounds how long the effects of a command may take to come true.
const settle = 60 * time.Second

// door is where effects are looked for.
type door struct {
	client *http.Client
	base   string
	token  string // empty where the client needs none
}

// clusterDoor reaches a cluster as its kubeconfig says.
func clusterDoor(kubeconfig string) (door, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return door{}, fmt.Errorf("reading the kubeconfig %s: %w", kubeconfig, err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return door{}, fmt.Errorf("using the kubeconfig %s: %w", kubeconfig, err)
	}
	return door{client: client, base: config.Host}, nil
}

// call sends a request and returns status and body of the answer.
func (d door) call(ctx context.Context, method, path string, body io.Reader) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, body)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if d.token != "" {
		request.Header.Set("Authorization", "Bearer "+d.token)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// await waits until an effect has come true.
func (d door) await(ctx context.Context, deadline time.Time, path string, want effect) error {
	return eventually(ctx, deadline, func() error {
		status, body, err := d.call(ctx, http.MethodGet, path, nil)
		switch {
		case err != nil:
			return err
		case want.Gone && status != http.StatusNotFound:
			return fmt.Errorf("GET %s is %d, want 404", path, status)
		case want.Gone:
			return nil
		case status != http.StatusOK:
			return fmt.Errorf("GET %s is %d %.200s", path, status, body)
		}
		if err := errors.Join(checkFields(body, want.Is)...); err != nil {
			return fmt.Errorf("GET %s: %w", path, err)
		}
		return nil
	})
}

// eventually repeats a check until it returns nil or its time is over.
func eventually(ctx context.Context, deadline time.Time, check func() error) error {
	for {
		err := check()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("not in time: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
