// Package agent gives KubeNova a ServiceAccount of its own on a cluster, with just
// the rights of targetrbac.OwnRules, and issues tokens of it: what takes the place
// of a kubeconfig that was given, when the Cluster asks for that.
//
// Each registration has an account of its own, named after the Cluster's uid. Its
// ClusterRole owns the rest, so that removing that removes all of it.
package agent
