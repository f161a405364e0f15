package access

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// Namespace on clusters that holds the ServiceAccounts and Secrets of grants.
	Namespace = "kubenova-access"
	// annotationSubject says on a ServiceAccount whom it stands for.
	annotationSubject = "kubenova.io/subject"
	// annotationGrant changes a ServiceAccount with each of its grants, so that one
	// which is about to be removed as unused is seen to be in use.
	annotationGrant = "kubenova.io/last-grant"
	labelManagedBy  = "app.kubernetes.io/managed-by"
	managedBy       = "kubenova"
	namePrefix      = "kubenova-grant-"
)

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// ServiceAccountName is the name of the ServiceAccount for a subject with a role
// in a project, or in the tenant when there is none. It begins with what can be
// read of the subject.
func ServiceAccountName(subject, tenant, project string, role v1alpha1.MemberRole) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{subject, tenant, project, string(role)}, "\x00")))
	readable := notInNames.ReplaceAllString(strings.ToLower(subject), "-")
	readable = strings.Trim(readable[:min(len(readable), 32)], "-")
	if readable == "" {
		readable = "user"
	}
	return readable + "-" + hex.EncodeToString(sum[:8])
}

// OwnsTenant says whether a grant makes its subject an owner of the tenant, and
// not of one project.
func OwnsTenant(spec v1alpha1.AccessGrantSpec) bool {
	return spec.Role == v1alpha1.RoleTenantOwner && spec.Project == ""
}

// BindingName is the name of what gives a ServiceAccount of Namespace its rights: a
// RoleBinding in namespaces of projects, and a TenantOwner of Capsule.
func BindingName(serviceAccount string) string { return namePrefix + serviceAccount }

func userOf(serviceAccount string) string {
	return "system:serviceaccount:" + Namespace + ":" + serviceAccount
}
