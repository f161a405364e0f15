package facade

import (
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// parseCascade reads what a deletion does to what depends on its object. Without
// one, the deletion is refused while anything does.
func parseCascade(query url.Values) (*metav1.DeletionPropagation, error) {
	values := query["cascade"]
	if len(values) == 0 {
		return nil, nil
	}
	policies := map[string]metav1.DeletionPropagation{
		string(v1alpha1.CascadeDelete): metav1.DeletePropagationForeground,
		string(v1alpha1.CascadeOrphan): metav1.DeletePropagationOrphan,
	}
	policy, known := policies[values[0]]
	if !known || len(values) > 1 {
		return nil, invalid(field.NotSupported(field.NewPath("cascade"), values[0], []v1alpha1.Cascade{v1alpha1.CascadeDelete, v1alpha1.CascadeOrphan}))
	}
	return &policy, nil
}
