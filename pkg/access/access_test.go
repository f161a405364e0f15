package access

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestServiceAccountName(t *testing.T) {
	seen := map[string]bool{}
	for _, subject := range []string{"alice@example.com", "Alice@example.com", "", "ümlaut", "---", strings.Repeat("x", 500), "https://issuer#alice", "a--", strings.Repeat("-a", 100)} {
		for _, scope := range [][2]string{{"acme", ""}, {"acme", "web"}, {"acm", "eweb"}} {
			for _, role := range []v1alpha1.MemberRole{v1alpha1.RoleTenantOwner, v1alpha1.RoleProjectDev, v1alpha1.RoleReadOnly} {
				name := ServiceAccountName(subject, scope[0], scope[1], role)
				if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
					t.Errorf("%q for %q: %v", name, subject, problems)
				}
				if seen[name] {
					t.Errorf("%q is for several", name)
				}
				seen[name] = true
			}
		}
	}
	if name := ServiceAccountName("alice@example.com", "acme", "", "readOnly"); !strings.HasPrefix(name, "alice-example-com-") {
		t.Errorf("%q does not tell who it is", name)
	}
}

func grantOf(role v1alpha1.MemberRole, project string, projects ...string) v1alpha1.AccessGrantSpec {
	return v1alpha1.AccessGrantSpec{Subject: "ann", Groups: []string{"devs"}, Role: role, Project: project, Projects: projects, ServiceAccount: "ann-1"}
}

func TestHolds(t *testing.T) {
	const owner, dev, reader = v1alpha1.RoleTenantOwner, v1alpha1.RoleProjectDev, v1alpha1.RoleReadOnly
	owned := func(kind v1alpha1.SubjectKind, name string) *v1alpha1.Tenant {
		return &v1alpha1.Tenant{Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: kind, Name: name}}}}
	}
	project := func(name string, kind v1alpha1.SubjectKind, member string, role v1alpha1.MemberRole) v1alpha1.Project {
		return v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ProjectSpec{
			Access: []v1alpha1.ProjectMember{{Kind: kind, Name: member, Role: role}},
		}}
	}
	nobody := &v1alpha1.Tenant{}
	for name, test := range map[string]struct {
		spec     v1alpha1.AccessGrantSpec
		tenant   *v1alpha1.Tenant
		projects []v1alpha1.Project
		want     bool
	}{
		"owner owns":                 {grantOf(owner, ""), owned("User", "ann"), nil, true},
		"owning group":               {grantOf(owner, ""), owned("Group", "devs"), nil, true},
		"a group of the user's name": {grantOf(owner, ""), owned("Group", "ann"), nil, false},
		"a user of the group's name": {grantOf(owner, ""), owned("User", "devs"), nil, false},
		"owner reads everywhere":     {grantOf(reader, "", "web", "shop"), owned("", "ann"), nil, true},
		"member":                     {grantOf(dev, "web", "web"), nobody, []v1alpha1.Project{project("web", "", "ann", dev)}, true},
		"member by group":            {grantOf(reader, "web", "web"), nobody, []v1alpha1.Project{project("web", "Group", "devs", dev)}, true},
		"role is lower":              {grantOf(dev, "web", "web"), nobody, []v1alpha1.Project{project("web", "", "ann", reader)}, false},
		"another project":            {grantOf(dev, "web", "web"), nobody, []v1alpha1.Project{project("shop", "", "ann", dev)}, false},
		"one of two projects":        {grantOf(dev, "", "web", "shop"), nobody, []v1alpha1.Project{project("web", "", "ann", dev)}, false},
		"project owner owns no more": {grantOf(owner, ""), nobody, []v1alpha1.Project{project("web", "", "ann", owner)}, false},
		"no projects":                {grantOf(reader, ""), nobody, nil, false},
	} {
		if got := Holds(test.spec, test.tenant, test.projects); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What other grants of the same ServiceAccount need is kept.
func TestUnneeded(t *testing.T) {
	grant := &v1alpha1.AccessGrant{Spec: grantOf("readOnly", "", "web", "shop")}
	other := v1alpha1.AccessGrant{Spec: grantOf("readOnly", "", "shop")}
	for name, test := range map[string]struct {
		others []v1alpha1.AccessGrant
		want   string
	}{
		"alone":       {nil, "acme--web acme--shop"},
		"with others": {[]v1alpha1.AccessGrant{other}, "acme--web"},
	} {
		var got []string
		for _, o := range unneeded("acme", grant, test.others) {
			if o.GetKind() != "RoleBinding" || o.GetName() != "kubenova-grant-ann-1" {
				t.Errorf("%s: %s %s", name, o.GetKind(), o.GetName())
			}
			got = append(got, o.GetNamespace())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: removes those in %v", name, got)
		}
	}
	owner := &v1alpha1.AccessGrant{Spec: grantOf("tenantOwner", "")}
	if got := unneeded("acme", owner, nil); len(got) != 1 || got[0].GetKind() != "TenantOwner" || got[0].GetLabels()["kubenova.io/owns"] != "acme" {
		t.Errorf("of an owner: %v", got)
	}
}

func TestKubeconfig(t *testing.T) {
	cluster := &v1alpha1.Cluster{}
	const endpoint = "https://10.0.0.1:6443"
	proxy := &Proxy{URL: "https://proxy.example.com"}
	for name, test := range map[string]struct {
		proxy *Proxy
		own   string
		want  Server
	}{
		"no proxy":      {nil, "", Server{URL: endpoint, CA: []byte("ca")}},
		"empty default": {&Proxy{}, "", Server{URL: endpoint, CA: []byte("ca")}},
		"default":       {proxy, "", Server{URL: proxy.URL, Proxied: true}},
		"its own":       {proxy, "https://own", Server{URL: "https://own", Proxied: true}},
	} {
		cluster.Spec.ProxyURL = test.own
		got := test.proxy.ServerFor(cluster, endpoint, []byte("ca"))
		if got.URL != test.want.URL || got.Proxied != test.want.Proxied || string(got.CA) != string(test.want.CA) {
			t.Errorf("%s: %+v", name, got)
		}
		file, err := Kubeconfig("dev", got, "acme--web", "token")
		if err != nil {
			t.Fatal(err)
		}
		config, err := clientcmd.RESTConfigFromKubeConfig(file)
		if err != nil || config.Host != test.want.URL || config.BearerToken != "token" || config.Insecure || string(config.CAData) != string(test.want.CA) {
			t.Errorf("%s: %v, %+v", name, err, config)
		}
	}
}

func TestProxyIsChecked(t *testing.T) {
	for _, refused := range []Proxy{
		{URL: "http://proxy"}, {URL: "proxy:9001"}, {URL: "https://"}, {URL: "https://user:password@proxy"}, {URL: "https://proxy/?a=b"},
		{CAFile: "ca.crt"}, {URL: "https://proxy", CAFile: "/does/not/exist"},
	} {
		if err := refused.Complete(); err == nil {
			t.Errorf("%+v is accepted", refused)
		}
	}
	if err := (&Proxy{URL: "https://proxy:9001"}).Complete(); err != nil {
		t.Error(err)
	}
}
