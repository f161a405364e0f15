package facade

import (
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// project is the REST form of a Project, both ways.
type project struct {
	UID         string            `json:"uid"`
	Name        string            `json:"name"`
	Description *string           `json:"description,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	CreatedAt   *time.Time        `json:"createdAt"`
}

func fromProject(p *v1alpha1.Project) project {
	out := project{
		UID: string(p.UID), Name: p.Name, Labels: stringMap(p.Labels), Annotations: userAnnotations(p.Annotations),
		CreatedAt: createdAt(p),
	}
	if p.Spec.Description != "" {
		out.Description = &p.Spec.Description
	}
	return out
}

func toProject(body project) (*v1alpha1.Project, error) {
	if err := checkNew(body.Name, body.UID, body.CreatedAt); err != nil {
		return nil, err
	}
	out := &v1alpha1.Project{ObjectMeta: named(body.Name, body.Labels, body.Annotations)}
	if body.Description != nil {
		out.Spec.Description = *body.Description
	}
	return out, nil
}

// apply changes a project to what the body of a PUT asks for. Labels, annotations
// or a description that are given replace what there is; those left out stay.
func (body project) apply(p *v1alpha1.Project) error {
	if err := checkReadOnly(p, body.Name, body.UID, body.CreatedAt); err != nil {
		return err
	}
	if body.Labels != nil {
		p.Labels = replaceLabels(p.Labels, body.Labels)
	}
	if body.Annotations != nil {
		p.Annotations = body.Annotations
	}
	if body.Description != nil {
		p.Spec.Description = *body.Description
	}
	return nil
}
