package accessgrant

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// KubeconfigREST serves tenants/kubeconfig and projects/kubeconfig: POST issues a
// kubeconfig, which is nowhere kept.
type KubeconfigREST struct {
	issuer *Issuer
	// ofProject tells the second of the two paths.
	ofProject bool
}

var _ rest.NamedCreater = &KubeconfigREST{}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (*KubeconfigREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// New implements rest.Storage.
func (*KubeconfigREST) New() runtime.Object { return &v1alpha1.AccessKubeconfig{} }

// Destroy implements rest.Storage: the main paths own the underlying stores.
func (*KubeconfigREST) Destroy() {}

// Create issues a kubeconfig for the tenant or project of that name.
func (r *KubeconfigREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.AccessKubeconfig)
	request.Status = v1alpha1.AccessKubeconfigStatus{}
	if err := store.NameFromPath(request, name); err != nil {
		return nil, err
	}
	if errs := r.validate(request); len(errs) > 0 {
		return nil, invalid(name, errs)
	}
	if validate != nil {
		if err := validate(ctx, request.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	wish, err := r.wish(ctx, request)
	if err != nil {
		return nil, err
	}
	status, err := r.issuer.issue(ctx, wish, len(options.DryRun) > 0)
	if err != nil {
		return nil, err
	}
	request.Status = *status
	return request, nil
}

func (r *KubeconfigREST) validate(request *v1alpha1.AccessKubeconfig) field.ErrorList {
	var errs field.ErrorList
	spec, path := request.Spec, field.NewPath("spec")
	if spec.Project != "" {
		for _, problem := range v1alpha1.CheckProjectName(spec.Project) {
			errs = append(errs, field.Invalid(path.Child("project"), spec.Project, problem))
		}
		if r.ofProject && spec.Project != request.Name {
			errs = append(errs, field.Invalid(path.Child("project"), spec.Project, "must be that of the path"))
		}
	}
	if _, known := needs(spec.Role); spec.Role != "" && !known {
		errs = append(errs, field.NotSupported(path.Child("role"), spec.Role, rolesDescending()))
	}
	if ttl := spec.TTLSeconds; ttl != nil && (*ttl < v1alpha1.MinAccessTTLSeconds || *ttl > v1alpha1.MaxAccessTTLSeconds) {
		errs = append(errs, field.Invalid(path.Child("ttlSeconds"), *ttl,
			fmt.Sprintf("must be from %d to %d", v1alpha1.MinAccessTTLSeconds, v1alpha1.MaxAccessTTLSeconds)))
	}
	return errs
}

// wish is what a request amounts to. The role is empty when the highest is meant.
func (r *KubeconfigREST) wish(ctx context.Context, request *v1alpha1.AccessKubeconfig) (wish, error) {
	w := wish{
		tenant: request.Name, project: request.Spec.Project, role: request.Spec.Role,
		seconds: v1alpha1.DefaultAccessTTLSeconds,
	}
	if request.Spec.TTLSeconds != nil {
		w.seconds = *request.Spec.TTLSeconds
	}
	if r.ofProject {
		tenant, project, ok := v1alpha1.SplitNamespace(genericapirequest.NamespaceValue(ctx))
		if !ok || project != "" {
			return wish{}, apierrors.NewNotFound(v1alpha1.Resource("projects"), request.Name)
		}
		w.tenant, w.project, w.projectUID, w.ofProject = tenant, request.Name, request.UID, true
		return w, nil
	}
	w.tenantUID = request.UID
	if w.role == "" {
		w.role = v1alpha1.RoleReadOnly
	}
	return w, nil
}

// wish is a kubeconfig that is asked for.
type wish struct {
	tenant, project       string
	tenantUID, projectUID types.UID
	role                  v1alpha1.MemberRole
	seconds               int64
	// ofProject says that the project is that of the path.
	ofProject bool
}

func invalid(name string, errs field.ErrorList) error {
	return apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("AccessKubeconfig").GroupKind(), name, errs)
}
