package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"k8s.io/client-go/rest"
)

// door is an HTTP API with one connection pool and one identity.
type door struct {
	base   string
	config *rest.Config
	client *http.Client
}

func newDoor(config *rest.Config) (*door, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of %s: %w", config.Host, err)
	}
	if transport, ok := client.Transport.(*http.Transport); ok {
		transport.MaxIdleConnsPerHost = 2000
	}
	return &door{base: strings.TrimSuffix(config.Host, "/"), config: config, client: client}, nil
}

// apart is the same door with connections of its own.
func (d *door) apart() (*door, error) {
	config := rest.CopyConfig(d.config)
	config.Dial = (&net.Dialer{}).DialContext // client-go shares the connections of those that have none
	return newDoor(config)
}

// read reads what a path answers. An answer other than 2xx is an error.
func (d *door) read(ctx context.Context, path string) ([]byte, error) {
	response, err := d.open(ctx, "GET", path, "")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer: %w", path, err)
	}
	return answer, nil
}

// sendAs is discard with a content type of its own.
func (d *door) sendAs(ctx context.Context, method, path, contentType, body string) error {
	response, err := d.openAs(ctx, method, path, contentType, body)
	if err != nil {
		return err
	}
	return drain(response)
}

// discard sends a request, and reads its answer without looking at it.
func (d *door) discard(ctx context.Context, method, path, body string) error {
	return d.sendAs(ctx, method, path, "application/json", body)
}

// drain reads an answer to its end, so that its connection can be used again.
func drain(response *http.Response) error {
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

func (d *door) open(ctx context.Context, method, path, body string) (*http.Response, error) {
	return d.openAs(ctx, method, path, "application/json", body)
}

func (d *door) openAs(ctx context.Context, method, path, contentType, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		answer, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return response, nil
}

// token has KubeNova sign a token.
func (p *platform) token(ctx context.Context, subject, role string) (string, error) {
	d, err := newDoor(&rest.Config{Host: p.env["BASE"], BearerToken: p.env["KN_TOKEN"]})
	if err != nil {
		return "", err
	}
	response, err := d.open(ctx, "POST", "/api/v1/tokens", fmt.Sprintf(`{"subject":%q,"roles":[%q],"ttlSeconds":28800}`, subject, role))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("the answer has no token: %w", err)
	}
	return answer.Token, nil
}

// bothDoors are the doors of KubeNova for one person.
type bothDoors struct{ rest, native *door }

// doorsOf has KubeNova sign a token, and returns both doors with it.
func (p *platform) doorsOf(ctx context.Context, subject, role string) (bothDoors, error) {
	token, err := p.token(ctx, subject, role)
	if err != nil {
		return bothDoors{}, err
	}
	native := rest.AnonymousClientConfig(p.config)
	native.Host, native.BearerToken, native.DisableCompression = p.kubenova.base, token, true
	var out bothDoors
	if out.native, err = newDoor(native); err != nil {
		return bothDoors{}, err
	}
	out.rest, err = newDoor(&rest.Config{Host: p.env["BASE"], BearerToken: token, DisableCompression: true})
	return out, err
}
