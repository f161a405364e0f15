package apiserver

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// namespaceInitializers gives admission plugins a client by which a namespace of
// a tenant or project exists before its controller has made it. Webhooks and
// policies with a namespaceSelector ask for the namespace of every object, and
// would refuse those that are written in its first moment.
func namespaceInitializers(config *genericapiserver.RecommendedConfig) ([]admission.PluginInitializer, error) {
	client, err := kubernetes.NewForConfig(config.ClientConfig)
	if err != nil {
		return nil, err
	}
	return []admission.PluginInitializer{namespaceInitializer{foreseeing{client}}}, nil
}

type namespaceInitializer struct{ client kubernetes.Interface }

// Initialize implements admission.PluginInitializer.
func (i namespaceInitializer) Initialize(plugin admission.Interface) {
	if wants, ok := plugin.(initializer.WantsExternalKubeClientSet); ok {
		wants.SetExternalKubeClientSet(i.client)
	}
}

// foreseeing is a client of the host that knows namespaces before they exist.
type foreseeing struct{ kubernetes.Interface }

func (f foreseeing) CoreV1() typedcorev1.CoreV1Interface { return foreseeingCore{f.Interface.CoreV1()} }

type foreseeingCore struct{ typedcorev1.CoreV1Interface }

func (f foreseeingCore) Namespaces() typedcorev1.NamespaceInterface {
	return foreseeingNamespaces{f.CoreV1Interface.Namespaces()}
}

type foreseeingNamespaces struct{ typedcorev1.NamespaceInterface }

// Get returns a namespace of KubeNova that is not there yet as it will be made.
func (f foreseeingNamespaces) Get(ctx context.Context, name string, options metav1.GetOptions) (*corev1.Namespace, error) {
	namespace, err := f.NamespaceInterface.Get(ctx, name, options)
	if !apierrors.IsNotFound(err) {
		return namespace, err
	}
	tenant, project, ok := v1alpha1.SplitNamespace(name)
	if !ok {
		return nil, err
	}
	labels := map[string]string{corev1.LabelMetadataName: name, v1alpha1.LabelTenant: tenant}
	if project != "" {
		labels[v1alpha1.LabelProject] = project
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, nil
}
