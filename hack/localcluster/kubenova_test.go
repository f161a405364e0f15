package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestEncryptionConfigLeavesNothingInTheClear(t *testing.T) {
	c := &cluster{layout: testLayout(t)}
	if err := c.writeEncryptionConfig(); err != nil {
		t.Fatal(err)
	}
	file := c.layout.path("data", "encryption.yaml")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Resources []struct {
			Resources []string
			Providers []map[string]struct{ Keys []struct{ Secret string } }
		}
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	providers := config.Resources[0].Providers
	if len(providers) != 1 || len(providers[0]["secretbox"].Keys) != 1 {
		t.Fatalf("the providers are %v", providers)
	}
	key, err := base64.StdEncoding.DecodeString(providers[0]["secretbox"].Keys[0].Secret)
	if err != nil || len(key) != 32 {
		t.Errorf("the key has %d bytes, %v", len(key), err)
	}
}

func TestConditions(t *testing.T) {
	var r registered
	body := `{"uid":"u","conditions":[{"type":"Connected","status":"True"},{"type":"TenancyReady","status":"False","reason":"NoCapsule"}]}`
	if err := yaml.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	if err := r.check([]string{"Connected"}); err != nil {
		t.Error(err)
	}
	for _, unmet := range []string{"TenancyReady", "AppDeliveryReady"} {
		if r.check([]string{unmet}) == nil {
			t.Errorf("condition %s counts as met", unmet)
		}
	}
}

func TestArtifactsDecode(t *testing.T) {
	root, err := repoRoot()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"apiservice.yaml", "rbac/*.yaml"} {
		objects, err := decodeFiles(filepath.Join(root, "artifacts", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.GetKind() == "" || object.GetName() == "" {
				t.Errorf("%s: an object without kind or name", pattern)
			}
		}
	}
}
