// Package cleanup heals a cluster on which Capsule, KubeVela or their like were
// removed without care: webhooks and APIs of services that are gone, which block
// every write, definitions and namespaces that are left, finalizers that nobody
// takes away.
//
// Read looks, Make is a pure function of what was seen, and Do carries a plan out.
// Nothing but what KubeNova and the components of the list below own is touched,
// nothing of a component that still runs, and core namespaces never.
package cleanup
