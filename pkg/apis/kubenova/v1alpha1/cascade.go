package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AnnotationCascade on an object that is being deleted holds what becomes of what
// depends on it: on a Cluster of its tenants, on a Tenant or a Project of what it
// has on its cluster. Set by the server.
const AnnotationCascade = "kubenova.io/cascade"

// Cascade is what the deletion of an object does to what depends on it.
type Cascade string

// Cascades.
const (
	// CascadeNone refuses the deletion while anything depends on the object.
	CascadeNone Cascade = ""
	// CascadeDelete deletes first what depends on the object, on its cluster too.
	CascadeDelete Cascade = "delete"
	// CascadeOrphan has KubeNova forget what depends on the object; what it made of
	// it on the cluster stays and runs on.
	CascadeOrphan Cascade = "orphan"
)

// CascadeOf returns what the options of a deletion ask for: propagationPolicy
// Orphan or Foreground (kubectl delete --cascade=orphan or foreground). Background
// is what kubectl sends unless told otherwise, and asks for nothing.
func CascadeOf(options *metav1.DeleteOptions) Cascade {
	switch policy := options.PropagationPolicy; {
	case policy != nil && *policy == metav1.DeletePropagationForeground:
		return CascadeDelete
	case policy != nil && *policy == metav1.DeletePropagationOrphan,
		options.OrphanDependents != nil && *options.OrphanDependents: //nolint:staticcheck // clients may still send it
		return CascadeOrphan
	}
	return CascadeNone
}

// CascadeRecorded returns what the deletion of an object does to what depends on
// it, for an object that is being deleted.
func CascadeRecorded(object metav1.Object) Cascade {
	if object.GetDeletionTimestamp() == nil {
		return CascadeNone
	}
	return Cascade(object.GetAnnotations()[AnnotationCascade])
}
