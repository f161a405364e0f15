package chart_test

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/cmd"
)

// eachPod runs check for every Deployment of every value set.
func eachPod(t *testing.T, check func(t *testing.T, deployment *appsv1.Deployment, objects []client.Object)) {
	t.Helper()
	for name, values := range valueSets() {
		objects := render(t, release(values))
		for _, component := range []string{"apiserver", "controller-manager"} {
			t.Run(name+"/"+component, func(t *testing.T) {
				check(t, find[*appsv1.Deployment](t, objects, "kubenova-"+component), objects)
			})
		}
	}
}

func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	eachPod(t, func(t *testing.T, deployment *appsv1.Deployment, _ []client.Object) {
		template := deployment.Spec.Template
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &template.ObjectMeta, &template.Spec))
		if !result.Allowed {
			t.Errorf("%s: %s", result.ForbiddenReason(), result.ForbiddenDetail())
		}
		// The policy does not ask for this one.
		for _, container := range template.Spec.Containers {
			if readOnly := container.SecurityContext.ReadOnlyRootFilesystem; readOnly == nil || !*readOnly {
				t.Errorf("the root of %s can be written", container.Name)
			}
		}
	})
}

// TestEmbeddedEtcd follows what leads to the member, and holds its pod against the
// level restricted as well.
func TestEmbeddedEtcd(t *testing.T) {
	objects := render(t, release(valueSets()["trial"]))
	set := find[*appsv1.StatefulSet](t, objects, "kubenova-etcd")
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	template := set.Spec.Template
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	if result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &template.ObjectMeta, &template.Spec)); !result.Allowed {
		t.Errorf("%s: %s", result.ForbiddenReason(), result.ForbiddenDetail())
	}
	selects(t, "the StatefulSet", set.Spec.Selector, template.Labels)
	service := find[*corev1.Service](t, objects, set.Spec.ServiceName)
	selects(t, "the Service", metav1.SetAsLabelSelector(service.Spec.Selector), template.Labels)
	server := find[*appsv1.Deployment](t, objects, "kubenova-apiserver").Spec.Template
	if want := "--etcd-servers=http://kubenova-etcd.platform.svc:2379"; !slices.Contains(server.Spec.Containers[0].Args, want) {
		t.Errorf("the server's arguments are %v", server.Spec.Containers[0].Args)
	}
	guard := find[*networkingv1.NetworkPolicy](t, objects, "kubenova-etcd")
	selects(t, "the NetworkPolicy", &guard.Spec.PodSelector, template.Labels)
	selects(t, "what it lets in", guard.Spec.Ingress[0].From[0].PodSelector, server.Labels)
	if port := guard.Spec.Ingress[0].Ports[0].Port.StrVal; port != template.Spec.Containers[0].Ports[0].Name || len(guard.Spec.Ingress) != 2 || guard.Spec.Ingress[1].Ports[0].Port.StrVal != "health" {
		t.Errorf("it lets in %+v", guard.Spec.Ingress)
	}
	if *set.Spec.Replicas != 1 || *set.Spec.VolumeClaimTemplates[0].Spec.StorageClassName != "standard" || template.Spec.Containers[0].VolumeMounts[0].Name != set.Spec.VolumeClaimTemplates[0].Name {
		t.Errorf("got %+v", set.Spec)
	}
}

// TestArguments parses the arguments with the command that they are for.
func TestArguments(t *testing.T) {
	eachPod(t, func(t *testing.T, deployment *appsv1.Deployment, _ []client.Object) {
		container := deployment.Spec.Template.Spec.Containers[0]
		command, args, err := cmd.NewCommand().Find(container.Args)
		if err != nil || command.Name() != container.Name {
			t.Fatalf("%v is the command %q, %v", container.Args, command.Name(), err)
		}
		if err := command.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		if err := command.ValidateArgs(command.Flags().Args()); err != nil {
			t.Error(err)
		}
		for _, file := range fileArguments(args) {
			if !slices.ContainsFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == path.Dir(file) || m.MountPath == file }) {
				t.Errorf("%s is not in a volume", file)
			}
		}
	})
}

func fileArguments(args []string) []string {
	var files []string
	for _, arg := range args {
		if _, value, _ := strings.Cut(arg, "="); strings.HasPrefix(value, "/etc/") {
			files = append(files, value)
		}
	}
	return files
}

// TestCatalog finds the files where the command looks for them, as they were given.
func TestCatalog(t *testing.T) {
	for set, want := range map[string]string{"minimal": "", "single": "kubenova-catalog", "given": "our-catalog"} {
		objects := render(t, release(valueSets()[set]))
		spec := find[*appsv1.Deployment](t, objects, "kubenova-controller-manager").Spec.Template.Spec
		asked := slices.Contains(spec.Containers[0].Args, "--catalog-dir=/etc/kubenova/catalog")
		got := ""
		for _, volume := range spec.Volumes {
			if volume.ConfigMap != nil {
				got = volume.ConfigMap.Name
			}
		}
		if got != want || asked != (want != "") {
			t.Errorf("%s: the ConfigMap is %q, want %q; asked for %v", set, got, want, asked)
		}
		if set != "single" {
			continue
		}
		if data := find[*corev1.ConfigMap](t, objects, want).Data; data["plans.json"] != plans || len(data) != 1 {
			t.Errorf("the catalog has %q", data)
		}
	}
}

// TestAPIServerOptions has the server judge its arguments.
func TestAPIServerOptions(t *testing.T) {
	for name, values := range valueSets() {
		t.Run(name, func(t *testing.T) {
			deployment := find[*appsv1.Deployment](t, render(t, release(values)), "kubenova-apiserver")
			container := deployment.Spec.Template.Spec.Containers[0]
			options, flags := apiserver.NewOptions(), pflag.NewFlagSet("apiserver", pflag.ContinueOnError)
			options.AddFlags(flags)
			if err := flags.Parse(container.Args[1:]); err != nil {
				t.Fatal(err)
			}
			if err := options.Validate(); err != nil {
				t.Error(err)
			}
			if got, want := options.Recommended.SecureServing.BindPort, int(container.Ports[0].ContainerPort); got != want {
				t.Errorf("the server listens on %d, the pod opens %d", got, want)
			}
		})
	}
}

// TestProbes compares the paths with those that each component serves, and the
// port with the one that it is told to listen on.
func TestProbes(t *testing.T) {
	want := map[string][]string{
		"apiserver":          {"/livez", "/livez?exclude=etcd", "/readyz", "--secure-port=6443"},
		"controller-manager": {"/healthz", "/healthz", "/readyz", "--health-address=:8081"},
	}
	eachPod(t, func(t *testing.T, deployment *appsv1.Deployment, _ []client.Object) {
		container := deployment.Spec.Template.Spec.Containers[0]
		got := []string{container.StartupProbe.HTTPGet.Path, container.LivenessProbe.HTTPGet.Path, container.ReadinessProbe.HTTPGet.Path}
		expected := want[container.Name]
		if !slices.Equal(got, expected[:3]) {
			t.Errorf("the probes ask %v, want %v", got, expected[:3])
		}
		port := strconv.Itoa(int(container.Ports[0].ContainerPort))
		if !slices.Contains(container.Args, expected[3]) || !strings.HasSuffix(expected[3], port) {
			t.Errorf("the pod opens %s, its arguments are %v", port, container.Args)
		}
	})
}

func TestValuesReachTheServer(t *testing.T) {
	objects := render(t, release(valueSets()["given"]))
	server := find[*appsv1.Deployment](t, objects, "kubenova-apiserver")
	container := server.Spec.Template.Spec.Containers[0]
	for _, want := range []string{
		"--etcd-servers=https://etcd-0.etcd:2379,https://etcd-1.etcd:2379",
		"--etcd-prefix=/blue",
		"--etcd-cafile=/etc/kubenova/etcd/ca.crt",
	} {
		if !slices.Contains(container.Args, want) {
			t.Errorf("%v lacks %s", container.Args, want)
		}
	}
	if *server.Spec.Replicas != 3 || container.Image != "mirror:5000/team/kubenova:v9.9.9" || container.ImagePullPolicy != corev1.PullAlways {
		t.Errorf("%d replicas of %s, pulled %s", *server.Spec.Replicas, container.Image, container.ImagePullPolicy)
	}
	if got := secretVolumes(server); !slices.Equal(got, []string{"our-tls", "our-key", "etcd-client"}) {
		t.Errorf("mounts the Secrets %v", got)
	}
	manager := find[*appsv1.Deployment](t, objects, "kubenova-controller-manager").Spec.Template.Spec.Containers[0]
	for _, want := range []string{"--leader-elect=true", "--leader-elect-namespace=platform", "--allow-target-cidr=10.0.0.0/8,fd00::/8"} {
		if !slices.Contains(manager.Args, want) {
			t.Errorf("%v lacks %s", manager.Args, want)
		}
	}
	if want := "--allow-target-cidr=10.0.0.0/8,fd00::/8"; !slices.Contains(container.Args, want) {
		t.Errorf("%v lacks %s", container.Args, want)
	}
	plain := find[*appsv1.Deployment](t, render(t, release(minimal())), "kubenova-apiserver")
	if image := plain.Spec.Template.Spec.Containers[0].Image; !strings.HasPrefix(image, "kubenova:v") {
		t.Errorf("the default image is %s", image)
	}
}

func secretVolumes(deployment *appsv1.Deployment) []string {
	var names []string
	for _, volume := range deployment.Spec.Template.Spec.Volumes {
		if volume.Secret != nil {
			names = append(names, volume.Secret.SecretName)
		}
	}
	return names
}

// TestReferences follows every name and selector from one object to another.
func TestReferences(t *testing.T) {
	eachPod(t, func(t *testing.T, deployment *appsv1.Deployment, objects []client.Object) {
		template := deployment.Spec.Template
		container := template.Spec.Containers[0]
		selects(t, "the Deployment", deployment.Spec.Selector, template.Labels)
		find[*corev1.ServiceAccount](t, objects, template.Spec.ServiceAccountName)
		for _, term := range apart(template.Spec.Affinity) {
			selects(t, "the anti-affinity", term.LabelSelector, template.Labels)
		}
		for _, constraint := range template.Spec.TopologySpreadConstraints {
			selects(t, "the topology spread", constraint.LabelSelector, template.Labels)
		}
		if *deployment.Spec.Replicas > 1 {
			selects(t, "the budget", find[*policyv1.PodDisruptionBudget](t, objects, deployment.Name).Spec.Selector, template.Labels)
		}
		for _, probe := range []*corev1.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
			if probe == nil || probe.HTTPGet.Port.StrVal != container.Ports[0].Name {
				t.Errorf("a probe is missing or asks another port: %v", probe)
			}
		}
		for _, name := range secretVolumes(deployment) {
			issued := slices.ContainsFunc(objects, func(o client.Object) bool { return key(o) == "Certificate "+releaseNamespace+"/"+name })
			if strings.HasPrefix(name, "kubenova-") && !issued {
				find[*corev1.Secret](t, objects, name)
			}
		}
	})
}

// apart are the terms by which pods keep away from each other.
func apart(affinity *corev1.Affinity) (terms []corev1.PodAffinityTerm) {
	if affinity == nil {
		return nil
	}
	for _, preferred := range affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		terms = append(terms, preferred.PodAffinityTerm)
	}
	return append(terms, affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution...)
}

func TestPodsKeepApart(t *testing.T) {
	for set, want := range map[string][2]int{"minimal": {1, 0}, "whole": {0, 1}, "trial": {0, 0}} {
		objects := render(t, release(valueSets()[set]))
		for _, component := range []string{"apiserver", "controller-manager"} {
			got := [2]int{}
			if affinity := find[*appsv1.Deployment](t, objects, "kubenova-"+component).Spec.Template.Spec.Affinity; affinity != nil {
				got[0] = len(affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
				got[1] = len(affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
			}
			if got != want {
				t.Errorf("%s %s: %v preferred and required terms, want %v", set, component, got, want)
			}
		}
	}
}

func TestServiceReachesTheServer(t *testing.T) {
	for name, values := range valueSets() {
		t.Run(name, func(t *testing.T) {
			objects := render(t, release(values))
			service := find[*corev1.Service](t, objects, "kubenova-apiserver")
			selector := metav1.SetAsLabelSelector(service.Spec.Selector)
			for _, component := range []string{"apiserver", "controller-manager"} {
				template := find[*appsv1.Deployment](t, objects, "kubenova-"+component).Spec.Template
				if component == "apiserver" {
					selects(t, "the Service", selector, template.Labels)
					if got := template.Spec.Containers[0].Ports[0].Name; got != service.Spec.Ports[0].TargetPort.StrVal {
						t.Errorf("the Service leads to port %s", got)
					}
				} else if labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(template.Labels)) {
					t.Error("the Service selects the controllers too")
				}
			}
		})
	}
}

func selects(t *testing.T, what string, selector *metav1.LabelSelector, set map[string]string) {
	t.Helper()
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	if compiled.Empty() || !compiled.Matches(labels.Set(set)) {
		t.Errorf("%s selects %s, the pods are %v", what, compiled, set)
	}
}
