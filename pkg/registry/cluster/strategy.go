package cluster

import (
	"context"
	"strings"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	return strategy{store.NewBase(scheme, false, v1alpha1.CheckClusterName)}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	set := fieldpath.NewSet(fieldpath.MakePathOrDie("status"), fieldpath.MakePathOrDie("spec", "credentialsRevision"))
	return map[fieldpath.APIVersion]*fieldpath.Set{fieldpath.APIVersion(v1alpha1.SchemeGroupVersion.String()): set}
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	cluster := obj.(*v1alpha1.Cluster)
	cluster.Status = v1alpha1.ClusterStatus{}
	cluster.Spec.CredentialsRevision = 0
	cluster.Generation = 1
}

func (strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	cluster, stored := obj.(*v1alpha1.Cluster), old.(*v1alpha1.Cluster)
	cluster.Spec.CredentialsRevision = stored.Spec.CredentialsRevision
	prepareSpecUpdate(cluster, stored)
}

func prepareSpecUpdate(cluster, stored *v1alpha1.Cluster) {
	cluster.Status = stored.Status
	store.KeepCascade(cluster, stored)
	if !apiequality.Semantic.DeepEqual(cluster.Spec, stored.Spec) {
		cluster.Generation = stored.Generation + 1
	}
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	cluster := obj.(*v1alpha1.Cluster)
	return append(s.ValidateName(cluster), validateProxy(cluster.Spec)...)
}

func (strategy) ValidateUpdate(_ context.Context, obj, _ runtime.Object) field.ErrorList {
	return validateProxy(obj.(*v1alpha1.Cluster).Spec)
}

// validateProxy checks what goes into the kubeconfigs of tenants.
func validateProxy(spec v1alpha1.ClusterSpec) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("spec")
	if spec.ProxyURL != "" {
		if problem := v1alpha1.CheckProxyURL(spec.ProxyURL); problem != "" {
			errs = append(errs, field.Invalid(path.Child("proxyURL"), spec.ProxyURL, problem))
		}
	}
	if spec.ProxyCA == "" {
		return errs
	}
	if spec.ProxyURL == "" {
		errs = append(errs, field.Required(path.Child("proxyURL"), "proxyCA is of no use without it"))
	}
	if _, err := cert.ParseCertsPEM([]byte(spec.ProxyCA)); err != nil || strings.Contains(spec.ProxyCA, "PRIVATE KEY") {
		errs = append(errs, field.Invalid(path.Child("proxyCA"), "", "must be certificates in PEM"))
	}
	return errs
}

// credentialsStrategy lets the kubeconfig subresource count its writes.
type credentialsStrategy struct{ strategy }

func (credentialsStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	prepareSpecUpdate(obj.(*v1alpha1.Cluster), old.(*v1alpha1.Cluster))
}

func newStatusStrategy(main strategy) store.StatusStrategy[*v1alpha1.Cluster] {
	return store.StatusStrategy[*v1alpha1.Cluster]{
		Strategy:   main,
		KeepSpec:   func(updated, stored *v1alpha1.Cluster) { updated.Spec = stored.Spec },
		Conditions: func(cluster *v1alpha1.Cluster) []metav1.Condition { return cluster.Status.Conditions },
	}
}
