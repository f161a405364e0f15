package facade

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestParseListQuery(t *testing.T) {
	cases := []struct {
		query, limit, selector, field string // field is what the 422 names
	}{
		{query: "", limit: "50"},
		{query: "limit=1", limit: "1"},
		{query: "limit=200&cursor=abc", limit: "200"},
		{query: "limit=0", field: "limit"},
		{query: "limit=201", field: "limit"},
		{query: "limit=-1", field: "limit"},
		{query: "limit=", field: "limit"},
		{query: "limit=ten", field: "limit"},
		{query: "limit=99999999999999999999", field: "limit"},
		{query: "labelSelector=" + url.QueryEscape("env=dev,tier in (gold,silver),!old"), limit: "50", selector: "env=dev,!old,tier in (gold,silver)"},
		{query: "labelSelector=" + url.QueryEscape("env in (dev"), field: "labelSelector"},
		{query: "labelSelector=" + url.QueryEscape("a b"), field: "labelSelector"},
	}
	for _, c := range cases {
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseListQuery(values)
		if c.field != "" {
			if err == nil || translate(err).status != 422 || translate(err).details[0].Field != c.field {
				t.Errorf("%s: got %v, want 422 for %s", c.query, err, c.field)
			}
			continue
		}
		if err != nil || strconv.FormatInt(got.limit, 10) != c.limit || got.selector.String() != c.selector || got.cursor != values.Get("cursor") {
			t.Errorf("%s: got %+v and %v", c.query, got, err)
		}
	}
}

// snapshots is a store of tenants that pages as the API server does: its tokens
// belong to one moment, and later writes do not show in pages that go on.
type snapshots struct {
	typedClient[*v1alpha1.Tenant, *v1alpha1.TenantList]
	versions [][]v1alpha1.Tenant
	lists    int
}

// write makes a version in which every tenant is alice's.
func (s *snapshots) write() {
	s.versions = append(s.versions, owned(len(s.versions[0])+10, 1))
}

func (s *snapshots) List(_ context.Context, opts metav1.ListOptions) (*v1alpha1.TenantList, error) {
	s.lists++
	defer s.write() // someone writes after every read
	version, start := len(s.versions)-1, 0
	if opts.Continue != "" {
		if _, err := fmt.Sscanf(opts.Continue, "%d@%d", &start, &version); err != nil {
			return nil, err
		}
	}
	if opts.ResourceVersionMatch == metav1.ResourceVersionMatchExact {
		version, _ = strconv.Atoi(opts.ResourceVersion)
	}
	items := s.versions[version][start:]
	list := &v1alpha1.TenantList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(version)}}
	if int64(len(items)) > opts.Limit {
		items = items[:opts.Limit]
		list.Continue = fmt.Sprintf("%d@%d", start+len(items), version)
	}
	list.Items = items
	return list, nil
}

// owned makes tenants of which every n-th belongs to alice.
func owned(count, n int) []v1alpha1.Tenant {
	tenants := make([]v1alpha1.Tenant, count)
	for i := range tenants {
		tenants[i].Name = fmt.Sprintf("t%05d", i)
		if i%n == n-1 {
			tenants[i].Spec.Owners = []v1alpha1.Subject{{Name: "alice"}}
		}
	}
	return tenants
}

func TestFilteredPages(t *testing.T) {
	cases := []struct{ count, every, limit int }{
		{0, 1, 50}, {1, 1, 1}, {1, 2, 1}, {50, 1, 50}, {51, 1, 50},
		{500, 1, 200}, {501, 500, 1}, {1000, 500, 1}, {1001, 500, 2}, {3000, 7, 50}, {3000, 1, 200}, {2000, 1999, 1},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			store := &snapshots{versions: [][]v1alpha1.Tenant{owned(c.count, c.every)}}
			tenants := resource[*v1alpha1.Tenant, *v1alpha1.TenantList]{
				client: store, items: func(l *v1alpha1.TenantList) []*v1alpha1.Tenant { return pointers(l.Items) },
			}
			var want, got []string
			for i := c.every - 1; i < c.count; i += c.every {
				want = append(want, fmt.Sprintf("t%05d", i))
			}
			opts := metav1.ListOptions{Limit: int64(c.limit)}
			for {
				page, cursor, err := tenants.page(t.Context(), opts, ownedBy("alice"))
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range page {
					got = append(got, item.Name)
				}
				if cursor == "" {
					break
				}
				if len(page) != c.limit {
					t.Fatalf("a page of %d before the last, want %d", len(page), c.limit)
				}
				opts.Continue = cursor
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %d tenants %v, want %d", len(got), got, len(want))
			}
		})
	}
}

func TestFilteredPageReadsInChunks(t *testing.T) {
	store := &snapshots{versions: [][]v1alpha1.Tenant{owned(10_000, 5000)}}
	tenants := resource[*v1alpha1.Tenant, *v1alpha1.TenantList]{
		client: store, items: func(l *v1alpha1.TenantList) []*v1alpha1.Tenant { return pointers(l.Items) },
	}
	if _, _, err := tenants.page(t.Context(), metav1.ListOptions{Limit: 1}, ownedBy("alice")); err != nil {
		t.Fatal(err)
	}
	if store.lists > 10_000/chunkSize+1 {
		t.Errorf("%d list calls for one page", store.lists)
	}
}
