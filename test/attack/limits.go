package attack

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// limitAttacks ask for too much, and look for what should be nowhere.
func limitAttacks() []Attack {
	return []Attack{
		{Name: "a body that is too big", Expected: "413 for each", Try: func(ctx context.Context, f *Field) string {
			return each(ctx, f.mine.owner, [][3]string{
				{http.MethodPost, f.mine.path(f.Home) + "/projects", `{"name":"` + strings.Repeat("x", 2<<20) + `"}`},
				{http.MethodPut, f.mine.path(f.Home) + "/projects/web/apps/hello", `{"name":"hello","description":"` + strings.Repeat("x", 8<<20) + `"}`},
			})
		}},
		{Name: "a body that is deep", Expected: "400 at the REST door within 2s, 400 at the native one within 2s", Try: deep},
		{Name: "lists beyond the limit", Expected: "422 for each", Try: func(ctx context.Context, f *Field) string {
			list := "/clusters/" + f.Home + "/tenants"
			return each(ctx, f.mine.owner, [][3]string{
				{http.MethodGet, list + "?limit=201"}, {http.MethodGet, list + "?limit=-1"}, {http.MethodGet, list + "?limit=99999999999999999999"},
				{http.MethodGet, list + "?labelSelector=" + strings.Repeat("a", 5000)},
			})
		}},
		{Name: "cursors made up", Expected: "400 for each", Try: func(ctx context.Context, f *Field) string {
			list := "/clusters/" + f.Home + "/tenants?cursor="
			return each(ctx, f.mine.owner, [][3]string{get(list + "AAAA"), get(list + "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIvLi4vLi4ifQ"), get(list + "%00")})
		}},
		{Name: "an amount that takes hours to read", Expected: "422 at the REST door within 2s, 422 at the native one within 2s", Try: amount},
		{Name: "look for a secret in etcd, logs and audit", Expected: "nowhere", Try: canary},
		{Name: "leave no trace", Expected: "one audit event, through rest, by its owner", Try: trace},
	}
}

// atBothDoors sends a body to the REST door as owner, and to the native one as administrator.
func (f *Field) atBothDoors(ctx context.Context, rest, native [3]string) string {
	timed := func(c caller, r [3]string) string {
		begun := time.Now()
		got := c.do(ctx, r[0], r[1], r[2])
		if took := time.Since(begun); took > 2*time.Second {
			return fmt.Sprintf("%s after %s", got, took.Round(time.Second))
		}
		return got.String()
	}
	return timed(f.admin, rest) + " at the REST door within 2s, " + timed(f.root, native) + " at the native one within 2s"
}

func deep(ctx context.Context, f *Field) string {
	const levels = 200000
	nested := strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
	return f.atBothDoors(ctx,
		[3]string{http.MethodPost, f.mine.path(f.Home) + "/projects/web/apps", `{"name":"deep","components":[{"name":"web","type":"webservice","properties":` + nested[:900000] + `}]}`},
		[3]string{http.MethodPost, f.mine.apps(), `{"apiVersion":"kubenova.io/v1alpha1","kind":"App","metadata":{"name":"deep"},"spec":{"components":[{"name":"web","type":"webservice","properties":` + nested + `}]}}`})
}

func amount(ctx context.Context, f *Field) string {
	return f.atBothDoors(ctx,
		[3]string{http.MethodPut, f.mine.path(f.Home) + "/quotas", `{"cpu":"1e999999999"}`},
		[3]string{http.MethodPatch, apis + "/tenants/" + f.mine.name, `{"spec":{"quotas":{"cpu":"1e999999999"}}}`})
}

// canary stores credentials and looks for them where they must not be in the clear.
func canary(ctx context.Context, f *Field) string {
	secret := "canary-" + f.id + "-9b1d"
	name := "canary-" + f.id
	if err := f.register(ctx, name, kubeconfigOf("https://127.0.0.1:1", "", secret)); err != nil {
		return "error: " + err.Error()
	}
	defer f.root.do(ctx, http.MethodDelete, apis+"/clusters/"+name, "")
	// It is asked for, so that the credentials are used and errors are written.
	answers := f.admin.do(ctx, http.MethodGet, "/clusters/"+name+"/capabilities", "").body + f.admin.do(ctx, http.MethodGet, "/clusters/"+name, "").body +
		f.root.do(ctx, http.MethodGet, apis+"/clusters/"+name, "").body + f.root.do(ctx, http.MethodGet, "/metrics", "").body +
		f.root.do(ctx, http.MethodGet, "/apis/events.k8s.io/v1/events", "").body // of the host, where there is one
	var found []string
	if strings.Contains(answers, secret) {
		found = append(found, "in an answer")
	}
	stored, err := f.etcdHolds(ctx, secret, f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	found = append(found, stored...)
	for _, log := range f.Logs {
		data, err := os.ReadFile(log)
		if err != nil {
			return "error: " + err.Error()
		}
		if strings.Contains(string(data), secret) || strings.Contains(string(data), f.mine.owner.token) {
			found = append(found, "in "+log)
		}
	}
	if len(found) == 0 {
		return "nowhere"
	}
	return strings.Join(found, ", ")
}

// etcdHolds lists the keys of KubeNova whose value has one of the texts in the clear.
func (f *Field) etcdHolds(ctx context.Context, texts ...string) (found []string, err error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: f.Etcd, DialTimeout: 5 * time.Second, Context: ctx})
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	all, err := client.Get(ctx, "/registry/kubenova.io", clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	if len(all.Kvs) < 5 {
		return nil, fmt.Errorf("etcd has %d keys of KubeNova", len(all.Kvs))
	}
	for _, entry := range all.Kvs {
		for _, text := range texts {
			if strings.Contains(string(entry.Value), text) {
				found = append(found, "in etcd under "+string(entry.Key))
			}
		}
	}
	return found, nil
}

// trace makes a change and looks for it in the audit log.
func trace(ctx context.Context, f *Field) string {
	name := "traced-" + f.id
	if err := f.mine.owner.do(ctx, http.MethodPost, f.mine.path(f.Home)+"/projects", encode(map[string]any{"name": name})).must(nil); err != nil {
		return "error: " + err.Error()
	}
	var events []string
	problem := until(ctx, 5*time.Second, func() string {
		data, err := os.ReadFile(f.AuditLog)
		if err != nil {
			return err.Error()
		}
		events = nil
		for line := range strings.SplitSeq(string(data), "\n") {
			if strings.Contains(line, `"`+name+`"`) && strings.Contains(line, `"verb":"create"`) && strings.Contains(line, `"resource":"projects"`) {
				events = append(events, line)
			}
		}
		if len(events) == 0 {
			return "no audit event"
		}
		return ""
	})
	switch {
	case problem != "":
		return problem
	case len(events) > 1:
		return fmt.Sprintf("%d audit events", len(events))
	case !strings.Contains(events[0], `"username":"`+f.mine.ownerName+`"`) || !strings.Contains(events[0], `rest`):
		return events[0]
	}
	return "one audit event, through rest, by its owner"
}
