package bootstrap

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Options are the flags of bootstrap.
type Options struct {
	// Tenancy is the chart of Capsule.
	Tenancy ChartSource
	// AppDelivery is the chart of KubeVela.
	AppDelivery ChartSource
	// Timeout bounds one installation.
	Timeout time.Duration
}

// NewOptions returns the defaults: the charts that their projects publish, in
// the versions that KubeNova is tested with.
func NewOptions() *Options {
	return &Options{
		Tenancy:     ChartSource{Reference: "oci://ghcr.io/projectcapsule/charts/capsule", Version: "0.14.0"},
		AppDelivery: ChartSource{Reference: "https://kubevela.github.io/charts/vela-core-1.10.9.tgz"},
		Timeout:     5 * time.Minute,
	}
}

// AddFlags adds the flags to fs.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	const kinds = "a folder, a .tgz file, the URL of a .tgz, or an oci:// reference"
	fs.StringVar(&o.Tenancy.Reference, "tenancy-chart", o.Tenancy.Reference,
		"Chart that bootstrap installs for tenancy: "+kinds+".")
	fs.StringVar(&o.Tenancy.Version, "tenancy-chart-version", o.Tenancy.Version,
		"Version of the tenancy chart, for an oci:// reference without a tag.")
	fs.StringVar(&o.AppDelivery.Reference, "app-delivery-chart", o.AppDelivery.Reference,
		"Chart that bootstrap installs for app delivery: "+kinds+".")
	fs.StringVar(&o.AppDelivery.Version, "app-delivery-chart-version", o.AppDelivery.Version,
		"Version of the app delivery chart, for an oci:// reference without a tag.")
	fs.DurationVar(&o.Timeout, "bootstrap-timeout", o.Timeout,
		"How long one installation may take, its waiting included.")
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() []error {
	var errs []error
	if o.Tenancy.Reference == "" {
		errs = append(errs, errors.New("--tenancy-chart must not be empty"))
	}
	if o.AppDelivery.Reference == "" {
		errs = append(errs, errors.New("--app-delivery-chart must not be empty"))
	}
	if o.Timeout <= 0 {
		errs = append(errs, fmt.Errorf("--bootstrap-timeout must be positive, not %s", o.Timeout))
	}
	return errs
}

// Charts returns the chart of each component that can be installed.
func (o *Options) Charts() map[v1alpha1.ComponentName]ChartSource {
	return map[v1alpha1.ComponentName]ChartSource{
		v1alpha1.ComponentTenancy:     o.Tenancy,
		v1alpha1.ComponentAppDelivery: o.AppDelivery,
	}
}
