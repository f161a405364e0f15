// Command apply makes a tenant with a project and an app by server-side apply, and
// deploys the app. Applying the same again changes nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	apply "github.com/kubenova/kubenova/pkg/generated/applyconfiguration/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

func main() {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "path of a kubeconfig of KubeNova, or of its host cluster")
	cluster := flag.String("cluster", "dev", "the registered cluster that the tenant lives on")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	client, err := versioned.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	if err := run(context.Background(), client, *cluster, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// options name the program as the owner of what it applies. What others own, such as
// an image that was set by apps/image, stays theirs.
var options = metav1.ApplyOptions{FieldManager: "examples-apply"}

func run(ctx context.Context, client versioned.Interface, cluster string, out io.Writer) error {
	api := client.KubenovaV1alpha1()
	tenant, err := api.Tenants().Apply(ctx, apply.Tenant("acme").WithSpec(apply.TenantSpec().
		WithClusterRef(apply.LocalReference().WithName(cluster)).
		WithOwners(apply.Subject().WithKind(v1alpha1.SubjectUser).WithName("owner@example.com"))), options)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "tenant %s is on %s\n", tenant.Name, tenant.Spec.ClusterRef.Name)

	project, err := api.Projects(v1alpha1.TenantNamespace(tenant.Name)).Apply(ctx, apply.Project("web", v1alpha1.TenantNamespace(tenant.Name)).
		WithSpec(apply.ProjectSpec().WithAccess(apply.ProjectMember().
			WithKind(v1alpha1.SubjectUser).WithName("dev@example.com").WithRole(v1alpha1.RoleProjectDev))), options)
	if err != nil {
		return err
	}
	namespace := v1alpha1.ProjectNamespace(tenant.Name, project.Name)
	fmt.Fprintf(out, "apps of project %s live in %s\n", project.Name, namespace)

	app, err := api.Apps(namespace).Apply(ctx, apply.App("hello", namespace).WithSpec(apply.AppSpec().
		WithComponents(apply.Component().WithName("web").WithType("webservice").
			WithProperties(runtime.RawExtension{Raw: []byte(`{"image":"nginx:1.29"}`)}))), options)
	if err != nil {
		return err
	}
	deployed, err := api.Apps(namespace).Deploy(ctx, app.Name, &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "app %s is deployed as revision %d\n", app.Name, deployed.Status.Revision)
	return nil
}
