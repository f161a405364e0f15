package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/cache"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// askedCluster is a cluster that answers with what a test says, by the name of a
// definition.
type askedCluster struct {
	answers map[string]error
	asked   []string
	status  metav1.ConditionStatus
}

func (c *askedCluster) definitions() *definitions {
	return &definitions{
		home: func(context.Context, string) (*v1alpha1.Cluster, error) {
			out := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev", UID: "u"}}
			out.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ClusterConnected, Status: c.status}}
			return out, nil
		},
		find: func(_ context.Context, _ *v1alpha1.Cluster, d definition) error {
			c.asked = append(c.asked, d.Name)
			return c.answers[d.Name]
		},
		known: cache.NewLRUExpireCache(10),
	}
}

func TestMissingDefinitions(t *testing.T) {
	spec := v1alpha1.AppRevisionSpec{
		Rendered: v1alpha1.RenderedApp{Components: []v1alpha1.Component{
			{Name: "web", Type: "webservice", Traits: []v1alpha1.Trait{{Type: "hpa"}}},
			{Name: "api", Type: "webservice", Traits: []v1alpha1.Trait{{Type: "hpa"}, {Type: "scaler"}}},
		}},
		Origins: []v1alpha1.FieldOrigin{{Path: "components[web].traits[hpa]", Origin: "policyset/gold-tier/rules[0]"}},
	}
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "hello", Namespace: "kn-acme--web"}}
	missing := func(name string) error {
		return apierrors.NewNotFound(schema.GroupResource{Group: "core.oam.dev", Resource: "traitdefinitions"}, name)
	}
	for name, test := range map[string]struct {
		answers map[string]error
		away    bool
		want    []string // in the error
		asked   []string // of two deploys
	}{
		"all there": {asked: []string{"webservice", "hpa", "scaler"}},
		"some missing": {
			answers: map[string]error{"hpa": missing("hpa"), "scaler": missing("scaler")},
			want: []string{"spec.components[web].traits[hpa]: Invalid", "no TraitDefinition of that name", "policyset/gold-tier/rules[0]",
				"spec.components[api].traits[scaler]: Invalid"},
			asked: []string{"webservice", "hpa", "scaler", "hpa", "scaler"},
		},
		"KubeVela missing":    {answers: map[string]error{"webservice": missing("")}, asked: []string{"webservice"}},
		"no answer":           {answers: map[string]error{"hpa": errors.New("timeout")}, asked: []string{"webservice", "hpa"}},
		"known not to answer": {away: true, answers: map[string]error{"hpa": missing("hpa")}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &askedCluster{answers: test.answers, status: metav1.ConditionTrue}
			if test.away {
				c.status = metav1.ConditionUnknown
			}
			d := c.definitions()
			for range 2 {
				err := d.check(t.Context(), app, spec)
				if (err != nil) != (len(test.want) > 0) || err != nil && !apierrors.IsInvalid(err) {
					t.Errorf("got %v", err)
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("got %v, want %q in it", err, want)
					}
				}
			}
			if !slices.Equal(c.asked, test.asked) {
				t.Errorf("asked for %v, want %v", c.asked, test.asked)
			}
		})
	}
}
