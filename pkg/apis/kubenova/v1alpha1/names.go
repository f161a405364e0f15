package v1alpha1

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Longest names, chosen so that every name made of them is a DNS label:
// <tenant>--<project> and kn-<tenant>--<project> have 63 characters at most.
const (
	MaxTenantNameLength  = 28
	MaxProjectNameLength = 29
	// MaxAppNameLength leaves room for what KubeVela and Deployments append.
	MaxAppNameLength = 52
)

const (
	hostNamespacePrefix = "kn-"
	nameSeparator       = "--"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// IsUUID says whether s has the form of a lowercase UUID. No KubeNova name has
// it, so that one path segment can be either a uid or a name.
func IsUUID(s string) bool { return uuidForm.MatchString(s) }

// TenantNamespace is the namespace on the KubeNova API that holds a tenant's
// projects and policy sets.
func TenantNamespace(tenant string) string { return hostNamespacePrefix + tenant }

// ProjectNamespace is the namespace on the KubeNova API that holds a project's
// apps and their revisions.
func ProjectNamespace(tenant, project string) string {
	return hostNamespacePrefix + TargetNamespace(tenant, project)
}

// TargetNamespace is a project's namespace on its tenant's cluster.
func TargetNamespace(tenant, project string) string { return tenant + nameSeparator + project }

// SplitNamespace is the inverse of TenantNamespace and ProjectNamespace: the
// project is empty for a tenant's namespace, and ok is false for a namespace
// that is neither.
func SplitNamespace(namespace string) (tenant, project string, ok bool) {
	rest, found := strings.CutPrefix(namespace, hostNamespacePrefix)
	if !found {
		return "", "", false
	}
	tenant, project, isProject := strings.Cut(rest, nameSeparator)
	if len(checkLabel(tenant, MaxTenantNameLength)) > 0 {
		return "", "", false
	}
	if isProject && len(checkLabel(project, MaxProjectNameLength)) > 0 {
		return "", "", false
	}
	return tenant, project, true
}

// RevisionName is the name of an app's revision.
func RevisionName(app string, revision int64) string { return fmt.Sprintf("%s-%d", app, revision) }

// ComponentNames lists the parts that KubeNova knows on a cluster, in the order
// in which they build on each other.
func ComponentNames() []ComponentName {
	return []ComponentName{ComponentTenancy, ComponentProxy, ComponentAppDelivery}
}

// AppOwner is the owner reference of an app's revisions.
func AppOwner(app metav1.Object) metav1.OwnerReference {
	return metav1.OwnerReference{
		APIVersion: SchemeGroupVersion.String(), Kind: "App", Name: app.GetName(), UID: app.GetUID(),
	}
}

// Covers says whether a role allows everything that another one does.
func (r MemberRole) Covers(other MemberRole) bool { return r.rank() >= other.rank() }

// rank of an unknown role is the lowest: it allows nothing.
func (r MemberRole) rank() int {
	switch r {
	case RoleTenantOwner:
		return 3
	case RoleProjectDev:
		return 2
	case RoleReadOnly:
		return 1
	}
	return 0
}

// LivesOn says whether a cluster is the one that a tenant was made on, and not
// another one that has taken its name.
func LivesOn(tenant *Tenant, cluster *Cluster) bool {
	return tenant.Labels[LabelCluster] == string(cluster.UID)
}

// reservedTenantNames and reservedTenantPrefixes would meet namespaces that
// belong to Kubernetes or to the parts that KubeNova stands on.
var (
	reservedTenantNames    = []string{"default", "cert-manager"}
	reservedTenantPrefixes = []string{"kube-", "kubenova", "capsule-", "vela-"}
)

// CheckTenantName returns why name cannot be a tenant's name, or nothing.
func CheckTenantName(name string) []string {
	problems := checkLabel(name, MaxTenantNameLength)
	for _, reserved := range reservedTenantNames {
		if name == reserved {
			problems = append(problems, fmt.Sprintf("%q is reserved", name))
		}
	}
	for _, prefix := range reservedTenantPrefixes {
		if strings.HasPrefix(name, prefix) {
			problems = append(problems, fmt.Sprintf("names beginning with %q are reserved", prefix))
		}
	}
	return problems
}

// CheckProjectName returns why name cannot be a project's name, or nothing.
func CheckProjectName(name string) []string { return checkLabel(name, MaxProjectNameLength) }

// CheckAppName returns why name cannot be an app's name, or nothing.
func CheckAppName(name string) []string { return checkSegment(name, MaxAppNameLength) }

// CheckClusterName returns why name cannot be a cluster's name, or nothing.
func CheckClusterName(name string) []string {
	return checkSegment(name, validation.DNS1123LabelMaxLength)
}

// CheckProxyURL returns why a URL cannot be that of a capsule-proxy, or nothing.
func CheckProxyURL(value string) string {
	parsed, err := url.Parse(value)
	switch {
	case err != nil || parsed.Scheme != "https" || parsed.Host == "":
		return "must be an https URL with a host"
	case parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		return "must have no user, query or fragment"
	}
	return ""
}

// CheckPolicySetName returns why name cannot be a policy set's name, or nothing.
func CheckPolicySetName(name string) []string {
	return checkSegment(name, validation.DNS1123LabelMaxLength)
}

// CheckPlanName returns why name cannot be a plan's name, or nothing.
func CheckPlanName(name string) []string {
	return checkSegment(name, validation.DNS1123LabelMaxLength)
}

// CatalogItemName is the name of the catalog item of a type and name.
func CatalogItemName(itemType CatalogItemType, name string) string {
	return fmt.Sprintf("%s-%s", itemType, name)
}

// checkLabel checks a name that is joined with others by the separator.
func checkLabel(name string, maxLength int) []string {
	problems := checkSegment(name, maxLength)
	if strings.Contains(name, nameSeparator) {
		problems = append(problems, fmt.Sprintf("must not contain %q", nameSeparator))
	}
	return problems
}

// checkSegment checks a name that appears in REST paths beside uids.
func checkSegment(name string, maxLength int) []string {
	problems := validation.IsDNS1123Label(name)
	if len(name) > maxLength && maxLength < validation.DNS1123LabelMaxLength {
		problems = append(problems, fmt.Sprintf("must be no more than %d characters", maxLength))
	}
	if IsUUID(name) {
		problems = append(problems, "must not have the form of a UUID")
	}
	return problems
}
