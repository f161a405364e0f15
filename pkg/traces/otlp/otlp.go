// Package otlp sends spans to an OpenTelemetry collector.
package otlp

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/tracing"
	tracingapi "k8s.io/component-base/tracing/api/v1"
	"k8s.io/klog/v2"
)

// shutdownTimeout bounds how long the end of a process waits for a collector.
const shutdownTimeout = 5 * time.Second

// AddFlag adds the flag of the configuration file.
func AddFlag(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "tracing-config-file", *file,
		"File with a TracingConfiguration of apiserver.config.k8s.io: which collector traces are sent to, and how many. If empty, none are recorded.")
}

// New returns what records the spans of a service as a file says; nil without a file.
func New(file, service string) (tracing.TracerProvider, error) {
	if file == "" {
		return nil, nil
	}
	config, err := genericoptions.ReadTracingConfiguration(file)
	if err != nil {
		return nil, fmt.Errorf("--tracing-config-file: %w", err)
	}
	if errs := tracingapi.ValidateTracingConfiguration(config, feature.DefaultFeatureGate, nil); len(errs) > 0 {
		return nil, fmt.Errorf("--tracing-config-file %s: %w", file, errs.ToAggregate())
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("naming this instance in traces: %w", err)
	}
	provider, err := tracing.NewProvider(context.Background(), config, nil, []resource.Option{resource.WithAttributes(
		attribute.String("service.name", service), attribute.String("service.instance.id", host))})
	if err != nil {
		return nil, fmt.Errorf("preparing traces: %w", err)
	}
	// The process has one such handler; without it, a collector that is away is told
	// of in lines that are not structured.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { klog.ErrorS(err, "Traces are lost") }))
	return bounded{provider}, nil
}

// bounded does not wait for a collector for ever.
type bounded struct{ tracing.TracerProvider }

// Shutdown sends what is left.
func (b bounded) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	return b.TracerProvider.Shutdown(ctx)
}
