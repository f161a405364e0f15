package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// registered is what KubeNova answers about a cluster.
type registered struct {
	UID        string `json:"uid"`
	Conditions []struct {
		Type, Status, Reason, Message string
	} `json:"conditions"`
}

// register makes this cluster a target of its own KubeNova and waits until
// that has connected to it.
func (c *cluster) register(ctx context.Context) error {
	admin, err := c.kube.requestToken(ctx, hostNamespace, adminAccount)
	if err != nil {
		return err
	}
	if err := c.writeTokenKubeconfig(ctx, "target", targetNamespace, targetAccount); err != nil {
		return err
	}
	kubeconfig, err := os.ReadFile(c.layout.kubeconfigOf("target"))
	if err != nil {
		return fmt.Errorf("reading the kubeconfig of the target: %w", err)
	}
	body, err := json.Marshal(map[string]any{
		"name":       "local",
		"kubeconfig": kubeconfig, // JSON carries bytes as base64
		"labels":     map[string]string{"env": "local"},
	})
	if err != nil {
		return fmt.Errorf("encoding the registration: %w", err)
	}
	var created registered
	if err := c.call(ctx, admin, http.MethodPost, "/api/v1/clusters", body, &created); err != nil {
		return &notReady{name: kubenovaAPIServer, log: c.layout.log(kubenovaAPIServer), cause: err}
	}
	if err := c.writeEnv(admin, created.UID); err != nil {
		return err
	}
	return c.waitConditions(ctx, admin, created.UID)
}

func (c *cluster) waitConditions(ctx context.Context, token, uid string) error {
	wanted := []string{"Connected"}
	if !c.options.without[capsule] {
		wanted = append(wanted, "TenancyReady")
	}
	if !c.options.without[vela] {
		wanted = append(wanted, "AppDeliveryReady")
	}
	err := poll(ctx, "the registered cluster", func(ctx context.Context) error {
		var found registered
		if err := c.call(ctx, token, http.MethodGet, "/api/v1/clusters/"+uid, nil, &found); err != nil {
			return err
		}
		return found.check(wanted)
	})
	if err != nil {
		return &notReady{name: kubenovaControllers, log: c.layout.log(kubenovaControllers), cause: err}
	}
	return nil
}

func (r registered) check(wanted []string) error {
	states := map[string]string{}
	for _, condition := range r.Conditions {
		states[condition.Type] = condition.Status
		if condition.Status != "True" {
			states[condition.Type] += fmt.Sprintf(" (%s: %s)", condition.Reason, condition.Message)
		}
	}
	for _, name := range wanted {
		if states[name] != "True" {
			return fmt.Errorf("condition %s is %q", name, states[name])
		}
	}
	return nil
}

// call sends a request to the REST door. Its readiness does not promise that
// the delegated authentication is warm, so early failures are retried.
func (c *cluster) call(ctx context.Context, token, method, path string, body []byte, into any) error {
	deadline := time.Now().Add(15 * time.Second)
	for {
		retry, err := c.callOnce(ctx, token, method, path, body, into)
		if err == nil {
			return nil
		}
		if !retry || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(4 * pollInterval)
	}
}

func (c *cluster) callOnce(ctx context.Context, token, method, path string, body []byte, into any) (retry bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.base()+path, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("building %s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return true, fmt.Errorf("calling KubeNova: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return true, fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		retry := response.StatusCode >= http.StatusInternalServerError || response.StatusCode == http.StatusUnauthorized
		return retry, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, bytes.TrimSpace(data))
	}
	if err := json.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("decoding the answer to %s %s: %w", method, path, err)
	}
	return false, nil
}

// writeEnv writes what a shell needs to talk to the cluster.
func (c *cluster) writeEnv(token, clusterID string) error {
	var env strings.Builder
	fmt.Fprintf(&env, "export KUBECONFIG='%s'\n", c.layout.kubeconfig())
	if token != "" {
		fmt.Fprintf(&env, "export BASE='%s'\nexport KN_TOKEN='%s'\nexport CLUSTER_ID='%s'\n", c.base(), token, clusterID)
	}
	if err := os.WriteFile(c.layout.path("env"), []byte(env.String()), 0o600); err != nil {
		return fmt.Errorf("writing the env file: %w", err)
	}
	return nil
}
