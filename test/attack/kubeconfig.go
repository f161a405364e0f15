package attack

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// kubeconfigAttacks register clusters with kubeconfigs that do more than to name a
// cluster. Each is tried through both doors.
func kubeconfigAttacks() []Attack {
	const user = "users[0].user."
	return append([]Attack{
		refused("a program to run", user+"exec", inUser(`{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, "echo x >%s"], interactiveMode: Never}}`)),
		refused("an authentication plugin", user+"auth-provider", inUser(`{auth-provider: {name: gcp, config: {cmd-path: /bin/sh, cmd-args: "-c 'echo x >%s'"}}}`)),
		refused("a token in a file", user+"tokenFile", inUser(`{tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token}`)),
		refused("a client key in a file", user+"client-key", inUser(`{token: x, client-key: /etc/kubernetes/pki/ca.key}`)),
		refused("a client certificate in a file", user+"client-certificate", inUser(`{token: x, client-certificate: /etc/kubernetes/pki/ca.crt}`)),
		refused("another user", user+"as", inUser(`{token: x, as: "system:admin"}`)),
		refused("other groups", user+"as-groups", inUser(`{token: x, as-groups: ["system:masters"]}`)),
		refused("a user with a password", user+"username", inUser(`{username: admin, password: admin}`)),
		refused("nobody", "users[0].user", inUser(`{}`)),
		refused("a CA in a file", "clusters[0].cluster.certificate-authority", inCluster(`{server: "https://127.0.0.1:1", certificate-authority: /etc/passwd}`)),
		refused("a proxy", "clusters[0].cluster.proxy-url", inCluster(`{server: "https://127.0.0.1:1", proxy-url: "http://169.254.169.254"}`)),
		refused("no check of certificates", "clusters[0].cluster.insecure-skip-tls-verify", inCluster(`{server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}`)),
		refused("plain text", "clusters[0].cluster.server", inCluster(`{server: "http://169.254.169.254/latest"}`)),
		refused("a file as server", "clusters[0].cluster.server", inCluster(`{server: "file:///etc/passwd"}`)),
		refused("a server with a user", "clusters[0].cluster.server", inCluster(`{server: "https://a:b@127.0.0.1"}`)),
		refused("a server with a query", "clusters[0].cluster.server", inCluster(`{server: "https://127.0.0.1/x?a=b"}`)),
		refused("several contexts and none of them current", "current-context", func(string) string {
			one := kubeconfigOf("https://127.0.0.1:1", "", "x")
			return strings.NewReplacer("current-context: c\n", "", "contexts: [", "contexts: [{name: d, context: {cluster: k, user: u}}, ").Replace(one)
		}),
		{Name: "more than a request may hold", Expected: "413 at the REST door, 422 at the native one; nothing was registered", Try: tooBig},
		{Name: "credentials for a cluster that was replaced", Expected: "409; nothing is stored", Try: replacedCluster},
		{Name: "references that grow without end", Expected: "422 at the REST door, 422 at the native one; nothing was registered, nothing ran",
			Try: tryKubeconfig("", func(string) string {
				lines := []string{"a0: &a0 [x,x,x,x,x,x,x,x,x]"}
				for i := range 12 {
					lines = append(lines, fmt.Sprintf("a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]", i+1, i+1, i, i, i, i, i, i, i, i))
				}
				return strings.Join(lines, "\n")
			})},
	}, addressAttacks()...)
}

// kubeconfigOf is an honest kubeconfig.
func kubeconfigOf(server, ca, token string) string {
	cluster := fmt.Sprintf("{server: %q}", server)
	if ca != "" {
		cluster = fmt.Sprintf("{server: %q, certificate-authority-data: %s}", server, base64.StdEncoding.EncodeToString([]byte(ca)))
	}
	return kubeconfigWith(cluster, fmt.Sprintf("{token: %q}", token))
}

func kubeconfigWith(cluster, user string) string {
	return "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n" +
		"clusters: [{name: k, cluster: " + cluster + "}]\nusers: [{name: u, user: " + user + "}]\n"
}

// inUser and inCluster return kubeconfigs with a part that is given; %s in it is a
// file that must not appear.
func inUser(user string) func(string) string {
	return func(sentinel string) string {
		return kubeconfigWith(`{server: "https://127.0.0.1:1"}`, strings.ReplaceAll(user, "%s", sentinel))
	}
}

func inCluster(cluster string) func(string) string {
	return func(string) string { return kubeconfigWith(cluster, `{token: x}`) }
}

func refused(name, field string, kubeconfig func(sentinel string) string) Attack {
	return Attack{
		Name: name, Try: tryKubeconfig(field, kubeconfig),
		Expected: "422 at the REST door, 422 at the native one; nothing was registered, nothing ran",
	}
}

// tryKubeconfig offers a kubeconfig at both doors and looks whether the cluster was
// made, got credentials, or had a program run. A field is to be named by both.
func tryKubeconfig(field string, kubeconfig func(sentinel string) string) func(context.Context, *Field) string {
	return func(ctx context.Context, f *Field) string {
		dir, err := os.MkdirTemp("", "attack-")
		if err != nil {
			return "error: " + err.Error()
		}
		defer func() { _ = os.RemoveAll(dir) }()
		sentinel := filepath.Join(dir, "sentinel")
		rest, native, err := f.offer(ctx, "bad-"+f.id, kubeconfig(sentinel))
		if err != nil {
			return "error: " + err.Error()
		}
		seen := fmt.Sprintf("%s at the REST door, %s at the native one; %s", naming(rest, "kubeconfig", field), naming(native, "spec.kubeconfig", field), f.registered(ctx, "bad-"+f.id))
		// A program would run with the first connection.
		if rest.code < http.StatusMultipleChoices || native.code < http.StatusMultipleChoices {
			time.Sleep(2 * time.Second)
		}
		if _, err := os.Stat(sentinel); !errors.Is(err, os.ErrNotExist) {
			return seen + ", a program ran"
		}
		return seen + ", nothing ran"
	}
}

// naming is the status of a refusal, with what it names if that is not the field.
func naming(got answer, root, field string) string {
	if named := got.field(); got.code == http.StatusUnprocessableEntity && field != "" && named != root+"."+field {
		return fmt.Sprintf("422 that names %q", named)
	}
	return got.String()
}

// offer tries to register a cluster through the REST door, and to write the same
// kubeconfig to an empty cluster through the native one.
func (f *Field) offer(ctx context.Context, name, kubeconfig string) (rest, native answer, err error) {
	encoded := base64.StdEncoding.EncodeToString([]byte(kubeconfig))
	rest = f.admin.do(ctx, http.MethodPost, "/clusters", encode(map[string]any{"name": name, "kubeconfig": encoded}))
	empty := map[string]any{"apiVersion": "kubenova.io/v1alpha1", "kind": "Cluster", "metadata": map[string]any{"name": name + "-native"}}
	if err := f.root.do(ctx, http.MethodPost, apis+"/clusters", encode(empty)).must(nil); err != nil {
		return rest, native, err
	}
	native = f.root.do(ctx, http.MethodPost, apis+"/clusters/"+name+"-native/kubeconfig", encode(map[string]any{
		"apiVersion": "kubenova.io/v1alpha1", "kind": "ClusterKubeconfig", "spec": map[string]any{"kubeconfig": encoded},
	}))
	return rest, native, nil
}

// registered says whether what was offered was taken, and removes it.
func (f *Field) registered(ctx context.Context, name string) string {
	seen := "nothing was registered"
	if got := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+name, ""); got.code != http.StatusNotFound {
		seen = "the cluster is registered"
	}
	if got := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+name+"-native/kubeconfig", ""); got.code != http.StatusNotFound {
		seen = "the kubeconfig is stored"
	}
	for _, made := range []string{name, name + "-native"} {
		f.root.do(ctx, http.MethodDelete, apis+"/clusters/"+made, "")
	}
	return seen
}

func tooBig(ctx context.Context, f *Field) string {
	rest, native, err := f.offer(ctx, "big-"+f.id, kubeconfigOf("https://127.0.0.1:1", "", strings.Repeat("x", 1<<20)))
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%s at the REST door, %s at the native one; %s", rest, native, f.registered(ctx, "big-"+f.id))
}

// replacedCluster writes the credentials of a cluster to the one that has its name now.
func replacedCluster(ctx context.Context, f *Field) string {
	name := "replaced-" + f.id
	empty := encode(map[string]any{"apiVersion": "kubenova.io/v1alpha1", "kind": "Cluster", "metadata": map[string]any{"name": name}})
	var former object
	if err := errors.Join(
		f.root.do(ctx, http.MethodPost, apis+"/clusters", empty).must(&former),
		f.root.do(ctx, http.MethodDelete, apis+"/clusters/"+name, "").must(nil),
		f.root.do(ctx, http.MethodPost, apis+"/clusters", empty).must(nil),
	); err != nil {
		return "error: " + err.Error()
	}
	defer f.root.do(ctx, http.MethodDelete, apis+"/clusters/"+name, "")
	got := f.root.do(ctx, http.MethodPost, apis+"/clusters/"+name+"/kubeconfig", encode(map[string]any{
		"apiVersion": "kubenova.io/v1alpha1", "kind": "ClusterKubeconfig", "metadata": map[string]any{"name": name, "uid": former.Metadata.UID},
		"spec": map[string]any{"kubeconfig": []byte(kubeconfigOf("https://127.0.0.1:1", "", "x"))},
	}))
	if stored := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+name+"/kubeconfig", ""); stored.code != http.StatusNotFound {
		return got.String() + "; the credentials are stored"
	}
	return got.String() + "; nothing is stored"
}
