package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	readyTimeout = 60 * time.Second
	pollInterval = 50 * time.Millisecond
	tailLines    = 25
)

// notReady says which process failed, and where its log is.
type notReady struct {
	name, log string
	cause     error
}

func (e *notReady) Error() string { return fmt.Sprintf("%s is not ready: %v", e.name, e.cause) }
func (e *notReady) Unwrap() error { return e.cause }

// waitReady waits until the process serves; its exit ends the wait at once.
func waitReady(ctx context.Context, l layout, r record, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	client, err := httpsClient(l)
	if err != nil {
		return err
	}
	var last error
	for {
		if last = serves(ctx, client, r.command); last == nil {
			return nil
		}
		select {
		case err := <-exited:
			if err == nil {
				err = errors.New("exit status 0")
			}
			return &notReady{name: r.Name, log: l.log(r.Name), cause: fmt.Errorf("it exited: %w", err)}
		case <-ctx.Done():
			return &notReady{name: r.Name, log: l.log(r.Name), cause: errors.Join(ctx.Err(), last)}
		case <-time.After(pollInterval):
		}
	}
}

func serves(ctx context.Context, client *http.Client, c command) error {
	if err := probe(ctx, client, c.Ready); err != nil {
		return err
	}
	for _, port := range c.Ports {
		connection, err := net.DialTimeout("tcp", loopback(port), time.Second)
		if err != nil {
			return err
		}
		_ = connection.Close()
	}
	return nil
}

func probe(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("building the probe of %s: %w", url, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("GET %s: %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
	return nil
}

// httpsClient trusts the cluster's own authority.
func httpsClient(l layout) (*http.Client, error) {
	ca, err := os.ReadFile(l.cert("ca"))
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's authority: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	}, nil
}

// tail returns the last lines of a log.
func tail(file string, lines int) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}

// poll repeats the check until it succeeds; what says what is waited for.
func poll(ctx context.Context, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, err)
		case <-time.After(pollInterval):
		}
	}
}
