//go:build reliability

package reliability

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// fault is something that is done to processes while clients work.
type fault struct {
	name string
	do   func(context.Context, *platform, *rand.Rand) error
}

// faults lists every fault. Each leaves everything running when it is over.
func faults() []fault {
	return []fault{
		{"kill an API server", killReplica},
		{"kill a member of etcd", killMember},
		{"kill all API servers", killReplicas},
		{"kill all of etcd", killEtcd},
		{"pause a member of etcd", pauseMember},
		{"pause an API server", pauseReplica},
		{"stop an API server", stopReplica},
		{"kill everything", killEverything},
	}
}

func (p *platform) awaitMember(ctx context.Context, i int) error {
	return p.await(ctx, p.etcd[i].name+" to be healthy", func(ctx context.Context) error { return p.answers(ctx, p.memberURL(i)+"/health") })
}

func (p *platform) awaitReplica(ctx context.Context, i int) error {
	return p.await(ctx, p.api[i].name+" to be ready", func(ctx context.Context) error { return p.ready(ctx, i) })
}

// down is how long something stays away, so that clients meet its absence.
func down(random *rand.Rand) {
	time.Sleep(500*time.Millisecond + time.Duration(random.Int64N(int64(time.Second))))
}

func killReplica(ctx context.Context, p *platform, random *rand.Rand) error {
	i := random.IntN(replicas)
	if err := p.api[i].kill(); err != nil {
		return err
	}
	down(random)
	return errors.Join(p.api[i].start(), p.awaitReplica(ctx, i))
}

func killMember(ctx context.Context, p *platform, random *rand.Rand) error {
	i := random.IntN(members)
	if err := p.etcd[i].kill(); err != nil {
		return err
	}
	down(random)
	return errors.Join(p.etcd[i].start(), p.awaitMember(ctx, i))
}

func killReplicas(ctx context.Context, p *platform, _ *rand.Rand) error {
	var errs []error
	for _, replica := range p.api {
		errs = append(errs, replica.kill(), replica.start())
	}
	for i := range p.api {
		errs = append(errs, p.awaitReplica(ctx, i))
	}
	return errors.Join(errs...)
}

func killEtcd(ctx context.Context, p *platform, random *rand.Rand) error {
	var errs []error
	for _, member := range p.etcd {
		errs = append(errs, member.kill())
	}
	down(random)
	return errors.Join(append(errs, p.startEtcd(ctx), p.awaitReplicas(ctx))...)
}

func (p *platform) startEtcd(ctx context.Context) error {
	var errs []error
	for _, member := range p.etcd {
		errs = append(errs, member.start())
	}
	for i := range p.etcd {
		errs = append(errs, p.awaitMember(ctx, i))
	}
	return errors.Join(errs...)
}

func (p *platform) awaitReplicas(ctx context.Context) error {
	var errs []error
	for i := range p.api {
		errs = append(errs, p.awaitReplica(ctx, i))
	}
	return errors.Join(errs...)
}

// pauseMember takes longer than an election: a leader that is paused comes back as none.
func pauseMember(ctx context.Context, p *platform, random *rand.Rand) error {
	i := random.IntN(members)
	return errors.Join(p.etcd[i].pause(3*time.Second), p.awaitMember(ctx, i))
}

func pauseReplica(ctx context.Context, p *platform, random *rand.Rand) error {
	i := random.IntN(replicas)
	return errors.Join(p.api[i].pause(2*time.Second), p.awaitReplica(ctx, i))
}

func stopReplica(ctx context.Context, p *platform, random *rand.Rand) error {
	i := random.IntN(replicas)
	return errors.Join(p.api[i].stop(), p.api[i].start(), p.awaitReplica(ctx, i))
}

// killEverything is what a machine does that loses its power, but for its memory.
func killEverything(ctx context.Context, p *platform, random *rand.Rand) error {
	all := p.all()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, process := range all {
		wg.Go(func() { errs[i] = process.kill() })
	}
	wg.Wait()
	down(random)
	errs = append(errs, p.startEtcd(ctx))
	for _, replica := range p.api {
		errs = append(errs, replica.start())
	}
	return errors.Join(append(errs, p.awaitReplicas(ctx))...)
}
