// Package bootstrap installs, upgrades and repairs, with Helm, the parts that
// KubeNova stands on at a registered cluster: Capsule, capsule-proxy and KubeVela.
//
// What somebody else has installed is never installed over.
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Action is what an Install did.
type Action string

// Actions of an Install.
const (
	// Installed: the component was not there.
	Installed Action = "Installed"
	// Upgraded: KubeNova's own release has another version of the chart than before.
	Upgraded Action = "Upgraded"
	// Repaired: KubeNova's own release was applied again.
	Repaired Action = "Repaired"
	// Adopted: the component was installed by somebody else. It was left alone
	// but for the rights that KubeNova needs.
	Adopted Action = "Adopted"
)

// Result says what an Install did.
type Result struct {
	Action Action
	// Message says more, for people.
	Message string
}

// Installer installs components. The zero value is ready for use.
type Installer struct {
	// Timeout bounds one installation, its waiting included. 0 means 5 minutes.
	Timeout time.Duration
}

// target is the cluster that an installation works on.
type target struct {
	config *rest.Config
	// wait bounds one wait for objects to become ready.
	wait time.Duration
	// progress is told what is done next. Nil means nobody.
	progress func(string)
}

func (t *target) tell(format string, args ...any) {
	if t.progress != nil {
		t.progress(fmt.Sprintf(format, args...))
	}
}

// Install makes sure that the component runs on the cluster that config leads
// to, and that KubeNova has the rights it needs there. It can be repeated at
// any time. What it does next is told to progress, which may be nil.
func (i *Installer) Install(ctx context.Context, config *rest.Config, component v1alpha1.ComponentName, source ChartSource, progress func(string)) (Result, error) {
	timeout := i.Timeout
	if timeout == 0 {
		timeout = 5 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// Helm's own waiting ends first: its error names what is not ready.
	t := &target{config: config, wait: timeout * 4 / 5, progress: progress}
	var result Result
	var err error
	switch component {
	case v1alpha1.ComponentTenancy:
		result, err = t.installTenancy(ctx, source)
	case v1alpha1.ComponentProxy:
		result, err = t.installProxy(ctx, source)
	case v1alpha1.ComponentAppDelivery:
		result, err = t.installAppDelivery(ctx, source)
	default:
		err = errors.New("there is no such component")
	}
	switch {
	case err == nil:
		return result, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Result{}, fmt.Errorf("installing %s: not finished within %s: %w", component, timeout, err)
	default:
		return Result{}, fmt.Errorf("installing %s: %w", component, err)
	}
}
