package store

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/ptr"
)

// BeginsWithList says whether a watch tells first of what there is.
func BeginsWithList(version string, sendInitialEvents *bool) bool {
	return ptr.Deref(sendInitialEvents, version == "" || version == "0")
}

// watchFromList watches from a list, which it tells of first. The cache would look
// at everything there is for that.
func (n *Narrowed) watchFromList(ctx context.Context, caller user.Info, options *internalversion.ListOptions) (watch.Interface, error) {
	for range spaceAttempts {
		subscription := n.visibility.Members.Subscribe(caller)
		list, version, err := n.listNow(ctx, caller, options)
		if err == nil && version >= subscription.Changed && !subscription.HasEnded() {
			initial, err := n.initialEvents(list, version, options)
			if err != nil {
				subscription.Close()
				return nil, apierrors.NewInternalError(err)
			}
			options = options.DeepCopy()
			options.SendInitialEvents, options.ResourceVersionMatch = nil, ""
			options.ResourceVersion = formatVersion(version)
			return n.follow(ctx, subscription, initial, options)
		}
		subscription.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, expired()
}

// listNow lists what a caller sees of what a watch selects.
func (n *Narrowed) listNow(ctx context.Context, caller user.Info, options *internalversion.ListOptions) (runtime.Object, uint64, error) {
	list, err := n.listSeen(ctx, caller, &internalversion.ListOptions{LabelSelector: options.LabelSelector, FieldSelector: options.FieldSelector})
	if err != nil {
		return nil, 0, err
	}
	version, err := versionOf(list)
	if err != nil {
		return nil, 0, apierrors.NewInternalError(err)
	}
	return list, version, nil
}

// initialEvents are those that tell of a list, and that it has ended if that is
// asked for.
func (n *Narrowed) initialEvents(list runtime.Object, version uint64, options *internalversion.ListOptions) ([]watch.Event, error) {
	events := make([]watch.Event, 0, meta.LenList(list)+1)
	err := meta.EachListItem(list, func(obj runtime.Object) error {
		events = append(events, watch.Event{Type: watch.Added, Object: obj})
		return nil
	})
	if err != nil || !ptr.Deref(options.SendInitialEvents, false) || !options.AllowWatchBookmarks {
		return events, err
	}
	end := n.NewFunc()
	if err := n.Store.Storage.Versioner().UpdateObject(end, version); err != nil {
		return nil, err
	}
	return append(events, watch.Event{Type: watch.Bookmark, Object: end}), storage.AnnotateInitialEventsEndBookmark(end)
}
