package facade

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// access is the REST form of who works in a project, both ways.
type access struct {
	Members []member `json:"members"`
}

// member is a subject, written as owners are, with a role.
type member struct {
	Subject string              `json:"subject"`
	Role    v1alpha1.MemberRole `json:"role"`
}

func getAccess(c *call) (reply, error) {
	found, err := c.project()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromAccess(found.Spec.Access)), nil
}

func putAccess(c *call) (reply, error) {
	var body access
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	members, err := toAccess(body)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	updated, err := c.projects(namespace).change(c, c.project, func(p *v1alpha1.Project) error {
		p.Spec.Access = members
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return withoutBody(updated), nil
}

func fromAccess(members []v1alpha1.ProjectMember) access {
	out := access{Members: make([]member, 0, len(members))}
	for _, m := range members {
		subject := fromOwners([]v1alpha1.Subject{{Kind: m.Kind, Name: m.Name}})[0]
		out.Members = append(out.Members, member{Subject: subject, Role: m.Role})
	}
	return out
}

func toAccess(body access) ([]v1alpha1.ProjectMember, error) {
	path := field.NewPath("members")
	if body.Members == nil {
		return nil, invalid(field.Required(path, "an empty array takes all members away"))
	}
	seen := make([]v1alpha1.Subject, 0, len(body.Members))
	out := make([]v1alpha1.ProjectMember, 0, len(body.Members))
	for i, m := range body.Members {
		subject := toOwner(m.Subject)
		switch at := path.Index(i); {
		case subject.Name == "":
			return nil, invalid(field.Required(at.Child("subject"), "a member must not be empty"))
		case slices.Contains(seen, subject):
			return nil, invalid(field.Duplicate(at.Child("subject"), nil))
		case m.Role == "":
			return nil, invalid(field.Required(at.Child("role"), ""))
		}
		seen = append(seen, subject)
		out = append(out, v1alpha1.ProjectMember{Kind: subject.Kind, Name: subject.Name, Role: m.Role})
	}
	return out, nil
}
