// Package rest is a client of the REST door, /api/v1, for programs that do not
// want to know of Kubernetes. It is generated from the contract,
// api/openapi/v1.yaml, by hack/update-codegen.sh.
//
// The server of a client is the URL of the contract, with /api/v1. A token is
// added by a RequestEditorFn. Methods of ClientWithResponses return an error only
// when there was no answer: check StatusCode, or the field of the status that is
// expected, and then JSONDefault, which holds the error that the server told of.
package rest
