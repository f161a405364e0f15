package kubeconfig

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
	sigsyaml "sigs.k8s.io/yaml"
)

// WithToken returns a kubeconfig that Sanitize returned with this token in place of
// its credentials.
func WithToken(sanitized []byte, token string) ([]byte, error) {
	c, errs := parse(sanitized)
	if len(errs) > 0 {
		return nil, fmt.Errorf("reading a stored kubeconfig: %w", errs.ToAggregate())
	}
	if token == "" {
		return nil, errors.New("the token is empty")
	}
	c.cert, c.key = nil, nil
	if err := c.setToken(token, field.NewPath("token")); err != nil {
		return nil, err
	}
	out, err := sigsyaml.Marshal(c.file())
	if err != nil {
		return nil, fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return out, nil
}
