package clusters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// probeTimeout bounds a whole probe, of at most six small requests.
	probeTimeout = 10 * time.Second
	// minProbeGap keeps failing requests from turning into a stream of probes.
	minProbeGap = time.Second
	// awayInterval is the time between two probes of a cluster that is away, give or
	// take a fifth: one that comes back is to go on within seconds.
	awayInterval = 4 * time.Second
	// startingTime is how long a cluster that answers again is probed as often, while
	// parts of it are missing.
	startingTime = 30 * time.Second
	// maxProbeBody bounds what is read of an answer.
	maxProbeBody = 4 << 20
)

// probeLoop probes now, at intervals and when it is asked to.
func (t *Target) probeLoop() {
	defer t.follow(nil)
	for {
		t.probe()
		if !sleep(t.ctx, minProbeGap) {
			return
		}
		timer := time.NewTimer(jitter(t.interval()))
		select {
		case <-t.ctx.Done():
			timer.Stop()
			return
		case <-t.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// interval is the time to the next probe. An API server that has just started answers
// before it serves the APIs of Capsule and KubeVela.
func (t *Target) interval() time.Duration {
	health := t.health.Load()
	starting := time.Since(t.back) < startingTime && (!health.Tenancy.ok() || !health.AppDelivery.ok())
	if !health.Connected.ok() || starting {
		return min(awayInterval, t.opts.ProbeInterval)
	}
	return t.opts.ProbeInterval
}

// probe looks at the cluster, records what it found and tells when that changed.
func (t *Target) probe() {
	ctx, cancel := context.WithTimeout(t.ctx, probeTimeout)
	defer cancel()
	found, served := t.prober.look(ctx)
	if t.ctx.Err() != nil {
		return
	}
	if found.Connected.ok() {
		now := time.Now()
		t.lastSeen.Store(&now)
	}
	if found.Connected.ok() && found.CredentialsValid.ok() {
		t.follow(served)
		found = t.absences.with(t.reviewed(ctx, found), time.Now())
	}
	former := *t.health.Swap(&found)
	if found.Connected.ok() && !former.Connected.ok() {
		t.back = time.Now()
	}
	suspected := t.suspect.Swap(false)
	if former != found || suspected {
		t.notify(Event{Cluster: t.name})
	}
}

// reviewed adds the last review, which is taken anew when it is due.
func (t *Target) reviewed(ctx context.Context, found Health) Health {
	if now := time.Now(); now.After(t.reviewDue) {
		t.lastReview, t.reviewDue = t.prober.review(ctx), now.Add(jitter(reviewInterval))
	}
	return found.with(t.lastReview)
}

// prober asks a cluster what it is.
type prober struct {
	client *http.Client
	server string
}

// Look asks a cluster for its health now, with an HTTP client that authenticates.
// It makes at most six small requests, which ctx bounds.
func Look(ctx context.Context, client *http.Client, server string) Health {
	found, _ := prober{client, server}.look(ctx)
	return found
}

// look asks for what Health says, and for the kinds that the cluster serves.
func (p prober) look(ctx context.Context) (Health, map[Kind]bool) {
	connected := Finding{metav1.ConditionTrue, "Connected", "The API server answers."}
	var version struct{ GitVersion string }
	var groups metav1.APIGroupList
	err := p.get(ctx, "/version", &version)
	if err == nil {
		err = p.get(ctx, "/apis", &groups)
	}
	if refused := credentialsRefused(err); refused != nil {
		health := unreachable(connected, *refused)
		health.KubernetesVersion = word(version.GitVersion)
		return health, nil
	}
	if err != nil {
		reason, message := Explain(err)
		return unreachable(Finding{metav1.ConditionFalse, reason, message},
			Finding{metav1.ConditionUnknown, "ClusterUnavailable", "The cluster cannot be asked."}), nil
	}
	served := servedKinds(groups)
	return Health{
		Connected:         connected,
		CredentialsValid:  Finding{metav1.ConditionTrue, "Accepted", "The API server accepts the credentials."},
		KubernetesVersion: word(version.GitVersion),
		Tenancy:           p.part(ctx, "Capsule", "capsule", served[CapsuleTenant], true),
		Proxy:             p.part(ctx, "capsule-proxy", "capsule-proxy", false, false),
		AppDelivery:       p.part(ctx, "KubeVela", "vela-core", served[Application], true),
	}, served
}

func credentialsRefused(err error) *Finding {
	switch {
	case apierrors.IsUnauthorized(err):
		return &Finding{metav1.ConditionFalse, "Unauthorized", "The API server does not accept the credentials; write a new kubeconfig."}
	case apierrors.IsForbidden(err):
		return &Finding{metav1.ConditionFalse, "Forbidden", "The credentials may not even list the server's APIs; write a kubeconfig of an administrator."}
	}
	return nil
}

// servedKinds says which kinds' APIs the cluster has.
func servedKinds(groups metav1.APIGroupList) map[Kind]bool {
	versions := map[string]bool{"v1": true}
	for _, group := range groups.Groups {
		for _, version := range group.Versions {
			versions[version.GroupVersion] = true
		}
	}
	served := map[Kind]bool{}
	for _, kind := range kinds() {
		if versions[kind.resource().GroupVersion().String()] {
			served[kind] = true
		}
	}
	return served
}

// part looks for a component: by its API, when it has one, and by its Deployment.
func (p prober) part(ctx context.Context, title, app string, served, hasAPI bool) Part {
	if hasAPI && !served {
		return Part{Finding: Finding{metav1.ConditionFalse, "NotInstalled", title + " is not installed: its API is not served."}}
	}
	var deployments deploymentList
	err := p.get(ctx, "/apis/apps/v1/deployments?limit=10&labelSelector=app.kubernetes.io%2Fname%3D"+app, &deployments)
	switch {
	case err != nil && hasAPI:
		return Part{Finding: Finding{metav1.ConditionTrue, "Served", title + " serves its API; its Deployment cannot be read."}}
	case err != nil:
		return Part{Finding: Finding{metav1.ConditionUnknown, "Unreadable", "Deployments cannot be read, so " + title + " cannot be looked for."}}
	case len(deployments.Items) == 0 && hasAPI:
		return Part{Finding: Finding{metav1.ConditionTrue, "Served", title + " serves its API; it has no Deployment on the cluster."}}
	case len(deployments.Items) == 0:
		return Part{Finding: Finding{metav1.ConditionFalse, "NotInstalled", title + " is not installed: it has no Deployment on the cluster."}}
	}
	found := deployments.Items[0]
	out := Part{Version: word(found.version())}
	switch available, wanted := found.Status.AvailableReplicas, found.replicas(); {
	case available > 0 && available < wanted:
		out.Finding = Finding{metav1.ConditionTrue, "ReplicasMissing", fmt.Sprintf("%s is available, with %d of %d pods: look at the Deployment %s in %s.", title, available, wanted, word(found.Metadata.Name), word(found.Metadata.Namespace))}
	case available > 0:
		out.Finding = Finding{metav1.ConditionTrue, "Available", title + " is available."}
	default:
		out.Finding = Finding{metav1.ConditionFalse, "Unavailable", fmt.Sprintf("%s has no available pod (Deployment %s in %s).", title, word(found.Metadata.Name), word(found.Metadata.Namespace))}
	}
	return out
}

// deploymentList is what is read of a list of Deployments.
type deploymentList struct {
	Items []deployment
}

type deployment struct {
	Metadata struct {
		Name, Namespace string
		Labels          map[string]string
	}
	Spec struct {
		Replicas *int32
		Template struct {
			Spec struct {
				Containers []struct{ Image string }
			}
		}
	}
	Status struct{ AvailableReplicas int32 }
}

// replicas is how many pods it should have.
func (d deployment) replicas() int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

// version is the one that the label names, or else the tag of the image.
func (d deployment) version() string {
	if version := d.Metadata.Labels["app.kubernetes.io/version"]; version != "" {
		return version
	}
	for _, container := range d.Spec.Template.Spec.Containers {
		image, _, _ := strings.Cut(container.Image, "@")
		if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
			return image[at+1:]
		}
	}
	return ""
}

// get reads one JSON document. An answer other than 200 is an API error.
func (p prober) get(ctx context.Context, path string, into any) error {
	return p.do(ctx, http.MethodGet, path, nil, into)
}

// post sends one JSON document and reads another.
func (p prober) post(ctx context.Context, path string, body, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing a request for %s: %w", path, err)
	}
	return p.do(ctx, http.MethodPost, path, bytes.NewReader(encoded), into)
}

func (p prober) do(ctx context.Context, method, path string, content io.Reader, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.server, "/")+path, content)
	if err != nil {
		return fmt.Errorf("preparing a request for %s: %w", path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProbeBody))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return apierrors.NewGenericServerResponse(response.StatusCode, method, schema.GroupResource{}, path, "", 0, false)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return errors.New("the server does not answer as a Kubernetes API server does")
	}
	return nil
}

// jitter spreads an interval by a fifth, so that clusters are not probed at once.
func jitter(interval time.Duration) time.Duration {
	return time.Duration(float64(interval) * (0.8 + 0.4*rand.Float64()))
}

// sleep is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
