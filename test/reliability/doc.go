//go:build reliability

// Package reliability kills, pauses and restarts real processes under load: two API
// servers over an etcd of three members, with a real kube-apiserver as their host.
// `make reliability` and `make soak` run it; docs/reliability.md says what it shows.
package reliability
