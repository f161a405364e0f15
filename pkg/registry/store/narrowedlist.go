package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/storage"

	"github.com/kubenova/kubenova/pkg/membership"
)

const (
	// maxSpaces is for how many namespaces a list reads each by itself. Who sees
	// more sees so much that looking at everything costs little besides.
	maxSpaces = 1000
	// spaceAttempts is how often a list starts anew because what there is to be
	// seen changed while it began.
	spaceAttempts = 3
)

// listSpaces lists over all namespaces by reading those that the caller sees, all
// at one version and in the order of their keys. It costs what is seen and not
// what there is. It returns nil when it cannot tell what was to be seen at that
// version; the list has to look at everything then.
func (n *Narrowed) listSpaces(ctx context.Context, caller user.Info, options *internalversion.ListOptions) (runtime.Object, error) {
	if !n.mayListSpaces(ctx, options) {
		return nil, nil
	}
	for range spaceAttempts {
		at, err := n.momentOf(ctx, options)
		if err != nil || at.version == 0 {
			return nil, err
		}
		if err := n.visibility.Members.WaitFor(ctx, at.version); err != nil {
			return nil, n.behind()
		}
		view := n.visibility.Members.View(caller)
		namespaces, changed := n.scope.namespaces(n.visibility.Members, view)
		switch {
		case len(namespaces) > maxSpaces || changed > at.version && at.from != "":
			return nil, nil
		case max(changed, view.Changed) > at.version && at.from == "":
			continue
		}
		list, err := n.readSpaces(ctx, view, namespaces, at, options)
		if apierrors.IsResourceExpired(err) {
			return nil, nil // which answers with how to go on
		}
		if err != nil || n.visibility.Members.Current(caller, view) {
			return list, err
		}
	}
	return nil, nil
}

// mayListSpaces says whether a list is one over all namespaces of what there is
// now, or the next page of one. Fields have indexes that find more quickly.
func (n *Narrowed) mayListSpaces(ctx context.Context, options *internalversion.ListOptions) bool {
	if n.scope.namespaces == nil || genericapirequest.NamespaceValue(ctx) != "" {
		return false
	}
	return options == nil || (options.FieldSelector == nil || options.FieldSelector.Empty()) &&
		(options.ResourceVersion == "" || mayBeNewer(options))
}

// moment is the version that a list shows, and the key within the resource from
// which its page begins.
type moment struct {
	version uint64
	from    string
}

// momentOf returns now, or that of the page before; none if the list does not
// hold to one.
func (n *Narrowed) momentOf(ctx context.Context, options *internalversion.ListOptions) (moment, error) {
	if options == nil || options.Continue == "" {
		version, err := n.Store.Storage.Storage.GetCurrentResourceVersion(ctx)
		return moment{version: version}, err
	}
	from, version, err := storage.DecodeContinue(options.Continue, "/")
	if err != nil || version <= 0 {
		return moment{}, nil // the store says what is wrong with it
	}
	return moment{version: uint64(version), from: from}, nil
}

// readSpaces reads namespaces until the page is full and one more object is found.
func (n *Narrowed) readSpaces(ctx context.Context, view membership.View, namespaces []string, at moment, options *internalversion.ListOptions) (runtime.Object, error) {
	s, all, next := n.seenBy(view), n.NewListFunc(), ""
	reader := spaceReader{store: s, at: at, options: newest(options)}
	for _, namespace := range inOrder(namespaces) {
		if namespace+"/" < at.namespace() {
			continue
		}
		full := reader.options.Limit > 0 && reader.left(all) == 0
		page, err := reader.read(ctx, namespace, all)
		if err != nil {
			return nil, err
		}
		if full {
			next, err = firstKey(page)
		} else {
			next, err = nextKey(namespace, page)
			err = errors.Join(err, appendItems(all, page))
		}
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		if next != "" {
			break
		}
	}
	token := ""
	if next != "" {
		var err error
		if token, err = storage.EncodeContinue(next, "/", int64(at.version)); err != nil {
			return nil, apierrors.NewInternalError(err)
		}
	}
	return all, n.Store.Storage.Versioner().UpdateList(all, at.version, token, nil)
}

// namespace returns what the keys in the namespace of the page's first begin with.
func (m moment) namespace() string {
	namespace, _, _ := strings.Cut(strings.TrimPrefix(m.from, "/"), "/")
	return namespace + "/"
}

// inOrder sorts namespaces as the keys of what is in them are.
func inOrder(namespaces []string) []string {
	slices.SortFunc(namespaces, func(a, b string) int { return strings.Compare(a+"/", b+"/") })
	return namespaces
}

// spaceReader reads one namespace after the other.
type spaceReader struct {
	store   *genericregistry.Store
	at      moment
	options *internalversion.ListOptions
}

// left is how many objects the page still takes.
func (r spaceReader) left(all runtime.Object) int64 {
	return r.options.Limit - int64(meta.LenList(all))
}

// read reads what a page still takes of a namespace, or one object if it is full.
func (r spaceReader) read(ctx context.Context, namespace string, all runtime.Object) (runtime.Object, error) {
	options := r.options.DeepCopy()
	options.Continue = ""
	if options.Limit > 0 {
		options.Limit = max(1, r.left(all))
	}
	if rest, here := strings.CutPrefix(r.at.from, "/"+namespace+"/"); here && rest != "" {
		token, err := storage.EncodeContinue("/"+rest, "/", int64(r.at.version))
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		options.Continue = token
	} else {
		options.ResourceVersion, options.ResourceVersionMatch = formatVersion(r.at.version), metav1.ResourceVersionMatchExact
	}
	return r.store.List(genericapirequest.WithNamespace(ctx, namespace), options)
}

// firstKey returns the key of the first object of a page; none if it has none.
func firstKey(page runtime.Object) (key string, err error) {
	err = meta.EachListItem(page, func(obj runtime.Object) error {
		first, err := meta.Accessor(obj)
		if err == nil && key == "" {
			key = "/" + first.GetNamespace() + "/" + first.GetName()
		}
		return err
	})
	return key, err
}

// nextKey returns from where a namespace goes on after a page of it.
func nextKey(namespace string, page runtime.Object) (string, error) {
	accessor, err := meta.ListAccessor(page)
	if err != nil || accessor.GetContinue() == "" {
		return "", err
	}
	key, _, err := storage.DecodeContinue(accessor.GetContinue(), "/")
	return "/" + namespace + key, err
}

// appendItems adds the items of a list to another of its kind.
func appendItems(to, from runtime.Object) error {
	items, err := meta.GetItemsPtr(to)
	if err != nil {
		return err
	}
	more, err := meta.GetItemsPtr(from)
	if err != nil {
		return err
	}
	all := reflect.ValueOf(items).Elem()
	all.Set(reflect.AppendSlice(all, reflect.ValueOf(more).Elem()))
	return nil
}
