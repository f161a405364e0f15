// Package catalog reads the catalog from its files: plans, policy sets and what
// apps can be made of. It keeps the last good one while an edit is broken.
package catalog

import (
	"errors"
	"io/fs"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Files of a catalog.
const (
	PolicySetsFile  = "policysets.json"
	PlansFile       = "plans.json"
	DefinitionsFile = "definitions.json"
)

// Catalog is what the files say, checked and in the order of names.
type Catalog struct {
	PolicySets []v1alpha1.CatalogPolicySet
	Plans      []v1alpha1.Plan
	// Items are without the clusters that offer them.
	Items []v1alpha1.CatalogItem
}

// Load reads a catalog. The error tells of everything that is wrong with it, by
// file and field.
func Load(files fs.FS) (*Catalog, error) {
	policySets, err := readPolicySets(files)
	errs := []error{err}
	plans, err := readPlans(files, policySets)
	errs = append(errs, err)
	items, err := readDefinitions(files)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return &Catalog{PolicySets: policySets, Plans: plans, Items: items}, nil
}
