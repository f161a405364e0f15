package bootstrap

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Options are the flags of bootstrap.
type Options struct {
	// Tenancy is the chart of Capsule.
	Tenancy ChartSource
	// Proxy is the chart of capsule-proxy.
	Proxy ChartSource
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
		Proxy:       ChartSource{Reference: "oci://ghcr.io/projectcapsule/charts/capsule-proxy", Version: "0.14.0"},
		AppDelivery: ChartSource{Reference: "https://kubevela.github.io/charts/vela-core-1.10.9.tgz"},
		Timeout:     5 * time.Minute,
	}
}

// flagged are the sources by the prefix of their flags.
func (o *Options) flagged() map[string]*ChartSource {
	return map[string]*ChartSource{"tenancy-chart": &o.Tenancy, "proxy-chart": &o.Proxy, "app-delivery-chart": &o.AppDelivery}
}

// AddFlags adds the flags to fs.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	for prefix, source := range o.flagged() {
		fs.StringVar(&source.Reference, prefix, source.Reference,
			"Chart that bootstrap installs: a folder, a .tgz file, the URL of a .tgz, an oci:// reference, or, with --"+prefix+"-repository, its name there.")
		fs.StringVar(&source.Repository, prefix+"-repository", source.Repository,
			"URL of the Helm repository that the chart is taken from. Empty means none.")
		fs.StringVar(&source.Version, prefix+"-version", source.Version,
			"Version of the chart, for a repository and for an oci:// reference with neither tag nor digest.")
		fs.StringVar(&source.Digest, prefix+"-digest", source.Digest,
			"Digest of the chart's archive, as sha256:HEX; a chart with another is refused. Empty verifies nothing.")
		fs.StringVar(&source.Values, prefix+"-values", source.Values,
			"YAML file of values for the chart. Those that make the component safe go before them. Empty means none.")
	}
	fs.DurationVar(&o.Timeout, "bootstrap-timeout", o.Timeout,
		"How long one installation may take, its waiting included.")
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() []error {
	var errs []error
	for prefix, source := range o.flagged() {
		errs = append(errs, source.validate(prefix)...)
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
		v1alpha1.ComponentProxy:       o.Proxy,
		v1alpha1.ComponentAppDelivery: o.AppDelivery,
	}
}
