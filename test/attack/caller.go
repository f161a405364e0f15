package attack

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// caller is somebody at one of the doors.
type caller struct {
	base   string
	token  string
	client *http.Client
}

// answer is what a caller got.
type answer struct {
	code   int
	body   string
	header http.Header
	err    error
}

// maxRead is how much of an answer is looked at, in bytes.
const maxRead = 32 << 20

// do sends one request. Header fields are pairs of name and value.
func (c caller) do(ctx context.Context, method, path, body string, headers ...string) answer {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if body != "" {
		request.Header.Set("Content-Type", contentType(method))
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.client.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxRead))
	return answer{response.StatusCode, string(data), response.Header, err}
}

func contentType(method string) string {
	if method == http.MethodPatch {
		return "application/merge-patch+json"
	}
	return "application/json"
}

// String is the status of an answer, for a table.
func (a answer) String() string {
	if a.err != nil {
		return "error: " + a.err.Error()
	}
	return fmt.Sprint(a.code)
}

// must returns the answer's body decoded, or an error when it is not a success.
func (a answer) must(into any) error {
	switch {
	case a.err != nil:
		return a.err
	case a.code >= http.StatusMultipleChoices:
		return fmt.Errorf("%d %s", a.code, oneLine(a.body))
	case into == nil || a.body == "":
		return nil
	}
	return json.Unmarshal([]byte(a.body), into)
}

// field is the first field that a refusal names, or nothing.
func (a answer) field() string {
	var refusal struct {
		Details json.RawMessage
	}
	if json.Unmarshal([]byte(a.body), &refusal) != nil {
		return ""
	}
	var rest []struct{ Field string }
	if json.Unmarshal(refusal.Details, &rest) == nil && len(rest) > 0 {
		return rest[0].Field
	}
	var native struct{ Causes []struct{ Field string } }
	if json.Unmarshal(refusal.Details, &native) == nil && len(native.Causes) > 0 {
		return native.Causes[0].Field
	}
	return ""
}

// newClient follows no redirects, so that one is seen, and trusts any server: it is
// KubeNova that is attacked here, not this program.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       attemptTimeout,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// rest is a caller of the REST door, whose paths begin after /api/v1.
func (p *Platform) rest(token string) caller {
	return caller{base: p.Base + "/api/v1", token: token, client: newClient()}
}

// native is a caller of the native door as a user whom the administrator
// impersonates: the same as if the host had authenticated that user.
func (p *Platform) native(user string, groups ...string) (caller, error) {
	config := rest.CopyConfig(p.Admin)
	config.QPS = -1
	if user != "" {
		config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return caller{}, fmt.Errorf("preparing the native door: %w", err)
	}
	client.Timeout = attemptTimeout
	return caller{base: config.Host, client: client}, nil
}

// until repeats a check until it returns nothing, or says what was wrong last.
func until(ctx context.Context, limit time.Duration, check func() string) string {
	end := time.Now().Add(limit)
	for {
		problem := check()
		if problem == "" || time.Now().After(end) || errors.Is(ctx.Err(), context.Canceled) {
			return problem
		}
		time.Sleep(100 * time.Millisecond)
	}
}
