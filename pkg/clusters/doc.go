// Package clusters holds one runtime object for each registered cluster: its
// client, its watches and its health.
//
// A Target is made when a cluster's credentials appear, replaced when they
// change and stopped when the cluster goes; Set keeps them. Nothing in here
// waits for a cluster without a bound: calls to a cluster that does not answer
// fail at once after the first ones have timed out, and take at most a few
// workers while they do. docs/adr/0002-target-clusters.md says why it is built
// this way.
package clusters
