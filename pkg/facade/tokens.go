package facade

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/authz"
)

// Life of a token, in seconds.
const (
	minTokenTTL     = 60
	defaultTokenTTL = 3600
	maxTokenTTL     = 30 * 24 * 3600
)

const maxSubjectLength = 253

// tokenRequest is the body that asks for a token.
type tokenRequest struct {
	Subject    string   `json:"subject"`
	Roles      []string `json:"roles"`
	TTLSeconds *int64   `json:"ttlSeconds"`
}

// tokenAnswer holds a token. A dry run has none.
type tokenAnswer struct {
	Token     string    `json:"token,omitempty"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// createToken issues a token. Its route is reviewed for create of tokens.
func createToken(c *call) (reply, error) {
	if c.config.Tokens == nil {
		return reply{}, unavailable("no signing key is configured, tokens cannot be issued", 0)
	}
	var body tokenRequest
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	ttl, problems := checkTokenRequest(body)
	if len(problems) > 0 {
		return reply{}, invalid(problems...)
	}
	if err := c.mayIssue(body); err != nil {
		return reply{}, err
	}
	if len(c.dryRun) > 0 {
		return reply{body: tokenAnswer{ExpiresAt: time.Now().Add(ttl).UTC().Truncate(time.Second)}}, nil
	}
	token, expiresAt, err := c.config.Tokens.Issue(body.Subject, body.Roles, ttl)
	if err != nil {
		return reply{}, fmt.Errorf("issuing a token for %q: %w", body.Subject, err)
	}
	return reply{body: tokenAnswer{Token: token, ExpiresAt: expiresAt.UTC()}}, nil
}

// checkTokenRequest returns how long the token lives, and what is wrong.
func checkTokenRequest(body tokenRequest) (time.Duration, field.ErrorList) {
	problems := checkSubject(body.Subject)
	if len(body.Roles) == 0 {
		problems = append(problems, field.Required(field.NewPath("roles"), ""))
	}
	for i, role := range body.Roles {
		if !slices.Contains(authz.Roles(), authz.Role(role)) {
			problems = append(problems, field.NotSupported(field.NewPath("roles").Index(i), role, authz.Roles()))
		}
	}
	seconds := int64(defaultTokenTTL)
	if body.TTLSeconds != nil {
		seconds = *body.TTLSeconds
	}
	if seconds < minTokenTTL || seconds > maxTokenTTL {
		detail := fmt.Sprintf("must be from %d to %d", minTokenTTL, maxTokenTTL)
		problems = append(problems, field.Invalid(field.NewPath("ttlSeconds"), nil, detail))
	}
	return time.Duration(seconds) * time.Second, problems
}

// checkSubject refuses names that Kubernetes keeps for itself.
func checkSubject(subject string) field.ErrorList {
	path := field.NewPath("subject")
	switch {
	case strings.TrimSpace(subject) == "":
		return field.ErrorList{field.Required(path, "")}
	case strings.HasPrefix(subject, "system:"):
		return field.ErrorList{field.Invalid(path, nil, `must not begin with "system:"`)}
	case len(subject) > maxSubjectLength:
		return field.ErrorList{field.TooLong(path, nil, maxSubjectLength)}
	}
	return nil
}

// mayIssue keeps a caller from issuing more than it holds, unless it may escalate
// tokens: who administers the host cluster has no role of KubeNova, and may.
func (c *call) mayIssue(body tokenRequest) error {
	within := checkWithinOwn(c.caller, body)
	if within == nil {
		return nil
	}
	err := c.review("escalate", "tokens", "", "")
	if refused := (*apiError)(nil); errors.As(err, &refused) && refused.status == http.StatusForbidden {
		return within
	}
	return err
}

// checkWithinOwn keeps a caller from issuing more than it holds: who is not an
// admin gets tokens for itself only, and only with roles it has.
func checkWithinOwn(caller user.Info, body tokenRequest) error {
	held := authz.RolesOf(caller)
	if slices.Contains(held, authz.RoleAdmin) {
		return nil
	}
	if body.Subject != caller.GetName() {
		return forbidden("user %q cannot create tokens for others", caller.GetName())
	}
	for _, role := range body.Roles {
		if !slices.Contains(held, authz.Role(role)) {
			return forbidden("user %q cannot create a token with role %s, which it does not have", caller.GetName(), role)
		}
	}
	return nil
}
