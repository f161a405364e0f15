package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of every KubeNova kind.
const GroupName = "kubenova.io"

// SchemeGroupVersion is the group and version of this package.
var SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

var (
	// SchemeBuilder collects what AddToScheme adds.
	SchemeBuilder      = runtime.NewSchemeBuilder(addKnownTypes)
	localSchemeBuilder = &SchemeBuilder
	// AddToScheme adds the kinds of this version, for clients.
	AddToScheme = localSchemeBuilder.AddToScheme
)

func init() {
	// Generated functions register apart, so that the types compile without them.
	localSchemeBuilder.Register(RegisterDefaults)
}

// Resource qualifies an unqualified resource name with the group.
func Resource(resource string) schema.GroupResource {
	return SchemeGroupVersion.WithResource(resource).GroupResource()
}

// Kinds returns one empty object of every kind of this package, lists included.
// The server registers the same list once more as its internal version.
func Kinds() []runtime.Object {
	return []runtime.Object{
		&Cluster{}, &ClusterList{}, &ClusterKubeconfig{}, &ClusterKubeconfigList{}, &ClusterBootstrap{}, &ClusterCleanup{},
		&Tenant{}, &TenantList{},
		&Project{}, &ProjectList{},
		&App{}, &AppList{}, &AppDeploy{}, &AppSuspend{}, &AppResume{}, &AppRollback{}, &AppWorkflow{}, &AppImage{}, &AppLogOptions{},
		&Usage{}, &UsageOptions{}, &UsageHistory{}, &UsageHistoryList{},
		&DeletionPreview{}, &OrphanRecord{}, &OrphanRecordList{},
		&AppRevision{}, &AppRevisionList{},
		&PolicySet{}, &PolicySetList{},
		&AccessKubeconfig{}, &AccessGrant{}, &AccessGrantList{},
		&Token{}, &TokenRevocation{}, &TokenRevocationList{},
		&Plan{}, &PlanList{}, &PlanStop{}, &PlanResume{}, &CatalogPolicySet{}, &CatalogPolicySetList{}, &CatalogItem{}, &CatalogItemList{},
	}
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion, Kinds()...)
	metav1.AddToGroupVersion(scheme, SchemeGroupVersion)
	return nil
}
