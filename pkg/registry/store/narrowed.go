package store

import (
	"context"
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/membership"
)

// Visibility knows who may see what in lists and watches.
type Visibility struct {
	Members    *membership.Index
	Authorizer authorizer.Authorizer
}

// Narrowed is a store whose lists, watches and collection deletions show its
// callers what they may see and nothing else. Objects are left out by the
// selection itself: pages are full, and no count tells of what is not shown.
type Narrowed struct {
	*genericregistry.Store
	visibility Visibility
	scope      Scope
}

var (
	_ rest.StandardStorage      = &Narrowed{}
	_ rest.ResetFieldsStrategy  = &Narrowed{}
	_ rest.SingularNameProvider = &Narrowed{}
)

// Narrow returns a store that shows its callers what they may see.
func Narrow(s *genericregistry.Store, visibility Visibility, scope Scope) *Narrowed {
	return &Narrowed{Store: s, visibility: visibility, scope: scope}
}

// List implements rest.Lister. A list is never shown with a view from before its
// version, and never older than the last change of what its caller sees, so that
// a watch from its version misses nothing.
func (n *Narrowed) List(ctx context.Context, options *internalversion.ListOptions) (runtime.Object, error) {
	caller, all, err := n.caller(ctx)
	if err != nil {
		return nil, err
	}
	if all {
		return n.Store.List(ctx, options)
	}
	return n.listSeen(ctx, caller, options)
}

// listFor looks at every object, and shows those that the caller sees.
func (n *Narrowed) listFor(ctx context.Context, caller user.Info, options *internalversion.ListOptions) (runtime.Object, error) {
	for {
		view := n.visibility.Members.View(caller)
		list, err := n.seenBy(view).List(ctx, options)
		if err != nil {
			return nil, err
		}
		version, err := versionOf(list)
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		if err := n.visibility.Members.WaitFor(ctx, version); err != nil {
			return nil, membership.Behind()
		}
		switch {
		case !n.visibility.Members.Current(caller, view):
			// The view is older than the list.
		case version < view.Changed && mayBeNewer(options):
			options = newest(options)
		default:
			return list, nil
		}
	}
}

// mayBeNewer says whether a list may be answered with a newer one.
func mayBeNewer(options *internalversion.ListOptions) bool {
	return options != nil && options.Continue == "" && options.ResourceVersion != "" &&
		options.ResourceVersionMatch != metav1.ResourceVersionMatchExact &&
		(options.Limit == 0 || options.ResourceVersion == "0" || options.ResourceVersionMatch != "")
}

// newest asks for the newest state instead of a cached one.
func newest(options *internalversion.ListOptions) *internalversion.ListOptions {
	if options == nil {
		return &internalversion.ListOptions{}
	}
	options = options.DeepCopy()
	options.ResourceVersion, options.ResourceVersionMatch = "", ""
	return options
}

// DeleteCollection implements rest.CollectionDeleter.
func (n *Narrowed) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, listOptions *internalversion.ListOptions) (runtime.Object, error) {
	caller, all, err := n.caller(ctx)
	if err != nil {
		return nil, err
	}
	if all {
		return n.Store.DeleteCollection(ctx, validate, options, listOptions)
	}
	return n.seenBy(n.visibility.Members.View(caller)).DeleteCollection(ctx, validate, options, listOptions)
}

// Watch implements rest.Watcher.
func (n *Narrowed) Watch(ctx context.Context, options *internalversion.ListOptions) (watch.Interface, error) {
	caller, all, err := n.caller(ctx)
	if err != nil {
		return nil, err
	}
	if all {
		return n.Store.Watch(ctx, options)
	}
	return n.watchFor(ctx, caller, options)
}

// caller returns who asks, and whether it may see everything.
func (n *Narrowed) caller(ctx context.Context) (user.Info, bool, error) {
	caller, ok := genericapirequest.UserFrom(ctx)
	if !ok {
		return nil, false, apierrors.NewInternalError(fmt.Errorf("a request for %s has no user", n.DefaultQualifiedResource))
	}
	decision, _, err := n.visibility.Authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User: caller, Verb: authz.VerbListAll, Namespace: genericapirequest.NamespaceValue(ctx),
		APIGroup: v1alpha1.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version,
		Resource: n.DefaultQualifiedResource.Resource, ResourceRequest: true,
	})
	if err != nil && decision != authorizer.DecisionAllow {
		return nil, false, authz.Failed(caller, authz.VerbListAll, n.DefaultQualifiedResource.Resource, err)
	}
	if decision == authorizer.DecisionAllow {
		return caller, true, nil
	}
	if err := n.visibility.Members.WaitLive(ctx); err != nil {
		return nil, false, membership.Behind()
	}
	return caller, false, nil
}

// seenBy returns the store as far as a view sees it.
func (n *Narrowed) seenBy(view membership.View) *genericregistry.Store {
	narrowed := *n.Store
	narrowed.PredicateFunc = func(label labels.Selector, field fields.Selector) storage.SelectionPredicate {
		return n.Store.PredicateFunc(label, visible{Selector: field, sees: func(f fields.Fields) bool {
			return n.scope.sees(view, f.Get("metadata.namespace"), f.Get("metadata.name"))
		}})
	}
	return &narrowed
}

func versionOf(obj runtime.Object) (uint64, error) {
	accessor, err := meta.CommonAccessor(obj)
	if err != nil {
		return 0, err
	}
	return parseVersion(accessor.GetResourceVersion())
}

func parseVersion(version string) (uint64, error) {
	parsed, err := strconv.ParseUint(version, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("resourceVersion %q is not a number", version)
	}
	return parsed, nil
}

func formatVersion(version uint64) string { return strconv.FormatUint(version, 10) }
