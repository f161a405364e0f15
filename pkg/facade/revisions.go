package facade

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func getAppStatus(c *call) (reply, error) {
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	status, err := c.appStatus(found)
	if err != nil {
		return reply{}, err
	}
	return withObject(found, status), nil
}

func (c *call) appStatus(found *v1alpha1.App) (appStatus, error) {
	revisions, err := c.revisionsOf(found)
	if err != nil {
		return appStatus{}, err
	}
	newest := int64(0)
	if len(revisions) > 0 {
		newest = revisions[0].Spec.Revision
	}
	return fromAppStatus(found, newest), nil
}

// listRevisions lists the revisions of an app, newest first. The store has them
// by name, app-10 before app-2, so that the order, and with it the cursor, is
// made here: it names the revision that the next page begins after. Revisions
// never change, and new ones come before the first page.
func listRevisions(c *call) (reply, error) {
	h, err := c.history()
	if err != nil {
		return reply{}, err
	}
	page, cursor := revisionPage(h.revisions, h.query, h.after)
	return listReply(page, cursor, fromRevision), nil
}

// history is what a list of an app's revisions, or of what became of them, is cut from.
type history struct {
	query     listQuery
	after     int64
	app       *v1alpha1.App
	revisions []*v1alpha1.AppRevision
}

// history reads the query and all revisions of the path's app.
func (c *call) history() (h history, err error) {
	if h.query, err = parseListQuery(c.query); err != nil {
		return h, err
	}
	if h.after, err = parseRevisionCursor(h.query.cursor); err != nil {
		return h, err
	}
	if h.app, err = c.app(); err != nil {
		return h, err
	}
	h.revisions, err = c.revisionsOf(h.app)
	return h, err
}

// revisionsOf returns all revisions of an app, newest first. There are as many
// as its history limit allows, 101 at most.
func (c *call) revisionsOf(a *v1alpha1.App) ([]*v1alpha1.AppRevision, error) {
	selector := fields.OneTermEqualSelector("spec.app", a.Name).String()
	revisions, err := c.revisions(a.Namespace).all(c.ctx(), metav1.ListOptions{FieldSelector: selector})
	slices.SortFunc(revisions, func(a, b *v1alpha1.AppRevision) int { return cmp.Compare(b.Spec.Revision, a.Spec.Revision) })
	return revisions, err
}

// revisionPage cuts a page out of revisions that are sorted newest first.
func revisionPage(revisions []*v1alpha1.AppRevision, query listQuery, after int64) ([]*v1alpha1.AppRevision, string) {
	matching := slices.DeleteFunc(slices.Clone(revisions), func(r *v1alpha1.AppRevision) bool {
		return !query.selector.Matches(labels.Set(r.Labels))
	})
	return pageBelow(matching, func(r *v1alpha1.AppRevision) int64 { return r.Spec.Revision }, query.limit, after)
}

// pageBelow cuts a page out of items that are sorted by their numbers, the
// highest first: those below the number that the page before ended with, or all
// for 0.
func pageBelow[T any](items []T, number func(T) int64, limit, after int64) ([]T, string) {
	var page []T
	for _, item := range items {
		if after > 0 && number(item) >= after {
			continue
		}
		if len(page) == int(limit) {
			return page, revisionCursor(number(page[len(page)-1]))
		}
		page = append(page, item)
	}
	return page, ""
}

func revisionCursor(last int64) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, last, 10))
}

func parseRevisionCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, wrongCursor()
	}
	last, err := strconv.ParseInt(string(decoded), 10, 64)
	if err != nil || last < 1 {
		return 0, wrongCursor()
	}
	return last, nil
}
