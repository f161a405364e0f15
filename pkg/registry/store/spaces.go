package store

import (
	"context"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/storage"
)

// space is a part of a resource that is read by itself: what is in a namespace, or
// the one object of a name that has none.
type space struct{ namespace, name string }

// key is what the keys in the space begin with, or are, within the resource.
func (s space) key() string {
	if s.namespace == "" {
		return "/" + s.name
	}
	return "/" + s.namespace + "/"
}

// before says whether everything in the space is before a key.
func (s space) before(key string) bool {
	return s.key() < key && (s.namespace == "" || !strings.HasPrefix(key, s.key()))
}

// inOrder sorts spaces as the keys in them are.
func inOrder(spaces []space) []space {
	slices.SortFunc(spaces, func(a, b space) int { return strings.Compare(a.key(), b.key()) })
	return spaces
}

// nextKey returns from where a space goes on after a page of it.
func (s space) nextKey(page runtime.Object) (string, error) {
	accessor, err := meta.ListAccessor(page)
	if err != nil || accessor.GetContinue() == "" {
		return "", err
	}
	key, _, err := storage.DecodeContinue(accessor.GetContinue(), "/")
	return strings.TrimSuffix(s.key(), "/") + key, err
}

// moment is the version that a list shows, and the key within the resource from
// which its page begins.
type moment struct {
	version uint64
	from    string
}

// spaceReader reads one space after the other.
type spaceReader struct {
	store   *genericregistry.Store
	at      moment
	options *internalversion.ListOptions
}

// left is how many objects the page still takes.
func (r spaceReader) left(all runtime.Object) int64 {
	return r.options.Limit - int64(meta.LenList(all))
}

// read reads what a page still takes of a space, or one object if it is full.
func (r spaceReader) read(ctx context.Context, s space, all runtime.Object) (runtime.Object, error) {
	if s.namespace == "" {
		return r.readOne(ctx, s.name)
	}
	options := r.options.DeepCopy()
	options.Continue = ""
	if options.Limit > 0 {
		options.Limit = max(1, r.left(all))
	}
	if rest, here := strings.CutPrefix(r.at.from, s.key()); here && rest != "" {
		token, err := storage.EncodeContinue("/"+rest, "/", int64(r.at.version))
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		options.Continue = token
	} else {
		options.ResourceVersion, options.ResourceVersionMatch = formatVersion(r.at.version), metav1.ResourceVersionMatchExact
	}
	return r.store.List(genericapirequest.WithNamespace(ctx, s.namespace), options)
}

// readOne reads an object as a list of it. The cache has it as it is now, which is
// as it was at the moment unless it was written since.
func (r spaceReader) readOne(ctx context.Context, name string) (runtime.Object, error) {
	version := formatVersion(r.at.version)
	obj, err := r.store.Get(ctx, name, &metav1.GetOptions{ResourceVersion: version})
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	if err == nil {
		written, err := versionOf(obj)
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		if written <= r.at.version {
			return r.listOf(obj)
		}
	}
	options := r.options.DeepCopy()
	options.Continue, options.Limit = "", 0
	options.ResourceVersion, options.ResourceVersionMatch = version, metav1.ResourceVersionMatchExact
	options.FieldSelector = fields.AndSelectors(r.fields(), fields.OneTermEqualSelector("metadata.name", name))
	return r.store.List(ctx, options)
}

func (r spaceReader) fields() fields.Selector {
	if r.options.FieldSelector == nil {
		return fields.Everything()
	}
	return r.options.FieldSelector
}

// listOf returns a list of an object, or of nothing if it is not selected.
func (r spaceReader) listOf(obj runtime.Object) (runtime.Object, error) {
	selector := labels.Everything()
	if r.options.LabelSelector != nil {
		selector = r.options.LabelSelector
	}
	selected := r.store.PredicateFunc(selector, r.fields())
	list := r.store.NewListFunc()
	matches, err := selected.Matches(obj)
	if err != nil || !matches {
		return list, err
	}
	return list, meta.SetList(list, []runtime.Object{obj})
}

// firstKey returns the key of the first object of a page; none if it has none.
func firstKey(page runtime.Object) (key string, err error) {
	err = meta.EachListItem(page, func(obj runtime.Object) error {
		first, err := meta.Accessor(obj)
		if err == nil && key == "" {
			if key = (space{first.GetNamespace(), first.GetName()}).key(); first.GetNamespace() != "" {
				key += first.GetName()
			}
		}
		return err
	})
	return key, err
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
