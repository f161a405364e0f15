package authz

import (
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/membership"
)

// Basis is what a request is decided by, besides the cap of a token.
type Basis int

// Bases of decisions.
const (
	// ByHost is the word of the host cluster alone.
	ByHost Basis = iota
	// ByNarrowing lets every user ask, since the answer holds what the user may see.
	ByNarrowing
	// ByMembership is what owners and members may do. The word of the host counts for
	// those alone who have the verb listall as well.
	ByMembership
)

// BasisOf returns what a request is decided by.
func BasisOf(a authorizer.Attributes) Basis {
	switch {
	case isMaster(a.GetUser()) || a.GetVerb() == VerbListAll:
		return ByHost
	case isNarrowedList(a) || isCatalog(a):
		return ByNarrowing
	case isGroup(a) && isMembers(a.GetResource()):
		return ByMembership
	}
	return ByHost
}

// MembersMay says what a user is in the scope of a request by an index, and whether
// that allows the request. How old the index is does not count.
func MembersMay(index *membership.Index, a authorizer.Attributes) (membership.Access, bool) {
	tenant, project, _ := scopeOf(a)
	return index.Access(a.GetUser(), tenant, project), members{index: index, table: newTable()}.allows(a)
}

// SeeingAll is the review of whether the word of the host counts for a request.
func SeeingAll(a authorizer.Attributes) authorizer.AttributesRecord { return toSeeAll(a) }
