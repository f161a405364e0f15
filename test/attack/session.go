package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// tokenAttacks are those with tokens that were issued.
func tokenAttacks() []Attack {
	return []Attack{
		{Name: "issue a token with more than it has", Expected: "403 for each", Try: issueMore},
		{Name: "issue a token for the host's own", Expected: "422 for each", Try: issueSystem},
		{Name: "write with a token that reads", Expected: "403 for each; nothing was made", Try: writeWithReader},
		{Name: "read with a token that has no role", Expected: "422", Try: func(ctx context.Context, f *Field) string {
			return f.admin.do(ctx, http.MethodPost, "/tokens", encode(map[string]any{"subject": f.mine.ownerName, "roles": []string{}})).String()
		}},
		{Name: "go on after the token was revoked", Expected: "401 within 5s, and the stream ended", Try: afterRevocation},
		{Name: "go on after the ownership was taken away", Expected: "404 within 5s, and no list has it", Try: afterRemoval},
		{Name: "become another by impersonation", Expected: "not the other", Try: impersonate},
		{Name: "repeat another caller's request by its idempotency key", Expected: "404; nothing of the other", Try: replay},
	}
}

func issueMore(ctx context.Context, f *Field) string {
	var requests [][3]string
	for _, spec := range []map[string]any{
		{"subject": f.mine.ownerName, "roles": []string{"admin"}}, {"subject": f.mine.ownerName, "roles": []string{"ops"}},
		{"subject": f.theirs.ownerName, "roles": []string{"tenantOwner"}}, {"subject": "attack-admin", "roles": []string{"readOnly"}},
		{"subject": f.mine.ownerName, "roles": []string{"tenantOwner", "admin"}}, {"subject": f.mine.ownerName, "roles": []string{"projectDev"}},
	} {
		requests = append(requests, [3]string{http.MethodPost, "/tokens", encode(spec)})
	}
	return each(ctx, f.mine.owner, requests)
}

// issueSystem has even an administrator ask for identities that no token may have.
func issueSystem(ctx context.Context, f *Field) string {
	var requests [][3]string
	for _, subject := range []string{"system:admin", "system:masters", "system:serviceaccount:kube-system:default", "", " ", "system:anonymous"} {
		requests = append(requests, [3]string{http.MethodPost, "/tokens", encode(map[string]any{"subject": subject, "roles": []string{"readOnly"}})})
	}
	return each(ctx, f.admin, requests)
}

// writeWithReader has an owner write with a token that is capped to reading.
func writeWithReader(ctx context.Context, f *Field) string {
	reader, err := f.session(ctx, f.mine.ownerName, "readOnly")
	if err != nil {
		return "error: " + err.Error()
	}
	base := f.mine.path(f.Home)
	// That it reads tells that it is the cap which refuses, and not a bad token.
	if got := reader.do(ctx, http.MethodGet, base, ""); got.code != http.StatusOK {
		return "it reads nothing: " + got.String()
	}
	seen := each(ctx, reader, [][3]string{
		{http.MethodPost, base + "/projects", `{"name":"by-reader"}`}, {http.MethodPost, base + "/projects/web/apps", `{"name":"by-reader"}`},
		{http.MethodPost, base + "/projects/web/apps/hello:deploy"}, {http.MethodPost, base + "/policysets", `{"name":"by-reader","rules":[]}`},
		{http.MethodPut, base + "/projects/web/access", `{"members":[]}`},
	})
	if got := f.root.do(ctx, http.MethodGet, f.mine.projects()+"/by-reader", ""); got.code != http.StatusNotFound {
		return seen + "; the project was made"
	}
	return seen + "; nothing was made"
}

// afterRevocation follows a list with a token, revokes the token and goes on.
func afterRevocation(ctx context.Context, f *Field) string {
	session, err := f.session(ctx, f.mine.ownerName, "readOnly")
	if err != nil {
		return "error: " + err.Error()
	}
	path := f.mine.path(f.Home)
	ended, err := f.follow(ctx, session, "/clusters/"+f.Home+"/tenants")
	if err != nil {
		return "error: " + err.Error()
	}
	revocation := encode(map[string]any{"apiVersion": "kubenova.io/v1alpha1", "kind": "TokenRevocation",
		"metadata": map[string]any{"name": "attack-" + f.id}, "spec": map[string]any{"tokenID": idOf(session.token)}})
	if err := f.root.do(ctx, http.MethodPost, apis+"/tokenrevocations", revocation).must(nil); err != nil {
		return "error: " + err.Error()
	}
	if problem := until(ctx, 5*time.Second, func() string {
		if got := session.do(ctx, http.MethodGet, path, ""); got.code != http.StatusUnauthorized {
			return "still " + got.String()
		}
		return ""
	}); problem != "" {
		return problem
	}
	select {
	case <-ended:
		return "401 within 5s, and the stream ended"
	case <-time.After(5 * time.Second):
		return "401 within 5s, but the stream goes on"
	}
}

// follow opens a stream of events; the channel is closed when it ends.
func (f *Field) follow(ctx context.Context, c caller, path string) (<-chan struct{}, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "text/event-stream")
	response, err := c.client.Do(request) //nolint:bodyclose // whatever reads it closes it
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the stream is %d", response.StatusCode)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = response.Body.Close() }()
		_, _ = io.Copy(io.Discard, bufio.NewReader(response.Body))
	}()
	return ended, nil
}

// afterRemoval takes the ownership of a tenant from somebody who follows it.
func afterRemoval(ctx context.Context, f *Field) string {
	guest := "guest-of-" + f.mine.name
	owners := func(names ...string) error {
		return f.admin.do(ctx, http.MethodPut, f.mine.path(f.Home)+"/owners", encode(map[string]any{"owners": names})).must(nil)
	}
	session, err := f.session(ctx, guest, "tenantOwner")
	if err == nil {
		err = owners(f.mine.ownerName, guest)
	}
	if err != nil {
		return "error: " + err.Error()
	}
	path := f.mine.path(f.Home)
	if problem := until(ctx, 5*time.Second, func() string {
		if got := session.do(ctx, http.MethodGet, path, ""); got.code != http.StatusOK {
			return "it never was an owner: " + got.String()
		}
		return ""
	}); problem != "" {
		return problem
	}
	if err := owners(f.mine.ownerName); err != nil {
		return "error: " + err.Error()
	}
	if problem := until(ctx, 5*time.Second, func() string {
		if got := session.do(ctx, http.MethodGet, path, ""); got.code != http.StatusNotFound {
			return "still " + got.String()
		}
		return ""
	}); problem != "" {
		return problem
	}
	if got := session.do(ctx, http.MethodGet, "/clusters/"+f.Home+"/tenants", ""); strings.Contains(got.body, f.mine.name) {
		return "the list still has the tenant"
	}
	return "404 within 5s, and no list has it"
}

// impersonate asks who one is, as somebody else, with a token.
func impersonate(ctx context.Context, f *Field) string {
	var seen []string
	for _, headers := range [][]string{
		{"Impersonate-User", "system:admin", "Impersonate-Group", "system:masters"},
		{"Impersonate-User", f.theirs.ownerName},
		{"X-Remote-User", "system:admin", "X-Remote-Group", "system:masters"},
		{"Connection", "Impersonate-User", "Impersonate-User", "system:admin"},
	} {
		for _, c := range []caller{f.mine.owner, {base: f.Direct + "/api/v1", token: f.mine.owner.token, client: newClient()}} {
			got := c.do(ctx, http.MethodGet, "/me", "", headers...)
			var me struct {
				Subject string
				Roles   []string
			}
			if got.code == http.StatusOK && (got.must(&me) != nil || me.Subject != f.mine.ownerName || len(me.Roles) != 1) {
				seen = append(seen, fmt.Sprintf("%v: %s", headers, got.body))
			}
			if got := c.do(ctx, http.MethodGet, f.theirs.path(f.Home), "", headers...); got.code < http.StatusBadRequest {
				seen = append(seen, fmt.Sprintf("%v reads the other", headers))
			}
		}
	}
	if len(seen) > 0 {
		return strings.Join(seen, ", ")
	}
	return "not the other"
}

// replay sends the request of another caller again, under its key.
func replay(ctx context.Context, f *Field) string {
	path, body := f.theirs.path(f.Home)+"/policysets", `{"name":"replayed","rules":[]}`
	if err := f.theirs.owner.do(ctx, http.MethodPost, path, body, "Idempotency-Key", "attack").must(nil); err != nil {
		return "error: " + err.Error()
	}
	got := f.mine.owner.do(ctx, http.MethodPost, path, body, "Idempotency-Key", "attack")
	if strings.Contains(got.body, `"uid"`) {
		return got.String() + "; " + got.body
	}
	return got.String() + "; nothing of the other"
}
