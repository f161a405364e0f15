package revocation

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestRevoked(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	revocation := func(name string, after time.Duration, spec v1alpha1.TokenRevocationSpec) v1alpha1.TokenRevocation {
		return v1alpha1.TokenRevocation{ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "2", CreationTimestamp: metav1.NewTime(at.Add(after))}, Spec: spec}
	}
	l := NewList()
	changes := 0
	l.changed = func() { changes++ }
	if _, err := l.Revoked(t.Context(), "any", "alice", at); err == nil || !strings.Contains(err.Error(), "not been read") {
		t.Errorf("before anything was read: %v", err)
	}
	everyone := revocation("all", -time.Hour, v1alpha1.TokenRevocationSpec{All: true})
	if _, err := l.set.Replace(&v1alpha1.TokenRevocationList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}, Items: []v1alpha1.TokenRevocation{
		revocation("one", 0, v1alpha1.TokenRevocationSpec{TokenID: "id-1"}),
		revocation("alice-again", time.Minute, v1alpha1.TokenRevocationSpec{Subject: "alice"}),
		revocation("alice", 0, v1alpha1.TokenRevocationSpec{Subject: "alice"}),
		everyone,
	}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id, subject string
		issued      time.Duration
		revoked     bool
	}{
		{"id-1", "bob", time.Hour, true},
		{"id-2", "bob", 0, false},
		{"id-2", "alice", 0, true},
		{"id-2", "alice", time.Minute, true}, // within the same second
		{"id-2", "alice", time.Minute + time.Second, false},
		{"id-2", "bob", -time.Hour, true},
		{"id-2", "bob", -time.Hour + time.Second, false},
	} {
		got, err := l.Revoked(t.Context(), c.id, c.subject, at.Add(c.issued))
		if err != nil || got != c.revoked {
			t.Errorf("%+v: got %v, %v", c, got, err)
		}
	}
	if _, err := l.set.Observe(watch.Event{Type: watch.Deleted, Object: &everyone}); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Revoked(t.Context(), "id-2", "bob", at.Add(-time.Hour)); got || err != nil || !l.Epoch().IsZero() || changes != 2 {
		t.Errorf("after it went: %v, %v, epoch %s, %d changes", got, err, l.Epoch(), changes)
	}
}
