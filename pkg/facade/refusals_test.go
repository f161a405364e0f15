package facade_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3" //nolint:depguard // the test looks for changes below the API

	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// refusal is a request that must be refused.
type refusal struct {
	what, method, path, body string
	// headers come in pairs.
	headers []string
	status  int
	// field is what the details must name; empty where nothing is to be named.
	field string
}

// TestRefusals sends every operation of the contract what it must refuse, checks
// that the right thing is said, and that nothing changed in the store. What is
// wrong follows from the contract, so that a new operation has its rows by itself;
// a parameter or a body that nothing is known of fails. With -v it prints the table.
func TestRefusals(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	stock(t, server)
	d := before(t, server, nil)
	s := d.sample(t)
	store, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Etcd}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	table := &strings.Builder{}
	for _, o := range facade.Operations(t) {
		t.Run(o.OperationID, func(t *testing.T) {
			rows := s.refusals(t, o)
			before := stored(t, store)
			for _, row := range rows {
				d.refuse(t, row)
			}
			if after := stored(t, store); !maps.Equal(before, after) {
				t.Errorf("something changed in the store:\nbefore %v\nafter  %v", before, after)
			}
			writeRows(table, o, rows)
		})
	}
	t.Logf("what every operation refuses:\n%s", table)
}

// refuse sends a request and checks how it is refused.
func (d door) refuse(t *testing.T, row refusal) {
	t.Helper()
	got := d.call(t, row.method, row.path, row.body, row.headers...)
	var problem struct {
		Code    string
		Details []struct{ Field, Reason, Message string }
	}
	if err := json.Unmarshal([]byte(got.body), &problem); err != nil || got.status != row.status || problem.Code != fmt.Sprintf("KN-%d", row.status) {
		t.Errorf("%s: %s %s %.100q %q: got %d %.300s, want %d", row.what, row.method, row.path, row.body, row.headers, got.status, got.body, row.status)
		return
	}
	if row.field == "" {
		return
	}
	for _, detail := range problem.Details {
		exact := detail.Field == row.field || strings.HasPrefix(detail.Field, row.field+".") // what is missing has parts
		if exact && detail.Reason != "" && detail.Message != "" {
			return
		}
	}
	t.Errorf("%s: %s %s %.100q: %.300s does not name %s", row.what, row.method, row.path, row.body, got.body, row.field)
}

// stored returns the version of everything in the store but idempotency keys,
// which expire by themselves.
func stored(t *testing.T, store *clientv3.Client) map[string]int64 {
	t.Helper()
	all, err := store.Get(t.Context(), "", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, kv := range all.Kvs {
		if !strings.Contains(string(kv.Key), "idempotencykeys") {
			out[string(kv.Key)] = kv.ModRevision
		}
	}
	return out
}

// writeRows writes the lines of an operation: each status with what it is for.
func writeRows(out *strings.Builder, o facade.Operation, rows []refusal) {
	byStatus := map[int][]string{}
	for _, row := range rows {
		what := row.what
		if row.field != "" && !strings.Contains(what, row.field) {
			what += " (" + row.field + ")"
		}
		if !slices.Contains(byStatus[row.status], what) {
			byStatus[row.status] = append(byStatus[row.status], what)
		}
	}
	fmt.Fprintf(out, "%s %s, %d requests\n", o.Method, o.Path, len(rows))
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		fmt.Fprintf(out, "    KN-%d  %s\n", status, strings.Join(byStatus[status], "; "))
	}
}

// refusals returns what an operation must refuse.
func (s sample) refusals(t *testing.T, o facade.Operation) []refusal {
	t.Helper()
	body := s.body(t, o)
	whole := func(r refusal) refusal {
		r.method = o.Method
		if r.path == "" {
			r.path = s.path(o.Path)
		}
		if strings.HasPrefix(r.path, "?") {
			r.path = s.path(o.Path) + r.path
		}
		if r.body == "" {
			r.body = body
		}
		return r
	}
	rows := []refusal{
		{what: "a query that does not parse", path: "?x=%zz", status: 400},
		{what: "a query with a semicolon", path: "?dryRun=All;x", status: 400},
		{what: "another dryRun", path: "?dryRun=Some", status: 422, field: "dryRun"},
	}
	for _, parameter := range o.Parameters {
		rows = append(rows, s.ofParameter(t, o, parameter)...)
	}
	if success := o.Responses.Status(http.StatusOK); success != nil && success.Value.Content.Get("text/event-stream") != nil {
		rows = append(rows, refusal{what: "another Accept", headers: []string{"Accept", "text/plain"}, status: 406})
	}
	if o.Method != http.MethodGet {
		rows = append(rows, bodyRefusals(body)...)
		if schema, _ := o.Body(); schema != nil {
			rows = append(rows, schemaRefusals(t, body, schema)...)
		}
	}
	for i := range rows {
		if rows[i].what == tooLarge && o.OperationID == "rollbackApp" { // a revision that there is not, however large
			rows[i].status, rows[i].field = http.StatusNotFound, ""
		}
		rows[i] = whole(rows[i])
	}
	return rows
}
