package facade

import (
	"encoding/json"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// condition is the REST form of a condition.
type condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	Reason             string    `json:"reason"`
	Message            string    `json:"message"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
}

func fromConditions(conditions []metav1.Condition) []condition {
	out := make([]condition, 0, len(conditions))
	for _, c := range conditions {
		out = append(out, condition{
			Type: c.Type, Status: string(c.Status), Reason: c.Reason, Message: c.Message,
			LastTransitionTime: c.LastTransitionTime.UTC(),
		})
	}
	return out
}

// stringMap shows no labels as {}, not null.
func stringMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// userAnnotations returns the annotations that are for users of the API to see.
func userAnnotations(m map[string]string) map[string]string {
	if _, traced := m[v1alpha1.AnnotationTrace]; traced {
		m = maps.Clone(m)
		delete(m, v1alpha1.AnnotationTrace)
	}
	return stringMap(m)
}

// replaceLabels returns the labels that a PUT leaves: those it names, and of the
// others those that KubeNova sets itself.
func replaceLabels(current, wanted map[string]string) map[string]string {
	out := map[string]string{}
	for _, key := range []string{v1alpha1.LabelCluster, v1alpha1.LabelTenant, v1alpha1.LabelProject, v1alpha1.LabelApp} {
		if value, ok := current[key]; ok {
			out[key] = value
		}
	}
	for key, value := range wanted {
		out[key] = value
	}
	return out
}

// toProperties returns the API form of a type's properties, which must be an
// object or absent.
func toProperties(properties any, path *field.Path) (*runtime.RawExtension, *field.Error) {
	if properties == nil {
		return nil, nil
	}
	object, ok := properties.(map[string]any)
	if !ok {
		return nil, field.TypeInvalid(path, nil, "must be an object")
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, field.Invalid(path, nil, "cannot be written as JSON")
	}
	return &runtime.RawExtension{Raw: raw}, nil
}

// fromProperties returns the REST form of a type's properties. The API server
// keeps them as JSON; what would not parse is shown as it is.
func fromProperties(properties *runtime.RawExtension) any {
	if properties == nil || len(properties.Raw) == 0 {
		return nil
	}
	var out any
	if err := utiljson.Unmarshal(properties.Raw, &out); err != nil {
		return string(properties.Raw)
	}
	return out
}

// only has an action be about this very object, and not about one that was made
// anew under its name since it was looked up.
func only(object metav1.Object) metav1.ObjectMeta { return metav1.ObjectMeta{UID: object.GetUID()} }

// utc returns a time that may be missing.
func utc(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	out := t.UTC()
	return &out
}

// createdAt returns when an object was made.
func createdAt(object metav1.Object) *time.Time {
	made := object.GetCreationTimestamp().UTC()
	return &made
}

// checkNew refuses a create without a name, or with what the server decides.
func checkNew(name, uid string, createdAt *time.Time) error {
	const detail = "is set by the server"
	var problems field.ErrorList
	if name == "" {
		problems = append(problems, field.Required(field.NewPath("name"), ""))
	}
	if uid != "" {
		problems = append(problems, field.Forbidden(field.NewPath("uid"), detail))
	}
	if createdAt != nil {
		problems = append(problems, field.Forbidden(field.NewPath("createdAt"), detail))
	}
	if len(problems) > 0 {
		return invalid(problems...)
	}
	return nil
}

// checkReadOnly refuses a PUT whose read-only fields do not say what the object
// says. They are there so that what a GET gave can be sent back.
func checkReadOnly(object metav1.Object, name, uid string, createdAt *time.Time) error {
	const detail = "cannot be changed"
	var problems field.ErrorList
	if name != "" && name != object.GetName() {
		problems = append(problems, field.Invalid(field.NewPath("name"), nil, detail))
	}
	if uid != "" && uid != string(object.GetUID()) {
		problems = append(problems, field.Invalid(field.NewPath("uid"), nil, detail))
	}
	if createdAt != nil && !createdAt.Equal(object.GetCreationTimestamp().Time) {
		problems = append(problems, field.Invalid(field.NewPath("createdAt"), nil, detail))
	}
	if len(problems) > 0 {
		return invalid(problems...)
	}
	return nil
}
