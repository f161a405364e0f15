package encryption

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const start = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: ["*.kubenova.io"]
  providers:
  - secretbox:
      keys: [{name: first, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]
- resources: ["*.example.com"]
  providers:
  - aesgcm:
      keys: [{name: a, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}, {name: b, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]
  - identity: {}
`

// names returns the names of the keys of each list.
func names(t *testing.T, data []byte) []string {
	t.Helper()
	config, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var lists []string
	for _, keys := range rings(config) {
		var list []string
		for _, key := range *keys {
			list = append(list, key.Name)
		}
		lists = append(lists, strings.Join(list, " "))
	}
	return lists
}

// TestNext rotates twice.
func TestNext(t *testing.T) {
	data, now := []byte(start), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const one, two = "rotation-20260102030405.000", "rotation-20260102040405.000"
	for _, want := range []struct {
		stage Stage
		keys  []string
	}{
		{StageStart, []string{"first " + one, "a b " + one}},
		{StageAdded, []string{one + " first", one + " a b"}},
		{StageFirst, []string{one, one}},
		{StageStart, []string{one + " " + two, one + " " + two}},
		{StageAdded, []string{two + " " + one, two + " " + one}},
		{StageFirst, []string{two, two}},
	} {
		next, stage, err := Next(data, now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.keys, names(t, next)); stage != want.stage || diff != "" {
			t.Errorf("from stage %d: %s", stage, diff)
		}
		if stage == StageFirst {
			now = now.Add(time.Hour)
		}
		data = next
	}
	if !strings.Contains(string(data), "identity") {
		t.Errorf("other providers are lost:\n%s", data)
	}
}

// TestNextRefused has configurations in which nothing can be rotated.
func TestNextRefused(t *testing.T) {
	kms := strings.Split(start, "  - secretbox:")[0] + "  - kms: {apiVersion: v2, name: k, endpoint: unix:///k.sock}\n"
	if _, _, err := Next([]byte(kms), time.Now()); !errors.Is(err, errNoKeys) {
		t.Errorf("a KMS: %v", err)
	}
	for _, data := range []string{"", "a: b", strings.Replace(start, "secretbox", "secretbx", 1), strings.Replace(start, "EncryptionC", "AuthenticationC", 1)} {
		if _, _, err := Next([]byte(data), time.Now()); err == nil {
			t.Errorf("accepted %q", data)
		}
	}
	added, _, err := Next([]byte(start), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if added, _, err = Next(added, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := Next(added, time.Now()); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("a key of the future: %v", err)
	}
}
