package facade

import (
	"cmp"
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// deletionPreview is what a deletion would remove.
type deletionPreview struct {
	Cascade     v1alpha1.Cascade      `json:"cascade"`
	Namespaces  []string              `json:"namespaces"`
	Apps        []previewedApp        `json:"apps"`
	Volumes     []previewedVolume     `json:"volumes"`
	Kubeconfigs []previewedKubeconfig `json:"kubeconfigs"`
	Truncated   bool                  `json:"truncated,omitempty"`
	Source      v1alpha1.UsageSource  `json:"source"`
	AsOf        *time.Time            `json:"asOf,omitempty"`
}

type previewedApp struct {
	Project string `json:"project"`
	Name    string `json:"name"`
}

type previewedVolume struct {
	Namespace    string `json:"namespace"`
	Name         string `json:"name"`
	Size         string `json:"size,omitempty"`
	StorageClass string `json:"storageClass,omitempty"`
}

type previewedKubeconfig struct {
	Grant     string    `json:"grant"`
	Subject   string    `json:"subject"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// removePreviewed deletes an object that was found, as the query says it. A dry
// run is judged as the deletion would be, and then lists what would go.
func removePreviewed[T metav1.Object, L metav1.ListInterface](c *call, r resource[T, L], found T,
	preview func(context.Context, string, metav1.GetOptions) (*v1alpha1.DeletionPreview, error),
) (reply, error) {
	policy, err := parseCascade(c.query)
	if err != nil {
		return reply{}, err
	}
	if err := r.removeWith(c, found, policy); err != nil || len(c.dryRun) == 0 {
		return noContent(), err
	}
	listed, err := preview(c.ctx(), found.GetName(), metav1.GetOptions{})
	if err != nil {
		return reply{}, err
	}
	cascade := v1alpha1.CascadeOf(&metav1.DeleteOptions{PropagationPolicy: policy})
	return reply{body: fromPreview(cmp.Or(cascade, v1alpha1.CascadeDelete), listed.Status)}, nil
}

func fromPreview(cascade v1alpha1.Cascade, status v1alpha1.DeletionPreviewStatus) deletionPreview {
	out := deletionPreview{
		Cascade: cascade, Namespaces: append([]string{}, status.Namespaces...),
		Apps: []previewedApp{}, Volumes: []previewedVolume{}, Kubeconfigs: []previewedKubeconfig{},
		Truncated: status.Truncated, Source: status.Source, AsOf: fromTime(status.AsOf),
	}
	for _, app := range status.Apps {
		out.Apps = append(out.Apps, previewedApp(app))
	}
	for _, volume := range status.Volumes {
		out.Volumes = append(out.Volumes, previewedVolume(volume))
	}
	for _, k := range status.Kubeconfigs {
		out.Kubeconfigs = append(out.Kubeconfigs, previewedKubeconfig{Grant: k.Grant, Subject: k.Subject, ExpiresAt: k.ExpiresAt.UTC()})
	}
	return out
}
