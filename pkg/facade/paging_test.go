package facade

import (
	"net/url"
	"strconv"
	"testing"
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
