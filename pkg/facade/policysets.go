package facade

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// createPolicySet creates a policy set. One of that name with an equal body is
// answered as if it had just been made.
func createPolicySet(c *call) (reply, error) {
	var body policySet
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	wanted, err := toPolicySet(body)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	stored, err := c.api.PolicySets(namespace).Create(c.ctx(), wanted, c.createOptions())
	if apierrors.IsAlreadyExists(err) {
		stored, err = c.samePolicySet(namespace, wanted, err)
	}
	if err != nil {
		return reply{}, err
	}
	return withObject(stored, fromPolicySet(stored)), nil
}

// samePolicySet returns the stored policy set if it is the wanted one, else the
// error that a create of it gave: also if it was deleted since.
func (c *call) samePolicySet(namespace string, wanted *v1alpha1.PolicySet, exists error) (*v1alpha1.PolicySet, error) {
	stored, err := c.api.PolicySets(namespace).Get(c.ctx(), wanted.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, exists
	}
	if err != nil {
		return nil, err
	}
	same, err := equalJSON(fromPolicySet(stored), fromPolicySet(wanted))
	if err != nil {
		return nil, fmt.Errorf("comparing policy set %q: %w", wanted.Name, err)
	}
	if !same {
		return nil, exists
	}
	return stored, nil
}

// equalJSON compares what two values are written as, in which the order of keys
// and the spelling of numbers make no difference.
func equalJSON(a, b any) (bool, error) {
	left, leftErr := json.Marshal(a)
	right, rightErr := json.Marshal(b)
	return bytes.Equal(left, right), errors.Join(leftErr, rightErr)
}

func listPolicySets(c *call) (reply, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	policySets, cursor, err := c.policySets(namespace).page(c.ctx(), query.options())
	if err != nil {
		return reply{}, err
	}
	return listReply(policySets, cursor, fromPolicySet), nil
}

func (c *call) policySet() (*v1alpha1.PolicySet, error) {
	namespace, err := c.tenantNamespace()
	if err != nil {
		return nil, err
	}
	return c.policySets(namespace).find(c.ctx(), c.param("policyset"))
}

func getPolicySet(c *call) (reply, error) {
	found, err := c.policySet()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromPolicySet(found)), nil
}

// putPolicySet replaces a policy set. The path says which; a name in the body
// must be the same.
func putPolicySet(c *call) (reply, error) {
	var body policySet
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	spec, err := toPolicySetSpec(body)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	updated, err := c.policySets(namespace).change(c, c.policySet, func(p *v1alpha1.PolicySet) error {
		p.Spec = spec
		return checkReadOnly(p, body.Name, "", nil)
	})
	if err != nil {
		return reply{}, err
	}
	return withObject(updated, fromPolicySet(updated)), nil
}

func deletePolicySet(c *call) (reply, error) {
	found, err := c.policySet()
	if err != nil {
		return reply{}, err
	}
	return noContent(), c.policySets(found.Namespace).remove(c, found)
}
