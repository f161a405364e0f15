package base

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// UIDs remembers one UID for each object of the API. The zero value is ready to use.
type UIDs struct{ known sync.Map }

// Is says whether the UID that is remembered for an object is this one.
func (u *UIDs) Is(key types.NamespacedName, uid types.UID) bool {
	known, ok := u.known.Load(key)
	return ok && known == uid
}

// Set remembers a UID for an object.
func (u *UIDs) Set(key types.NamespacedName, uid types.UID) { u.known.Store(key, uid) }

// Forget lets go of what is remembered for an object.
func (u *UIDs) Forget(key types.NamespacedName) { u.known.Delete(key) }
