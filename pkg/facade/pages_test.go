package facade_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3" //nolint:depguard // the test compacts etcd, as nobody does through the API
	"k8s.io/apiserver/pkg/storage/etcd3" //nolint:depguard // the test compacts etcd, as nobody does through the API

	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestPages pages through lists while objects before and behind the cursor come,
// change and go: each page goes on in the moment that the first showed.
func TestPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	cluster, other := d.register(t, "dev"), d.register(t, "other")
	tenants := cluster + "/tenants"
	for i := range 23 {
		owner := []string{"alice", "bob", "bob"}[i%3]
		d.create(t, tenants, fmt.Sprintf(`{"name":"t%02d","owners":[%q]}`, i, owner))
		d.create(t, other+"/tenants", fmt.Sprintf(`{"name":"o%02d","owners":["alice"]}`, i))
	}
	for i := range 40 {
		d.register(t, fmt.Sprintf("c%02d", i))
	}
	turn := 0
	write := func() {
		turn++
		d.create(t, tenants, fmt.Sprintf(`{"name":"a%02d","owners":["alice"]}`, turn))
		d.create(t, tenants, fmt.Sprintf(`{"name":"z%02d","owners":["alice"]}`, turn))
		d.call(t, "PUT", tenants+"/t21/owners", fmt.Sprintf(`{"owners":["carol%d"]}`, turn)).want(200)
		d.register(t, fmt.Sprintf("a%02d", turn))
		d.call(t, "DELETE", fmt.Sprintf("/clusters/c%02d", turn), "").want(204)
		d.call(t, "DELETE", fmt.Sprintf("/clusters/c%02d", 40-turn), "").want(204)
	}
	cases := []struct {
		list, query string
		limit       int
		least       int // items that are there at the least
	}{
		{tenants, "owner=alice", 3, 8},
		{tenants, "", 7, 23},
		{"/clusters/dev/tenants", "", 7, 23},
		{"/clusters", "labelSelector=env%3Ddev", 6, 17},
		{tenants, "owner=alice", 1, 10},
		{"/clusters", "", 1, 10},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s %s by %d", c.list, c.query, c.limit), func(t *testing.T) {
			want := d.call(t, "GET", c.list+"?limit=200&"+c.query, "").names()
			if len(want) < c.least {
				t.Fatalf("%d items, want %d at the least", len(want), c.least)
			}
			if got := d.pages(t, c.list, c.query, c.limit, write); !slices.Equal(got, want) {
				t.Errorf("the pages show %v, one list before them %v", got, want)
			}
		})
	}
}

// pages returns the names on all pages, and writes after the first two.
func (d door) pages(t *testing.T, list, query string, limit int, write func()) []string {
	t.Helper()
	var got []string
	for cursor := ""; ; {
		page := d.call(t, "GET", fmt.Sprintf("%s?limit=%d&cursor=%s&%s", list, limit, url.QueryEscape(cursor), query), "")
		names := page.names()
		got = append(got, names...)
		if cursor = page.header.Get("X-Next-Cursor"); cursor == "" {
			return got
		}
		if len(names) != limit {
			t.Fatalf("a page of %d before the last, want %d", len(names), limit)
		}
		if len(got) <= 2*limit {
			write()
		}
	}
}

// TestDefaultLimit has more objects than a page holds unless asked.
func TestDefaultLimit(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	for i := range 50 {
		d.create(t, made.project+"/apps", fmt.Sprintf(`{"name":"a%02d"}`, i))
	}
	first := d.call(t, "GET", made.project+"/apps", "")
	cursor := first.header.Get("X-Next-Cursor")
	if n := len(first.names()); n != 50 || cursor == "" {
		t.Errorf("the first page has %d, cursor %q", n, cursor)
	}
	last := d.call(t, "GET", made.project+"/apps?cursor="+cursor, "")
	if names := last.names(); !slices.Equal(names, []string{"t-app"}) || last.header.Get("X-Next-Cursor") != "" {
		t.Errorf("the last page has %v", names)
	}
}

// TestExpiredCursor goes on with a cursor of a moment that has been compacted away.
func TestExpiredCursor(t *testing.T) {
	t.Parallel()
	var socket string
	d := before(t, testserver.Start(t, func(o *standalone.Options) { socket = filepath.Join(o.DataDir, "etcd.sock") }), nil)
	d.create(t, d.register(t, "a")+"/tenants", `{"name":"t1","owners":["alice"]}`)
	d.create(t, d.register(t, "b")+"/tenants", `{"name":"t2","owners":["alice"]}`)
	list := "/clusters?limit=1&cursor=" + d.call(t, "GET", "/clusters?limit=1", "").want(200).header.Get("X-Next-Cursor")
	d.register(t, "c")
	if names := d.call(t, "GET", list, "").names(); !slices.Equal(names, []string{"b"}) {
		t.Fatalf("the second page has %v", names)
	}
	compact(t, socket)
	// The API server's own snapshots follow etcd every 15 s.
	deadline := time.Now().Add(time.Minute)
	for d.call(t, "GET", list, "").status == 200 && time.Now().Before(deadline) {
		time.Sleep(200 * time.Millisecond)
	}
	d.call(t, "GET", list, "").want(410)
}

// compact does to etcd what an API server does every five minutes.
func compact(t *testing.T, socket string) {
	t.Helper()
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{"unix://" + socket}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := etcd.Close(); err != nil {
			t.Error(err)
		}
	}()
	now, err := etcd.Get(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := etcd3.Compact(t.Context(), etcd, 0, now.Header.Revision); err != nil {
		t.Fatal(err)
	}
}
