// Command watch prints what becomes of the apps of a tenant.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/generated/informers/externalversions"
	listers "github.com/kubenova/kubenova/pkg/generated/listers/kubenova/v1alpha1"
)

func main() {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "path of a kubeconfig of KubeNova, or of its host cluster")
	tenant := flag.String("tenant", "acme", "the tenant whose apps are shown")
	once := flag.Bool("once", false, "say what is there now, and end")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	client, err := versioned.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, client, *tenant, *once, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run prints the apps of a tenant, and then every change of one until ctx is done.
// One watch serves the whole cache; a caller who may not list all apps gets those of
// its own tenants.
func run(ctx context.Context, client versioned.Interface, tenant string, once bool, out io.Writer) error {
	factory := externalversions.NewSharedInformerFactory(client, 0)
	defer factory.Shutdown()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	apps := factory.Kubenova().V1alpha1().Apps()
	informer := apps.Informer()
	factory.StartWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return ctx.Err()
	}
	if once {
		return list(apps.Lister(), tenant, out)
	}
	show := func(object any) {
		if app, ok := object.(*v1alpha1.App); ok && ofTenant(app, tenant) {
			fmt.Fprintln(out, line(app))
		}
	}
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    show,
		UpdateFunc: func(_, app any) { show(app) },
	}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func list(apps listers.AppLister, tenant string, out io.Writer) error {
	all, err := apps.List(labels.SelectorFromSet(labels.Set{v1alpha1.LabelTenant: tenant}))
	if err != nil {
		return err
	}
	for _, app := range all {
		fmt.Fprintln(out, line(app))
	}
	return nil
}

func ofTenant(app *v1alpha1.App, tenant string) bool {
	return app.Labels[v1alpha1.LabelTenant] == tenant
}

func line(app *v1alpha1.App) string {
	_, project, _ := strings.Cut(app.Namespace, "--")
	return fmt.Sprintf("%s/%s: %s, revision %d", project, app.Name, app.Status.Phase, app.Status.Revision)
}
