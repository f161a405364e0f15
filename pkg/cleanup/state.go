package cleanup

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Object is what is known of an object on the cluster.
type Object struct {
	Resource        schema.GroupVersionResource
	Namespace, Name string
	UID             types.UID
	Version         string
	Finalizers      []string
	// Terminating is true while the object is being deleted.
	Terminating bool
}

// Hook is a webhook configuration, or the registration of an API.
type Hook struct {
	Object
	// Group is the API group that is registered; empty for a webhook configuration.
	Group string
	// Broken is true when every service that it names is missing, and nothing but
	// services is named.
	Broken bool
}

// Definition is a CustomResourceDefinition.
type Definition struct {
	Object
	Group string
	// Instances are its objects, MaxInstances at the most; More says that there are others.
	Instances []Object
	More      bool
}

// Namespace is one that belongs to KubeNova or to a component.
type Namespace struct {
	Object
	// Stuck is true when its deletion began a while ago.
	Stuck bool
	// Contents are the objects in it, while it is stuck.
	Contents []Object
	// Unread are the APIs whose objects could not be listed.
	Unread []string
	// Pods is true when there are pods in it.
	Pods bool
}

// State is what a plan is made from.
type State struct {
	Hooks       []Hook
	Definitions []Definition
	Namespaces  []Namespace
	// Running are the labels app.kubernetes.io/name of the Deployments.
	Running map[string]bool
	// Tenants says that KubeNova has tenants on the cluster.
	Tenants bool
}
