package facade

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Owners are strings on the REST door. These prefixes say what is no user.
const (
	groupPrefix          = "group:"
	serviceAccountPrefix = "system:serviceaccount:"
)

// tenant is the REST form of a Tenant, both ways.
type tenant struct {
	UID         string            `json:"uid"`
	Name        string            `json:"name"`
	Owners      []string          `json:"owners"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	CreatedAt   *time.Time        `json:"createdAt"`
	Plan        string            `json:"plan"`
	// Cordoned and PreventDeletion are nil where a body leaves them out.
	Cordoned        *bool `json:"cordoned"`
	PreventDeletion *bool `json:"preventDeletion"`
}

func fromTenant(t *v1alpha1.Tenant) tenant {
	return tenant{
		UID: string(t.UID), Name: t.Name, Owners: fromOwners(t.Spec.Owners),
		Labels: stringMap(t.Labels), Annotations: userAnnotations(t.Annotations), CreatedAt: createdAt(t), Plan: t.Spec.Plan,
		Cordoned: &t.Spec.Cordoned, PreventDeletion: &t.Spec.PreventDeletion,
	}
}

// toTenant takes the name of the cluster that the tenant is to live on.
func toTenant(body tenant, home string) (*v1alpha1.Tenant, error) {
	if err := checkNew(body.Name, body.UID, body.CreatedAt); err != nil {
		return nil, err
	}
	owners, err := toOwners(body.Owners)
	if err != nil {
		return nil, err
	}
	return &v1alpha1.Tenant{
		ObjectMeta: named(body.Name, body.Labels, body.Annotations),
		Spec: v1alpha1.TenantSpec{
			ClusterRef: v1alpha1.LocalReference{Name: home}, Owners: owners, Plan: body.Plan,
			Cordoned: ptr.Deref(body.Cordoned, false), PreventDeletion: ptr.Deref(body.PreventDeletion, false),
		},
	}, nil
}

// apply changes a tenant to what the body of a PUT asks for. What is given replaces
// what there is; what is left out stays.
func (body tenant) apply(t *v1alpha1.Tenant) error {
	if err := checkReadOnly(t, body.Name, body.UID, body.CreatedAt); err != nil {
		return err
	}
	if body.Plan != "" && body.Plan != t.Spec.Plan {
		return invalid(field.Invalid(field.NewPath("plan"), nil, "is changed by a PUT of plan, with the quotas that it brings"))
	}
	if body.Owners != nil {
		owners, err := toOwners(body.Owners)
		if err != nil {
			return err
		}
		t.Spec.Owners = owners
	}
	if body.Labels != nil {
		t.Labels = replaceLabels(t.Labels, body.Labels)
	}
	if body.Annotations != nil {
		t.Annotations = body.Annotations
	}
	t.Spec.Cordoned = ptr.Deref(body.Cordoned, t.Spec.Cordoned)
	t.Spec.PreventDeletion = ptr.Deref(body.PreventDeletion, t.Spec.PreventDeletion)
	return nil
}

func toOwners(owners []string) ([]v1alpha1.Subject, error) {
	out := make([]v1alpha1.Subject, 0, len(owners))
	for i, owner := range owners {
		subject := toOwner(owner)
		path := field.NewPath("owners").Index(i)
		if subject.Name == "" {
			return nil, invalid(field.Required(path, "an owner must not be empty"))
		}
		if slices.Contains(out, subject) {
			return nil, invalid(field.Duplicate(path, nil))
		}
		out = append(out, subject)
	}
	return out, nil
}

// toOwner reads an owner: system:serviceaccount:<namespace>:<name> is a service
// account, group:<name> a group, and anything else a user.
func toOwner(owner string) v1alpha1.Subject {
	if group, ok := strings.CutPrefix(owner, groupPrefix); ok {
		return v1alpha1.Subject{Kind: v1alpha1.SubjectGroup, Name: group}
	}
	if strings.HasPrefix(owner, serviceAccountPrefix) {
		return v1alpha1.Subject{Kind: v1alpha1.SubjectServiceAccount, Name: owner}
	}
	return v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: owner}
}

func fromOwners(owners []v1alpha1.Subject) []string {
	out := make([]string, 0, len(owners))
	for _, owner := range owners {
		name := owner.Name
		if owner.Kind == v1alpha1.SubjectGroup {
			name = groupPrefix + name
		}
		out = append(out, name)
	}
	return out
}
