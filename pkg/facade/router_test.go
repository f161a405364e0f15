package facade

import (
	"net/url"
	"testing"
)

func TestSplitAction(t *testing.T) {
	cases := []struct {
		path, want string // want is empty for a path that no route has
	}{
		{"/api/v1/me", "/api/v1/me"},
		{"/a/apps/x:deploy", "/a/apps/x/:deploy"},
		{"/a/apps/x%3Adeploy", "/a/apps/x/:deploy"},
		{"/a/apps/x%3adeploy", "/a/apps/x/:deploy"},
		{"/a/apps/x:y:deploy", "/a/apps/x:y/:deploy"},
		{"/a/apps/x:", "/a/apps/x/:"},
		{"/a:b/apps/x", "/a:b/apps/x"},
		{"/a/apps/x%2Fy:deploy", "/a/apps/x%2Fy/:deploy"},
		{"/a/apps/x/:deploy", ""},
		{"/a/apps/:deploy", ""},
		{"/a//apps", ""},
		{"/a/../apps", ""},
		{"/a/apps/", ""},
	}
	for _, c := range cases {
		u, err := url.Parse("http://host" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := splitAction(u)
		if ok != (c.want != "") {
			t.Errorf("%s: ok is %v", c.path, ok)
			continue
		}
		if ok && got.EscapedPath() != c.want {
			t.Errorf("%s: got %s, want %s", c.path, got.EscapedPath(), c.want)
		}
	}
}
