package facade

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Sizes of a page.
const (
	defaultLimit = 50
	maxLimit     = 200
	// chunkSize is what is read at a time where a whole list is looked through.
	chunkSize = 500
)

// listQuery is what the query of a list asks for.
type listQuery struct {
	limit    int64
	cursor   string
	selector labels.Selector
}

func parseListQuery(query url.Values) (listQuery, error) {
	parsed := listQuery{limit: defaultLimit, cursor: query.Get("cursor"), selector: labels.Everything()}
	if query.Has("limit") {
		limit, err := strconv.ParseInt(query.Get("limit"), 10, 32)
		if err != nil || limit < 1 || limit > maxLimit {
			problem := fmt.Sprintf("must be a whole number from 1 to %d", maxLimit)
			return listQuery{}, invalid(field.Invalid(field.NewPath("limit"), nil, problem))
		}
		parsed.limit = limit
	}
	if query.Has("labelSelector") {
		selector, err := labels.Parse(query.Get("labelSelector"))
		if err != nil {
			return listQuery{}, invalid(field.Invalid(field.NewPath("labelSelector"), nil, err.Error()))
		}
		parsed.selector = selector
	}
	return parsed, nil
}

// options returns the list call that the query asks for.
func (q listQuery) options() metav1.ListOptions {
	return metav1.ListOptions{Limit: q.limit, Continue: q.cursor, LabelSelector: q.selector.String()}
}

// page returns one page of a list and the cursor of the next. The cursor is the
// store's continue token, so that all pages show one moment.
func (r resource[T, L]) page(ctx context.Context, opts metav1.ListOptions) ([]T, string, error) {
	list, err := r.list(ctx, opts)
	if err != nil {
		return nil, "", err
	}
	return r.items(list), list.GetContinue(), nil
}

// all returns a whole list, read in chunks.
func (r resource[T, L]) all(ctx context.Context, opts metav1.ListOptions) ([]T, error) {
	var items []T
	opts.Limit = chunkSize
	for {
		list, err := r.list(ctx, opts)
		if err != nil {
			return nil, err
		}
		items = append(items, r.items(list)...)
		if opts.Continue = list.GetContinue(); opts.Continue == "" {
			return items, nil
		}
	}
}

func (r resource[T, L]) list(ctx context.Context, opts metav1.ListOptions) (L, error) {
	list, err := r.client.List(ctx, opts)
	if err != nil && opts.Continue != "" && apierrors.IsBadRequest(err) {
		return list, wrongCursor()
	}
	return list, err
}

func wrongCursor() *apiError {
	return badRequest("the cursor is not one that X-Next-Cursor gave for this list")
}

// listReply answers with a page. The body is an array, also when it is empty.
func listReply[T, R any](items []T, cursor string, convert func(T) R) reply {
	body := make([]R, 0, len(items))
	for _, item := range items {
		body = append(body, convert(item))
	}
	return reply{body: body, cursor: cursor}
}
