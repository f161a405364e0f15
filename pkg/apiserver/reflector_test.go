package apiserver_test

import (
	"testing"

	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

// TestReflectorSeesWhatItMay checks the model on one server alone.
func TestReflectorSeesWhatItMay(t *testing.T) {
	p := startPlatform(t)
	membershiptest.CheckReflectors(t, membershiptest.Servers{
		Admin: p.admin,
		As:    func(name string) client.KubenovaV1alpha1Interface { return p.as(t, name) },
	})
}
