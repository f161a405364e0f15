package apiserver

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Each webhook and policy of the host asks anew for a namespace that its lister does
// not have: an answer is kept for long enough to serve those of one request.
const (
	namespaceTTL  = time.Second
	namespacesMax = 1024
)

// namespaceQPS is how many namespaces a second are asked for, as many as reviews of
// tokens and rights.
const namespaceQPS = 200

// namespaceInitializers gives admission plugins a client by which a namespace of
// a tenant or project exists before its controller has made it. Webhooks and
// policies with a namespaceSelector ask for the namespace of every object, and
// would refuse those that are written in its first moment.
func namespaceInitializers(config *genericapiserver.RecommendedConfig) ([]admission.PluginInitializer, error) {
	clientConfig := rest.CopyConfig(config.ClientConfig)
	clientConfig.QPS, clientConfig.Burst = namespaceQPS, 2*namespaceQPS
	client, err := kubernetes.NewForConfig(clientConfig)
	if err != nil {
		return nil, err
	}
	return []admission.PluginInitializer{namespaceInitializer{foreseeing{client, cache.NewLRUExpireCache(namespacesMax)}}}, nil
}

type namespaceInitializer struct{ client kubernetes.Interface }

// Initialize implements admission.PluginInitializer.
func (i namespaceInitializer) Initialize(plugin admission.Interface) {
	if wants, ok := plugin.(initializer.WantsExternalKubeClientSet); ok {
		wants.SetExternalKubeClientSet(i.client)
	}
}

// foreseeing is a client of the host that knows namespaces before they exist.
type foreseeing struct {
	kubernetes.Interface
	known *cache.LRUExpireCache
}

func (f foreseeing) CoreV1() typedcorev1.CoreV1Interface {
	return foreseeingCore{f.Interface.CoreV1(), f.known}
}

type foreseeingCore struct {
	typedcorev1.CoreV1Interface
	known *cache.LRUExpireCache
}

func (f foreseeingCore) Namespaces() typedcorev1.NamespaceInterface {
	return foreseeingNamespaces{f.CoreV1Interface.Namespaces(), f.known}
}

type foreseeingNamespaces struct {
	typedcorev1.NamespaceInterface
	known *cache.LRUExpireCache
}

// Get returns a namespace of KubeNova that is not there yet as it will be made.
func (f foreseeingNamespaces) Get(ctx context.Context, name string, options metav1.GetOptions) (*corev1.Namespace, error) {
	if known, ok := f.known.Get(name); ok {
		return known.(*corev1.Namespace).DeepCopy(), nil
	}
	namespace, err := f.NamespaceInterface.Get(ctx, name, options)
	if apierrors.IsNotFound(err) {
		if foreseen := foresee(name); foreseen != nil {
			namespace, err = foreseen, nil
		}
	}
	if err != nil {
		return nil, err
	}
	f.known.Add(name, namespace.DeepCopy(), namespaceTTL)
	return namespace, nil
}

// foresee returns the namespace of a tenant or project as its controller makes it,
// or nil for another name.
func foresee(name string) *corev1.Namespace {
	tenant, project, ok := v1alpha1.SplitNamespace(name)
	if !ok {
		return nil
	}
	labels := map[string]string{corev1.LabelMetadataName: name, v1alpha1.LabelTenant: tenant}
	if project != "" {
		labels[v1alpha1.LabelProject] = project
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}
