package integration

import (
	"context"
	"net/url"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregator "k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const systemNamespace = "kubenova-system"

// register puts KubeNova behind the aggregation layer, through a Service that
// stands for a name on loopback.
func (p *Platform) register(t *testing.T) {
	t.Helper()
	front := must(url.Parse(p.Front.URL()))(t)
	port := must(strconv.ParseInt(front.Port(), 10, 32))(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: systemNamespace}}
	must(p.Kube.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}))(t)
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "kubenova-apiserver", Namespace: systemNamespace},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	must(p.Kube.CoreV1().Services(systemNamespace).Create(t.Context(), service, metav1.CreateOptions{}))(t)
	apiServices := must(aggregator.NewForConfig(p.Host))(t).ApiregistrationV1().APIServices()
	must(apiServices.Create(t.Context(), apiService(int32(port)), metav1.CreateOptions{}))(t)
	waitFor(t, "the API group to be served by the aggregator", func(ctx context.Context) error {
		_, err := p.ClientFor(t, p.Host).KubenovaV1alpha1().Clusters().List(ctx, metav1.ListOptions{})
		return err
	})
}

func apiService(port int32) *apiregistrationv1.APIService {
	return &apiregistrationv1.APIService{
		ObjectMeta: metav1.ObjectMeta{Name: "v1alpha1." + v1alpha1.GroupName},
		Spec: apiregistrationv1.APIServiceSpec{
			Group: v1alpha1.GroupName, Version: v1alpha1.SchemeGroupVersion.Version,
			Service: &apiregistrationv1.ServiceReference{
				Namespace: systemNamespace, Name: "kubenova-apiserver", Port: ptr.To(port),
			},
			// The certificate is self-signed by the test server itself.
			InsecureSkipTLSVerify: true,
			GroupPriorityMinimum:  900,
			VersionPriority:       15,
		},
	}
}
