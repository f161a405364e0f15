package v1alpha1

// Fields that field selectors may name.
const (
	// FieldCluster selects tenants by the name of their cluster.
	FieldCluster = "spec.clusterRef.name"
	// FieldPlan selects tenants by the name of their plan.
	FieldPlan = "spec.plan"
	// FieldRetired selects plans by whether they have left the catalog: "true" or "false".
	FieldRetired = "spec.retired"
	// FieldItemType selects what apps can be made of by its type.
	FieldItemType = "spec.type"
)

// FieldOwner names the field that selects tenants by one of their owners, of a
// kind. The empty kind is its default.
func FieldOwner(kind SubjectKind) string {
	switch kind {
	case SubjectGroup:
		return "spec.owners.group"
	case SubjectServiceAccount:
		return "spec.owners.serviceAccount"
	default:
		return "spec.owners.user"
	}
}
