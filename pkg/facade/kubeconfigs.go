package facade

import (
	"encoding/base64"
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// kubeconfigRequest is the body that asks for a tenant's kubeconfig. Without one,
// the defaults hold.
type kubeconfigRequest struct {
	// Project is a uid or a name.
	Project    string `json:"project"`
	Role       string `json:"role"`
	TTLSeconds *int64 `json:"ttlSeconds"`
}

// issuedKubeconfig is an answer with a kubeconfig. A dry run has none.
type issuedKubeconfig struct {
	// Kubeconfig is base64.
	Kubeconfig string    `json:"kubeconfig,omitempty"`
	ExpiresAt  time.Time `json:"expiresAt"`
	Role       string    `json:"role"`
	// Grant names what the kubeconfig is listed and revoked by.
	Grant   string `json:"grant,omitempty"`
	Proxied bool   `json:"proxied"`
}

// getProjectKubeconfig issues a kubeconfig with the caller's own role in the project.
func getProjectKubeconfig(c *call) (reply, error) {
	found, err := c.project()
	if err != nil {
		return reply{}, err
	}
	request := &v1alpha1.AccessKubeconfig{ObjectMeta: only(found)}
	issued, err := c.api.Projects(found.Namespace).CreateKubeconfig(c.ctx(), found.Name, request, c.createOptions())
	return kubeconfigReply(issued, err)
}

// createTenantKubeconfig issues a kubeconfig for a tenant or one of its projects.
func createTenantKubeconfig(c *call) (reply, error) {
	var body kubeconfigRequest
	if err := c.decodeIfAny(&body); err != nil {
		return reply{}, err
	}
	found, err := c.tenant()
	if err != nil {
		return reply{}, err
	}
	request := &v1alpha1.AccessKubeconfig{ObjectMeta: only(found), Spec: v1alpha1.AccessKubeconfigSpec{
		Project: body.Project, Role: v1alpha1.MemberRole(body.Role), TTLSeconds: body.TTLSeconds,
	}}
	if v1alpha1.IsUUID(body.Project) {
		project, err := c.projects(v1alpha1.TenantNamespace(found.Name)).find(c.ctx(), body.Project)
		if err != nil {
			return reply{}, err
		}
		request.Spec.Project = project.Name
	}
	issued, err := c.api.Tenants().CreateKubeconfig(c.ctx(), found.Name, request, c.createOptions())
	return kubeconfigReply(issued, err)
}

func kubeconfigReply(issued *v1alpha1.AccessKubeconfig, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	out := issuedKubeconfig{
		Kubeconfig: base64.StdEncoding.EncodeToString(issued.Status.Kubeconfig), Role: string(issued.Status.Role), Grant: issued.Status.Grant, Proxied: issued.Status.Proxied,
	}
	if ends := issued.Status.ExpiresAt; ends != nil {
		out.ExpiresAt = ends.UTC()
	}
	return reply{body: out}, nil
}
