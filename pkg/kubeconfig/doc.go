// Package kubeconfig reads kubeconfigs that strangers wrote.
//
// A kubeconfig can name programs to run, files to read and proxies to use. This
// package keeps only what a connection to one cluster needs and that stands in
// the file itself: server, CA, client certificate and key, token, namespace.
package kubeconfig
