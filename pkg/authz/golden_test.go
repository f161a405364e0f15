package authz

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	authorizerunion "k8s.io/apiserver/pkg/authorization/union"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

var update = flag.Bool("update", false, "write the golden table")

// golden is the table of who may do what; the tests of both doors read it too.
const golden = "testdata/who-may.txt"

// relations of a caller to the tenant acme and its project web.
var relations = []string{"owner", "projectOwner", "dev", "reader", "stranger"}

// caps are the roles of a token; host is an identity without a token.
var caps = []string{"host", "admin", "ops", "tenantOwner", "projectDev", "readOnly"}

// asked lists the requests of the table, as verb and resource.
func asked() []string {
	var requests []string
	add := func(resource string, verbs ...string) {
		for _, verb := range verbs {
			requests = append(requests, verb+" "+resource)
		}
	}
	every := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	status := []string{"get", "update", "patch"}
	add("clusters", every...)
	add("clusters/status", status...)
	add("clusters/kubeconfig", "get", "create")
	add("clusters/bootstrap", "create")
	add("clusters/capabilities", "get")
	add("clusters/cleanup", "create")
	add("clusters/proxy", "get", "create", "update", "patch", "delete")
	for _, resource := range []string{"tenants", "projects", "policysets", "apps", "apprevisions"} {
		add(resource, append(every, VerbListAll)...)
	}
	for _, resource := range []string{"tenants", "projects"} {
		add(resource+"/status", status...)
		add(resource+"/usage", "get")
		add(resource+"/kubeconfig", "create")
		add(resource+"/deletion", "get")
	}
	add("apps/status", status...)
	add("apps/logs", "get")
	add("apps/workflow", "get", "create")
	for _, action := range []string{"deploy", "suspend", "resume", "rollback", "image"} {
		add("apps/"+action, "create")
	}
	add("accessgrants", "get", "list", "watch", "update", "patch", "delete", "deletecollection")
	for _, resource := range []string{"orphanrecords", "usagehistories", "plans", "catalogitems", "catalogpolicysets", "tokenrevocations"} {
		add(resource, every...)
	}
	add("plans/status", status...)
	add("plans/stop", "create")
	add("plans/resume", "create")
	add("tokens", "create")
	return requests
}

// acme is the tenant of the table, and web its project.
func acme(t testing.TB) *membership.Index {
	t.Helper()
	return membershiptest.Start(t, []v1alpha1.Tenant{{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"},
		Spec:       v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "owner"}}},
	}}, []v1alpha1.Project{{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "kn-acme"},
		Spec: v1alpha1.ProjectSpec{Access: []v1alpha1.ProjectMember{
			{Kind: v1alpha1.SubjectUser, Name: "projectOwner", Role: v1alpha1.RoleTenantOwner},
			{Kind: v1alpha1.SubjectUser, Name: "dev", Role: v1alpha1.RoleProjectDev},
			{Kind: v1alpha1.SubjectUser, Name: "reader", Role: v1alpha1.RoleReadOnly},
		}},
	}})
}

// attributes returns a request for the object x of a resource in acme and web.
func attributes(request string, u user.Info) authorizer.AttributesRecord {
	verb, path, _ := strings.Cut(request, " ")
	resource, subresource, _ := strings.Cut(path, "/")
	a := authorizer.AttributesRecord{
		User: u, Verb: verb, APIGroup: v1alpha1.GroupName, APIVersion: "v1alpha1",
		Resource: resource, Subresource: subresource, ResourceRequest: true,
	}
	names := map[string][2]string{ // namespace and name
		"tenants": {"", "acme"}, "projects": {"kn-acme", "web"}, "policysets": {"kn-acme", "x"},
		"apps": {"kn-acme--web", "x"}, "apprevisions": {"kn-acme--web", "x-1"},
		"accessgrants": {"kn-acme", "x"}, "usagehistories": {"kn-acme", "x"},
	}
	a.Namespace = names[resource][0]
	if subresource != "" || verb == "get" || verb == "update" || verb == "patch" || verb == "delete" {
		a.Name = names[resource][1]
	}
	return a
}

func caller(relation, limit string) user.Info {
	u := &user.DefaultInfo{Name: relation, Groups: []string{user.AllAuthenticated}}
	if limit != "host" {
		u.Groups = append(u.Groups, GroupPrefix+limit)
		u.Extra = map[string][]string{ExtraRoles: {limit}}
	}
	return u
}

// TestWhoMay compares the decisions with the table. To change what a role may,
// run it with -update and read the difference.
func TestWhoMay(t *testing.T) {
	authorizer := union(t)
	var table strings.Builder
	fmt.Fprintf(&table, "%-34s %-13s %s\n", "# request", "relation", strings.Join(caps, " "))
	for _, request := range asked() {
		for _, relation := range relations {
			line := fmt.Sprintf("%-34s %-13s", request, relation)
			for _, limit := range caps {
				line += fmt.Sprintf(" %-*s", len(limit), decide(t, authorizer, attributes(request, caller(relation, limit))))
			}
			table.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	got := table.String()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	wanted, lines := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	if len(wanted) != len(lines) {
		t.Errorf("the table has %d lines, want %d", len(lines), len(wanted))
	}
	for i := range min(len(wanted), len(lines)) {
		if wanted[i] != lines[i] {
			t.Errorf("got  %s\nwant %s", lines[i], wanted[i])
		}
	}
}

func union(t testing.TB) authorizer.Authorizer {
	t.Helper()
	joined, err := authorizerunion.New(
		authorizerunion.NamedAuthorizer{AuthorizerName: Name, Authorizer: NewRoleAuthorizer()},
		authorizerunion.NamedAuthorizer{AuthorizerName: MembersName, Authorizer: NewMemberAuthorizer(acme(t))},
	)
	if err != nil {
		t.Fatal(err)
	}
	return joined
}

func decide(t *testing.T, a authorizer.Authorizer, attributes authorizer.Attributes) string {
	t.Helper()
	decision, _, err := a.Authorize(t.Context(), attributes)
	if err != nil {
		t.Fatalf("%s %s: %v", attributes.GetVerb(), attributes.GetResource(), err)
	}
	if decision == authorizer.DecisionAllow {
		return "+"
	}
	return "-"
}
