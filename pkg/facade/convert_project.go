package facade

import (
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// project is the REST form of a Project, both ways.
type project struct {
	UID         string            `json:"uid"`
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	CreatedAt   *time.Time        `json:"createdAt"`
}

func fromProject(p *v1alpha1.Project) project {
	return project{
		UID: string(p.UID), Name: p.Name, Labels: stringMap(p.Labels), Annotations: stringMap(p.Annotations),
		CreatedAt: createdAt(p),
	}
}

func toProject(body project) (*v1alpha1.Project, error) {
	if err := checkNew(body.Name, body.UID, body.CreatedAt); err != nil {
		return nil, err
	}
	return &v1alpha1.Project{ObjectMeta: named(body.Name, body.Labels, body.Annotations)}, nil
}

// apply changes a project to what the body of a PUT asks for. Labels or
// annotations that are given replace all there are; those left out stay.
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
	return nil
}
