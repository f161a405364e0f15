package testserver

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestServerStoresObjects(t *testing.T) {
	server := Start(t)
	clusters := server.Client.KubenovaV1alpha1().Clusters()
	created, err := clusters.Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := clusters.List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.uid=" + string(created.UID)})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || list.Items[0].Name != "dev" {
		t.Fatalf("listing by uid found %v", list.Items)
	}
}
