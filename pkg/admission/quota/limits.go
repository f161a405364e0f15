package quota

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// Limits are how much a tenant may have.
type Limits struct {
	// Projects and Apps of a tenant, and Members that one project, or owners that one
	// tenant, names.
	Projects, Apps, Members int
}

// DefaultLimits are meant for nobody to meet but by mistake or malice.
func DefaultLimits() Limits { return Limits{Projects: 1000, Apps: 10000, Members: 256} }

// AddFlags adds the flags of the limits.
func (l *Limits) AddFlags(flags *pflag.FlagSet) {
	flags.IntVar(&l.Projects, "max-projects-per-tenant", l.Projects, "How many projects a tenant may have.")
	flags.IntVar(&l.Apps, "max-apps-per-tenant", l.Apps, "How many apps a tenant may have, in all of its projects.")
	flags.IntVar(&l.Members, "max-members", l.Members, "How many owners a tenant, and how many members a project, may name.")
}

// Validate returns what is wrong with the limits.
func (l *Limits) Validate() error {
	var errs []error
	for flag, value := range map[string]int{"max-projects-per-tenant": l.Projects, "max-apps-per-tenant": l.Apps, "max-members": l.Members} {
		if value < 0 {
			errs = append(errs, fmt.Errorf("--%s must not be negative, and is %d", flag, value))
		}
	}
	return errors.Join(errs...)
}
