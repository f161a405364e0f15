//go:build reliability

package reliability

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/kubenova/kubenova/test/reliability/linear"
)

// What is written to: policy sets of one tenant, each with a description as its value.
const (
	cluster    = "reliability"
	tenant     = "steady"
	restPath   = "/api/v1/clusters/" + cluster + "/tenants/" + tenant + "/policysets"
	nativePath = "/apis/kubenova.io/v1alpha1/namespaces/kn-" + tenant + "/policysets"
)

// door is one of the ways to the objects.
type door string

const (
	rest   door = "REST"
	native door = "native"
)

// answer is what a request was answered with.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	value   string
	version string
}

// errNotSent says that a request never reached a server.
var errNotSent = errors.New("the request was not sent")

// send sends a request to a URL and reads the answer.
func (p *platform) send(ctx context.Context, client *http.Client, method, url string, header http.Header, body string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}, err
	}
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	if body != "" && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			return answer{}, errors.Join(errNotSent, err)
		}
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: reading the answer: %w", method, url, err)
	}
	return answer{status: response.StatusCode, header: response.Header, body: data}, nil
}

// object is a policy set in the forms of both doors.
type object struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Metadata    struct {
		Name            string `json:"name"`
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Spec struct {
		Description string `json:"description"`
	} `json:"spec"`
}

func (d door) nameOf(o object) string {
	if d == rest {
		return o.Name
	}
	return o.Metadata.Name
}

func (d door) valueOf(o object) string {
	if d == rest {
		return o.Description
	}
	return o.Spec.Description
}

// request is an operation as a door wants it, on condition of a version if one is given.
func (d door) request(in linear.Input, version string) (method, path, body string, header http.Header) {
	if d == rest {
		header = http.Header{}
		if version != "" {
			header.Set("If-Match", strconv.Quote(version))
		}
		body = fmt.Sprintf(`{"name":%q,"description":%q,"rules":[],"attachedTo":[]}`, in.Object, in.Value)
		switch in.Kind {
		case linear.Create:
			return http.MethodPost, restPath, body, header
		case linear.Put, linear.Replace:
			return http.MethodPut, restPath + "/" + in.Object, body, header
		case linear.Delete, linear.DeleteIf:
			return http.MethodDelete, restPath + "/" + in.Object, "", header
		}
		return http.MethodGet, restPath + "/" + in.Object, "", header
	}
	path = nativePath + "/" + in.Object
	body = fmt.Sprintf(`{"apiVersion":"kubenova.io/v1alpha1","kind":"PolicySet","metadata":{"name":%q,"resourceVersion":%q},"spec":{"description":%q}}`,
		in.Object, version, in.Value)
	switch in.Kind {
	case linear.Create:
		return http.MethodPost, nativePath, body, nil
	case linear.Replace:
		return http.MethodPut, path, body, nil
	case linear.Put:
		return http.MethodPatch, path, fmt.Sprintf(`{"spec":{"description":%q}}`, in.Value), http.Header{"Content-Type": {"application/merge-patch+json"}}
	case linear.DeleteIf:
		return http.MethodDelete, path, fmt.Sprintf(`{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"resourceVersion":%q}}`, version), nil
	case linear.Delete:
		return http.MethodDelete, path, "", nil
	}
	return http.MethodGet, path, "", nil
}

// do does an operation on a server, and returns what the client knows then. An
// operation that tells nothing, because it surely did not happen, has no outcome. An
// answer that must not be is an error.
func (p *platform) do(ctx context.Context, client *http.Client, d door, base string, in linear.Input, version string) (linear.Output, answer, error) {
	method, path, body, header := d.request(in, version)
	got, err := p.send(ctx, client, method, base+path, header, body)
	switch {
	case errors.Is(err, errNotSent):
		return linear.Output{}, got, nil
	case err != nil:
		return linear.Output{Outcome: linear.Unknown}, got, nil
	}
	outcome, err := judge(in.Kind, got)
	if err != nil {
		return linear.Output{}, got, fmt.Errorf("%s %s %s: %w", d, method, path, err)
	}
	if outcome != linear.Done || in.Kind == linear.Delete || in.Kind == linear.DeleteIf {
		return linear.Output{Outcome: outcome}, got, nil
	}
	var o object
	if err := json.Unmarshal(got.body, &o); err != nil {
		return linear.Output{}, got, fmt.Errorf("%s %s %s: %w: %s", d, method, path, err, got.body)
	}
	got.value, got.version = d.valueOf(o), o.Metadata.ResourceVersion
	if d == rest {
		got.version, err = strconv.Unquote(got.header.Get("ETag"))
	}
	if err != nil || got.version == "" || got.value == "" {
		return linear.Output{}, got, fmt.Errorf("%s %s %s: no version or value: %w: %s", d, method, path, err, got.body)
	}
	return linear.Output{Outcome: outcome, Value: got.value}, got, nil
}

// judge says what a status tells about an operation.
func judge(kind linear.Kind, got answer) (linear.Outcome, error) {
	conditional := kind == linear.Replace || kind == linear.DeleteIf
	switch got.status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return linear.Done, nil
	case http.StatusNotFound:
		if kind == linear.Create {
			break
		}
		return linear.Refused, nil
	case http.StatusConflict:
		if kind == linear.Create || conditional {
			return linear.Refused, nil
		}
		return "", nil // it met others again and again
	case http.StatusPreconditionFailed:
		if conditional {
			return linear.Refused, nil
		}
	case http.StatusTooManyRequests:
		return "", nil
	case http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return linear.Unknown, nil
	}
	return "", fmt.Errorf("answered %d: %s", got.status, got.body)
}

// list returns the values of all objects by their names.
func (p *platform) list(ctx context.Context, client *http.Client, d door, base string) (map[string]string, error) {
	path := map[door]string{rest: restPath + "?limit=200", native: nativePath}[d]
	out := map[string]string{}
	for path != "" {
		got, err := p.send(ctx, client, http.MethodGet, base+path, nil, "")
		if err != nil {
			return nil, err
		}
		if got.status != http.StatusOK {
			return nil, fmt.Errorf("listing: %d %s", got.status, got.body)
		}
		var items []object
		if d == rest {
			err = json.Unmarshal(got.body, &items)
		} else {
			list := struct{ Items *[]object }{&items}
			err = json.Unmarshal(got.body, &list)
		}
		if err != nil {
			return nil, fmt.Errorf("listing: %w: %s", err, got.body)
		}
		for _, item := range items {
			out[d.nameOf(item)] = d.valueOf(item)
		}
		path = ""
		if cursor := got.header.Get("X-Next-Cursor"); cursor != "" {
			path = restPath + "?limit=200&cursor=" + cursor
		}
	}
	return out, nil
}

// prepare has a token signed, and makes a cluster and a tenant.
func (p *platform) prepare(t *testing.T) {
	t.Helper()
	p.token = p.signToken(t)
	p.mustSend(t, http.MethodPost, p.replicaURL(0)+"/api/v1/clusters", fmt.Sprintf(`{"name":%q,"kubeconfig":%q}`, cluster, p.targetKubeconfig(t)))
	p.mustSend(t, http.MethodPost, p.replicaURL(0)+"/api/v1/clusters/"+cluster+"/tenants", fmt.Sprintf(`{"name":%q}`, tenant))
	for i := range p.api {
		p.waitFor(t, "both doors of "+p.api[i].name+" to know the tenant", func(ctx context.Context) error {
			for _, d := range []door{rest, native} {
				if _, err := p.list(ctx, p.client, d, p.replicaURL(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// mustSend sends a request that has to succeed, again and again where clients are told
// to: a server whose caches are filled anew says so.
func (p *platform) mustSend(t *testing.T, method, url, body string) []byte {
	t.Helper()
	var got answer
	again := false
	p.waitFor(t, method+" "+url+" to be answered", func(ctx context.Context) (err error) {
		before := again
		again = true
		if got, err = p.send(ctx, p.client, method, url, nil, body); err != nil {
			return err
		}
		switch {
		case got.status == http.StatusTooManyRequests || got.status/100 == 5:
			return fmt.Errorf("%d %s", got.status, got.body)
		case before && (got.status == http.StatusConflict && method == http.MethodPost || got.status == http.StatusNotFound && method == http.MethodDelete):
			got.status = http.StatusOK // the one before did it
		}
		return nil
	})
	if got.status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, url, got.status, got.body)
	}
	return got.body
}

// mustList lists all objects, again where it failed.
func (p *platform) mustList(t *testing.T, d door, i int) (out map[string]string) {
	t.Helper()
	p.waitFor(t, fmt.Sprintf("the %s door of replica %d to list", d, i), func(ctx context.Context) (err error) {
		out, err = p.list(ctx, p.client, d, p.replicaURL(i))
		return err
	})
	return out
}
