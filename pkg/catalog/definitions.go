package catalog

import (
	"context"
	"io/fs"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// definitionEntry is an entry of definitions.json.
type definitionEntry struct {
	Type        v1alpha1.CatalogItemType `json:"type"`
	Name        string                   `json:"name"`
	Description string                   `json:"description"`
}

// object is the name of the entry's object.
func (e definitionEntry) object() string { return v1alpha1.CatalogItemName(e.Type, e.Name) }

func readDefinitions(files fs.FS) ([]v1alpha1.CatalogItem, error) {
	entries, err := read(files, DefinitionsFile, definitionEntry.object)
	if err != nil {
		return nil, err
	}
	out := make([]v1alpha1.CatalogItem, 0, len(entries))
	var errs field.ErrorList
	for _, entry := range entries {
		item := v1alpha1.CatalogItem{
			ObjectMeta: metav1.ObjectMeta{Name: entry.object()},
			Spec:       v1alpha1.CatalogItemSpec{Type: entry.Type, Name: entry.Name, Description: entry.Description},
		}
		path := field.NewPath("definitions").Key(entry.object())
		errs = append(errs, v1alpha1.Validate_CatalogItemSpec(context.Background(), create(), path, &item.Spec, nil)...)
		if offered := Offered(entry.Type); !slices.Contains(offered, entry.Name) {
			errs = append(errs, field.NotSupported(path.Child("name"), entry.Name, offered))
		}
		out = append(out, item)
	}
	return out, invalid(DefinitionsFile, errs)
}

// Offered lists what apps may use as a type. Anything else would be refused when
// the app is deployed.
func Offered(itemType v1alpha1.CatalogItemType) []string {
	switch itemType {
	case v1alpha1.CatalogComponent:
		return render.ComponentTypes()
	case v1alpha1.CatalogTrait:
		return render.TraitTypes()
	case v1alpha1.CatalogWorkflow:
		return render.PolicyTypes()
	}
	return nil
}
