package cmd

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubenova/kubenova/pkg/usage"
)

// addUsageInterval adds the flag for how often usage is sampled.
func addUsageInterval(flags *pflag.FlagSet, interval *time.Duration) {
	flags.DurationVar(interval, "usage-interval", usage.DefaultInterval,
		"Time between two samples of what tenants use, from 1s to 1h. Each sample is one write for each tenant.")
}

func checkUsageInterval(interval time.Duration) error {
	if interval < time.Second || interval > time.Hour {
		return fmt.Errorf("--usage-interval: %s is not from 1s to 1h", interval)
	}
	return nil
}
