package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// applyCRDs applies definitions and waits until discovery shows their kinds:
// a controller that starts earlier finds no match for them and gives up.
func (k *kube) applyCRDs(ctx context.Context, crds []*unstructured.Unstructured) error {
	if err := k.apply(ctx, crds...); err != nil {
		return err
	}
	return poll(ctx, "the kinds of new CRDs", func(context.Context) error {
		k.mapper.Reset()
		for _, crd := range crds {
			kind, err := definedKind(crd)
			if err != nil {
				return err
			}
			if _, err := k.mapper.RESTMapping(kind); err != nil {
				return err
			}
		}
		return nil
	})
}

func definedKind(crd *unstructured.Unstructured) (schema.GroupKind, error) {
	group, _, groupErr := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, kindErr := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	if groupErr != nil || kindErr != nil || kind == "" {
		return schema.GroupKind{}, fmt.Errorf("%s defines no kind", describe(crd))
	}
	return schema.GroupKind{Group: group, Kind: kind}, nil
}
