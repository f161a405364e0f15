package facade

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestRevisionPages(t *testing.T) {
	var revisions []*v1alpha1.AppRevision
	var want []int64
	for n := int64(25); n >= 1; n-- {
		revisions = append(revisions, &v1alpha1.AppRevision{Spec: v1alpha1.AppRevisionSpec{Revision: n}})
		want = append(want, n)
	}
	for _, limit := range []int64{1, 5, 24, 25, 200} {
		query := listQuery{limit: limit, selector: labels.Everything()}
		var got []int64
		for {
			after, err := parseRevisionCursor(query.cursor)
			if err != nil {
				t.Fatal(err)
			}
			page, cursor := revisionPage(revisions, query, after)
			for _, r := range page {
				got = append(got, r.Spec.Revision)
			}
			if cursor == "" {
				break
			}
			query.cursor = cursor
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: got %v", limit, got)
		}
	}
}

func TestRevisionCursorRefused(t *testing.T) {
	for _, cursor := range []string{"%", "eA", "MA", "LTE"} { // no base64, x, 0, -1
		if _, err := parseRevisionCursor(cursor); err == nil || translate(err).status != 400 {
			t.Errorf("%q: got %v, want 400", cursor, err)
		}
	}
}
