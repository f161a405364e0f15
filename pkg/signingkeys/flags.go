package signingkeys

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

const periodFlag = "token-key-period"

// AddFlags adds the flag of the period.
func AddFlags(flags *pflag.FlagSet, period *time.Duration) {
	flags.DurationVar(period, periodFlag, *period,
		"How long a key signs KubeNova tokens before the next one does. The old one verifies until its last token has expired.")
}

// CheckPeriod returns what is wrong with a period.
func CheckPeriod(period time.Duration) error {
	if period < MinPeriod {
		return fmt.Errorf("--%s must be at least %s, not %s", periodFlag, MinPeriod, period)
	}
	return nil
}
