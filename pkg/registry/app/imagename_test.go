package app

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestImageName(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for _, c := range []struct{ component, image, tag, want, wrong string }{
		{"web", "nginx", "1.25.3", "nginx:1.25.3", ""},
		{"web", "registry.example.com:5000/team/web", "v1", "registry.example.com:5000/team/web:v1", ""},
		{"web", "nginx", digest, "nginx@" + digest, ""},
		{"web", "nginx", "1.25@" + digest, "nginx:1.25@" + digest, ""},
		{"web", "nginx@" + digest, "", "nginx@" + digest, ""},
		{"web", "localhost:5000/nginx:1", "", "localhost:5000/nginx:1", ""},
		{"", "nginx", "1", "", "spec.component"},
		{"Web", "nginx", "1", "", "spec.component"},
		{"web", "", "1", "", "spec.image"},
		{"web", "nginx", "", "", "spec.tag"},
		{"web", "nginx:1", "2", "", "spec.image"},
		{"web", "Nginx", "1", "", "spec.image"},
		{"web", "nginx ", "1", "", "spec.image"},
		{"web", "nginx\n", "1", "", "spec.image"},
		{"web", "../nginx", "1", "", "spec.image"},
		{"web", strings.Repeat("x", 768), "1", "", "spec.image"},
		{"web", "nginx", "80/evil", "", "spec.tag"},
		{"web", "nginx", "1 2", "", "spec.tag"},
		{"web", "nginx", "-1", "", "spec.tag"},
		{"web", "nginx", "sha256:abc", "", "spec.tag"},
		{"web", "nginx", strings.Repeat("1", 129), "", "spec.tag"},
	} {
		got, errs := imageName(v1alpha1.AppImageSpec{Component: c.component, Image: c.image, Tag: c.tag}, field.NewPath("spec"))
		switch {
		case c.wrong == "" && (len(errs) > 0 || got != c.want):
			t.Errorf("%s %s %s: got %q %v, want %q", c.component, c.image, c.tag, got, errs, c.want)
		case c.wrong != "" && (len(errs) != 1 || errs[0].Field != c.wrong):
			t.Errorf("%s %s %s: got %q %v, want an error about %s", c.component, c.image, c.tag, got, errs, c.wrong)
		}
	}
}
