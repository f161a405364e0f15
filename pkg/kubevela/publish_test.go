package kubevela_test

import (
	"testing"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

func TestNextVersion(t *testing.T) {
	r := revision(v1alpha1.RenderedApp{})
	for _, c := range []struct {
		current   string
		suspended bool
		want      string
	}{
		{"", false, "3-0f3b9c55"},
		{"", true, "3-0f3b9c55-s1"},
		{"2-aaaaaaaa", false, "3-0f3b9c55"},
		{"2-aaaaaaaa-s7", true, "3-0f3b9c55-s1"},
		{"3-0f3b9c55", false, "3-0f3b9c55"},
		{"3-0f3b9c55", true, "3-0f3b9c55-s1"},
		{"3-0f3b9c55-s1", true, "3-0f3b9c55-s1"},
		{"3-0f3b9c55-s1", false, "3-0f3b9c55-r2"},
		{"3-0f3b9c55-r2", false, "3-0f3b9c55-r2"},
		{"3-0f3b9c55-r2", true, "3-0f3b9c55-s3"},
		{"3-0f3b9c55-s99999999999999999999", false, "3-0f3b9c55"},
		{"3-0f3b9c55-s-1", true, "3-0f3b9c55-s1"},
		{"3-0f3b9c55-x1", false, "3-0f3b9c55"},
	} {
		if got := kubevela.NextVersion(r, c.suspended, c.current); got != c.want {
			t.Errorf("after %q, suspended %v: got %s, want %s", c.current, c.suspended, got, c.want)
		}
	}
}
