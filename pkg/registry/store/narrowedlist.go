package store

import (
	"context"
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/storage"

	"github.com/kubenova/kubenova/pkg/membership"
)

const (
	// maxSpaces is how many spaces a list reads each by itself. Who sees more sees
	// so much that looking at everything costs little besides.
	maxSpaces = 1000
	// spaceAttempts is how often a list starts anew because what there is to be
	// seen changed while it began.
	spaceAttempts = 3
)

// listSeen lists what a caller sees.
func (n *Narrowed) listSeen(ctx context.Context, caller user.Info, options *internalversion.ListOptions) (runtime.Object, error) {
	list, err := n.listSpaces(ctx, caller, options)
	if list != nil || err != nil {
		return list, err
	}
	return n.listFor(ctx, caller, options)
}

// listSpaces lists over all namespaces by reading the spaces that the caller sees,
// all at one version and in the order of their keys. It costs what is seen and not
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
			return nil, membership.Behind()
		}
		view := n.visibility.Members.View(caller)
		spaces, changed := n.scope.spaces(n.visibility.Members, view)
		switch {
		case len(spaces) > maxSpaces || changed > at.version && at.from != "":
			return nil, nil
		case max(changed, view.Changed) > at.version && at.from == "":
			continue
		}
		list, err := n.readSpaces(ctx, view, spaces, at, options)
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
// now, or the next page of one, and no field says more directly where to look.
func (n *Narrowed) mayListSpaces(ctx context.Context, options *internalversion.ListOptions) bool {
	if genericapirequest.NamespaceValue(ctx) != "" {
		return false
	}
	return options == nil || !n.namesOne(options.FieldSelector) && (options.ResourceVersion == "" || mayBeNewer(options))
}

// namesOne says whether a selector leads to one object, or to one namespace.
func (n *Narrowed) namesOne(selector fields.Selector) bool {
	if selector == nil {
		return false
	}
	direct := []string{"metadata.uid", "metadata.namespace"}
	if !n.CreateStrategy.NamespaceScoped() {
		direct = append(direct, "metadata.name")
	}
	return slices.ContainsFunc(direct, func(name string) bool {
		_, exact := selector.RequiresExactMatch(name)
		return exact
	})
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

// readSpaces reads spaces until the page is full and one more object is found.
func (n *Narrowed) readSpaces(ctx context.Context, view membership.View, spaces []space, at moment, options *internalversion.ListOptions) (runtime.Object, error) {
	all, next := n.NewListFunc(), ""
	reader := spaceReader{store: n.seenBy(view), at: at, options: newest(options)}
	for _, s := range inOrder(spaces) {
		if s.before(at.from) {
			continue
		}
		full := reader.options.Limit > 0 && reader.left(all) == 0
		page, err := reader.read(ctx, s, all)
		if err != nil {
			return nil, err
		}
		if full {
			next, err = firstKey(page)
		} else {
			next, err = s.nextKey(page)
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
