package kubeconfig_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

func TestWithToken(t *testing.T) {
	given := newIdentity(t, "admin")
	raw := `{"apiVersion":"v1","kind":"Config","current-context":"c",
		"contexts":[{"name":"c","context":{"cluster":"c","user":"u","namespace":"n"}}],
		"clusters":[{"name":"c","cluster":{"server":"https://a:6443/x","certificate-authority-data":"` + given.ca + `"}}],
		"users":[{"name":"u","user":{"token":"former","client-certificate-data":"` + given.cert + `","client-key-data":"` + given.key + `"}}]}`
	sanitized, errs := kubeconfig.Sanitize([]byte(raw))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	got, err := kubeconfig.WithToken(sanitized, "later")
	if err != nil {
		t.Fatal(err)
	}
	if again, errs := kubeconfig.Sanitize(got); len(errs) > 0 || !bytes.Equal(again, got) {
		t.Errorf("not canonical: %v", errs)
	}
	config, err := kubeconfig.RESTConfig(got)
	if err != nil || config.Host != "https://a:6443/x" || config.BearerToken != "later" || len(config.CAData) == 0 || len(config.CertData)+len(config.KeyData) > 0 {
		t.Errorf("config = %+v, %v", config, err)
	}
	if strings.Contains(string(got), "former") || strings.Contains(string(got), given.key) {
		t.Errorf("former credentials are left in %s", got)
	}
	for _, token := range []string{"", "a b", "a\nb"} {
		if out, err := kubeconfig.WithToken(sanitized, token); err == nil {
			t.Errorf("%q was accepted: %s", token, out)
		}
	}
}
