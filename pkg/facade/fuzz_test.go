package facade

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// bodies are the decoders of every body, with what is made of it before the API
// server judges it.
func bodies() map[string]func([]byte) error {
	return map[string]func([]byte) error{
		"app":             decoder(func(b app) error { _, err := toApp(b); return err }),
		"tenant":          decoder(func(b tenant) error { _, err := toTenant(b, "dev"); return err }),
		"project":         decoder(func(b project) error { _, err := toProject(b); return err }),
		"policy set":      decoder(func(b policySet) error { _, err := toPolicySet(b); return err }),
		"access":          decoder(func(b access) error { _, err := toAccess(b); return err }),
		"amounts":         decoder(func(b amounts) error { _, err := toAmounts(b, field.NewPath("quotas")); return under("quotas", err) }),
		"networkPolicies": decoder(func(b networkPolicies) error { toNetworkPolicies(b); return nil }),
		"traits":          decoder(func(b []appTrait) error { _, problems := toAppTraits(b, nil); return problemsOf(problems) }),
		"policies":        decoder(func(b []policy) error { _, problems := toPolicies(b, nil); return problemsOf(problems) }),
		"token":           decoder(func(tokenRequest) error { return nil }),
		"cluster":         decoder(func(b newCluster) error { _, err := decodeKubeconfig(b.Kubeconfig); return err }),
		"kubeconfig":      decoder(func(kubeconfigRequest) error { return nil }),
		"owners":          decoder(func(b ownersUpdate) error { _, err := toOwners(b.Owners); return err }),
		"image":           decoder(func(imageUpdate) error { return nil }),
		"rollback":        decoder(func(rollbackRequest) error { return nil }),
		"change tenant":   decoder(func(b tenant) error { return b.apply(&v1alpha1.Tenant{}) }),
		"change cluster":  decoder(func(b clusterUpdate) error { return b.apply(&v1alpha1.Cluster{}) }),
		"plan":            decoder(func(planUpdate) error { return nil }),
		"nothing":         decoder(func(struct{}) error { return nil }),
	}
}

// decoder decodes and converts. What it takes, the decoder of the standard
// library takes as well.
func decoder[T any](convert func(T) error) func([]byte) error {
	return func(body []byte) error {
		var into, again T
		if err := decodeStrict(body, &into); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &again); err != nil {
			return err
		}
		return convert(into)
	}
}

func problemsOf(problems field.ErrorList) error {
	if len(problems) == 0 {
		return nil
	}
	return invalid(problems...)
}

func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","labels":{"a":"b"},"owners":["x","group:y"]}`, `[{"type":"scaler","properties":{"a":[1,null]}}]`, `null`, `{"name":"a","name":"b"}`,
		`{"components":[{"name":"a","properties":{"a":1e999},"traits":[{"type":7}]}]}`, `{"cpu":"4","memory":7}`, `{"createdAt":7}`, "{\"a\":\"\xff\"}",
		`{"members":[{"subject":"a","role":"readOnly"}]}`, `{"subject":"a","roles":["admin"],"ttlSeconds":-1}`, `{"name":"x","kubeconfig":"e30="}`, `{"rules":[{"kind":"vela.trait","spec":{"type":"x"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	all := bodies()
	f.Fuzz(func(t *testing.T, body []byte) {
		body = bytes.TrimSpace(body)
		for name, decode := range all {
			wantRefusal(t, name, decode(body), http.StatusBadRequest, http.StatusUnprocessableEntity)
		}
	})
}

// wantRefusal checks that an error is one for the caller, and in the error model.
func wantRefusal(t *testing.T, what string, err error, statuses ...int) {
	t.Helper()
	if err == nil {
		return
	}
	problem := translate(err)
	if !slices.Contains(statuses, problem.status) || problem.message == "" {
		t.Errorf("%s: %d %v", what, problem.status, err)
	}
	if problem.status == http.StatusUnprocessableEntity && len(problem.details) == 0 {
		t.Errorf("%s: %v says nothing of a field", what, err)
	}
	if _, err := json.Marshal(problem.body()); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// FuzzPathAt finds the path of every value of a document where it begins or ends.
func FuzzPathAt(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"x"}]}`), int64(9))
	f.Add([]byte(`[[],[[]]]`), int64(6))
	f.Fuzz(func(t *testing.T, document []byte, offset int64) {
		if path := pathAt(document, offset); path != "" && !json.Valid(document) && offset > int64(len(document)) {
			t.Errorf("%q has %s at %d", document, path, offset)
		}
	})
}

func FuzzQuantity(f *testing.F) {
	for _, seed := range []string{"1", "500m", "8Gi", "-1", "1e3", "1E", "1e999999999", "1e999999999999", "0.0000000000001", "+5", "1.5Ki"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, amount string) {
		converted, err := toAmounts(amounts{"cpu": amount}, field.NewPath("quotas"))
		wantRefusal(t, amount, err, http.StatusUnprocessableEntity)
		if err != nil {
			return
		}
		first := fromAmounts(converted)
		again, err := toAmounts(first, field.NewPath("quotas"))
		if err != nil || fromAmounts(again)["cpu"] != first["cpu"] {
			t.Errorf("%q is shown as %v, and that as %v: %v", amount, first, again, err)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"limit=50&cursor=x&labelSelector=a+in+(b,c),!d", "limit=0", "tail=5&follow=true&sinceSeconds=1", "range=24h", "cascade=orphan", "dryRun=All", "dryRun=All;x", "limit=%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		const invalid = http.StatusUnprocessableEntity
		list, err := parseListQuery(query)
		wantRefusal(t, "list", err, invalid)
		if err == nil && (list.limit < 1 || list.limit > maxLimit) {
			t.Errorf("%q: the limit is %d", raw, list.limit)
		}
		if err == nil { // it goes to the API server as text
			if again, err := labels.Parse(list.selector.String()); err != nil || again.String() != list.selector.String() {
				t.Errorf("%q: the selector %s is sent as %v: %v", raw, list.selector, again, err)
			}
		}
		_, _, err = parseLogQuery(query)
		wantRefusal(t, "logs", err, invalid)
		_, err = parseDryRun(query)
		wantRefusal(t, "dryRun", err, invalid)
		_, err = parseCascade(query)
		wantRefusal(t, "cascade", err, invalid)
		_, err = (&call{query: query}).window()
		wantRefusal(t, "range", err, invalid)
	})
}

func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{"", "*", `"1"`, `"1", W/"2"`, `"1" "2"`, "key", "a b", "é", strings.Repeat("k", 256), "text/event-stream, */*;q=0.1", "application/json; charset=utf-8", "42"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		match, err := parseIfMatch(http.Header{"If-Match": {value}})
		wantRefusal(t, "If-Match", err, http.StatusBadRequest)
		for _, tag := range match.tags {
			if strings.Contains(tag, `"`) || !match.match(tag) {
				t.Errorf("%q has the tag %q", value, tag)
			}
		}
		key, err := parseIdempotencyKey(http.Header{idempotencyHeader: {value}})
		wantRefusal(t, idempotencyHeader, err, http.StatusUnprocessableEntity)
		if err == nil && (key != value || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })) {
			t.Errorf("%q is taken as the key %q", value, key)
		}
		_, err = lastEventID(http.Header{"Last-Event-Id": {value}})
		wantRefusal(t, "Last-Event-ID", err, http.StatusUnprocessableEntity)
		wantRefusal(t, "Content-Type", checkContentType(http.Header{"Content-Type": {value}}), http.StatusUnsupportedMediaType)
		_, err = negotiate(&http.Request{Header: http.Header{"Accept": {value}}}, plainType, streamType)
		wantRefusal(t, "Accept", err, http.StatusNotAcceptable)
	})
}
