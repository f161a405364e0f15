package facade

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

// undoTimeout bounds the deletion of a cluster whose credentials were not stored.
const undoTimeout = 10 * time.Second

// newCluster is the body that registers a cluster.
type newCluster struct {
	Name string `json:"name"`
	// Kubeconfig is base64. It is never returned or logged.
	Kubeconfig string            `json:"kubeconfig"`
	Labels     map[string]string `json:"labels"`
	// ExchangeCredentials has them replaced by those of a ServiceAccount.
	ExchangeCredentials bool   `json:"exchangeCredentials"`
	ProxyURL            string `json:"proxyURL"`
	ProxyCA             string `json:"proxyCA"`
}

// createCluster registers a cluster: the Cluster first, then its credentials. A
// caller who may not store credentials is refused before anything is written.
func createCluster(c *call) (reply, error) {
	var body newCluster
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if err := checkNew(body.Name, "", nil); err != nil {
		return reply{}, err
	}
	credentials, err := decodeKubeconfig(body.Kubeconfig)
	if err != nil {
		return reply{}, err
	}
	if err := c.review("create", "clusters", "kubeconfig", body.Name); err != nil {
		return reply{}, err
	}
	wanted := &v1alpha1.Cluster{
		ObjectMeta: named(body.Name, body.Labels, nil),
		Spec:       v1alpha1.ClusterSpec{ExchangeCredentials: body.ExchangeCredentials, ProxyURL: body.ProxyURL, ProxyCA: body.ProxyCA},
	}
	created, err := c.api.Clusters().Create(c.ctx(), wanted, c.createOptions())
	if err != nil {
		return reply{}, err
	}
	if len(c.dryRun) > 0 { // there is no cluster that could be given credentials
		return withObject(created, fromCluster(created)), nil
	}
	return c.storeCredentials(created, credentials)
}

// storeCredentials writes a new cluster's credentials, or deletes it again.
func (c *call) storeCredentials(created *v1alpha1.Cluster, credentials []byte) (reply, error) {
	write := &v1alpha1.ClusterKubeconfig{ObjectMeta: only(created), Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: credentials}}
	if _, err := c.api.Clusters().CreateKubeconfig(c.ctx(), created.Name, write, c.createOptions()); err != nil {
		c.undoCluster(created)
		return reply{}, err
	}
	// Storing the credentials gave the cluster another version. The cluster is
	// registered also when that cannot be read; then there is no ETag to tell.
	current, err := c.api.Clusters().Get(c.ctx(), created.Name, metav1.GetOptions{})
	if err != nil {
		klog.FromContext(c.ctx()).Error(err, "Reading a cluster after it was registered", "cluster", created.Name)
		return reply{body: fromCluster(created), object: created}, nil
	}
	return withObject(current, fromCluster(current)), nil
}

// clusterKubeconfig is the body that replaces the credentials of a cluster.
type clusterKubeconfig struct {
	// Kubeconfig is base64. It is never returned or logged.
	Kubeconfig string `json:"kubeconfig"`
}

// putKubeconfig replaces the credentials of a cluster.
func putKubeconfig(c *call) (reply, error) {
	var body clusterKubeconfig
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	credentials, err := decodeKubeconfig(body.Kubeconfig)
	if err != nil {
		return reply{}, err
	}
	wanted, err := parseIfMatch(c.request.Header)
	if err != nil {
		return reply{}, err
	}
	found, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	if !wanted.match(found.ResourceVersion) {
		return reply{}, preconditionFailed()
	}
	write := &v1alpha1.ClusterKubeconfig{ObjectMeta: only(found), Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: credentials}}
	if _, err := c.api.Clusters().CreateKubeconfig(c.ctx(), found.Name, write, c.createOptions()); err != nil {
		return reply{}, err
	}
	current, err := c.api.Clusters().Get(c.ctx(), found.Name, metav1.GetOptions{})
	if err != nil {
		return reply{}, err
	}
	return withoutBody(current), nil
}

// undoCluster goes on when the caller has gone away.
func (c *call) undoCluster(created *v1alpha1.Cluster) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx()), undoTimeout)
	defer cancel()
	opts := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &created.UID}}
	if err := c.api.Clusters().Delete(ctx, created.Name, opts); err != nil {
		klog.FromContext(ctx).Error(err, "Cluster without credentials is left behind", "cluster", created.Name)
	}
}

// decodeKubeconfig returns what is kept of a kubeconfig. Its errors name fields
// of the kubeconfig and no values.
func decodeKubeconfig(encoded string) ([]byte, error) {
	path := field.NewPath("kubeconfig")
	if encoded == "" {
		return nil, invalid(field.Required(path, ""))
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, invalid(field.Invalid(path, nil, "must be base64"))
	}
	sanitized, problems := kubeconfig.Sanitize(raw)
	if len(problems) > 0 {
		return nil, invalid(problems...)
	}
	return sanitized, nil
}

func listClusters(c *call) (reply, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	clusters, cursor, err := c.clusters().page(c.ctx(), query.options())
	if err != nil {
		return reply{}, err
	}
	return listReply(clusters, cursor, fromCluster), nil
}

func getCluster(c *call) (reply, error) {
	found, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromCluster(found)), nil
}

func putCluster(c *call) (reply, error) {
	var body clusterUpdate
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	updated, err := c.clusters().change(c, c.cluster, body.apply)
	if err != nil {
		return reply{}, err
	}
	return withObject(updated, fromCluster(updated)), nil
}

func deleteCluster(c *call) (reply, error) {
	found, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	policy, err := parseCascade(c.query)
	if err != nil {
		return reply{}, err
	}
	return noContent(), c.clusters().removeWith(c, found, policy)
}

// getCapabilities answers with what the cluster offers now, and not with what was
// last seen of it.
func getCapabilities(c *call) (reply, error) {
	found, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	live, err := c.api.Clusters().GetCapabilities(c.ctx(), found.Name, metav1.GetOptions{})
	if err != nil {
		return reply{}, err
	}
	return withObject(live, fromCapabilities(live)), nil
}

// bootstrapCluster asks for a component; the controller of clusters installs it.
func bootstrapCluster(c *call) (reply, error) {
	if err := c.decodeNothing(); err != nil {
		return reply{}, err
	}
	component := v1alpha1.ComponentName(c.param("component"))
	known := v1alpha1.ComponentNames()
	if !slices.Contains(known, component) {
		return reply{}, invalid(field.NotSupported(field.NewPath("component"), component, known))
	}
	found, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	request := &v1alpha1.ClusterBootstrap{ObjectMeta: only(found), Spec: v1alpha1.ClusterBootstrapSpec{Component: component}}
	_, err = c.api.Clusters().CreateBootstrap(c.ctx(), found.Name, request, c.createOptions())
	return accepted(found), err
}

// cleanUpCluster heals what removed components have left, or lists what it would
// do.
func cleanUpCluster(c *call) (reply, error) {
	if err := c.decodeNothing(); err != nil {
		return reply{}, err
	}
	found, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	done, err := c.api.Clusters().CreateCleanup(c.ctx(), found.Name, &v1alpha1.ClusterCleanup{ObjectMeta: only(found)}, c.createOptions())
	answer := accepted(found)
	if err == nil && len(c.dryRun) > 0 {
		answer.body = fromCleanup(done)
	}
	return answer, err
}
