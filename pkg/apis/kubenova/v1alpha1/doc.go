// +k8s:deepcopy-gen=package
// +k8s:openapi-gen=true
// +k8s:defaulter-gen=TypeMeta
// +k8s:validation-gen=TypesWithField=TypeMeta
// +k8s:openapi-model-package=com.github.kubenova.kubenova.pkg.apis.kubenova.v1alpha1

// +groupName=kubenova.io

// Package v1alpha1 is the KubeNova API: clusters, tenants, projects, apps,
// app revisions and policy sets.
//
// The same Go types are the wire format, the stored format and what the server
// works on: there is one version and no hub type.
package v1alpha1
