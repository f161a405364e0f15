// Package access gives people access to a tenant's cluster with kubectl: what an
// AccessGrant amounts to there, how a token for it is made, and how it ends.
//
// Each grant is a token of a ServiceAccount in the namespace kubenova-access of
// the cluster, which belongs to no tenant: who may make pods in a namespace can
// take its ServiceAccounts. There is one ServiceAccount for each subject, scope
// and role, so that the cluster's audit log tells who it was, and the token of
// each grant is bound to a Secret of its own, with which it dies.
package access
