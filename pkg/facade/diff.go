package facade

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// revisionDiff is what differs between two revisions of an app.
type revisionDiff struct {
	From    int64            `json:"from"`
	To      int64            `json:"to"`
	Changes []revisionChange `json:"changes"`
}

type revisionChange struct {
	Path   string `json:"path"`
	Op     string `json:"op"`
	Old    any    `json:"old,omitempty"`
	New    any    `json:"new,omitempty"`
	Origin string `json:"origin"`
}

// diffRevisions compares two revisions of an app.
func diffRevisions(c *call) (reply, error) {
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	revisions, err := c.revisionsOf(found)
	if err != nil {
		return reply{}, err
	}
	from, err := numbered(found, revisions, c.param("from"))
	if err != nil {
		return reply{}, err
	}
	to, err := numbered(found, revisions, c.param("to"))
	if err != nil {
		return reply{}, err
	}
	changes, err := render.Diff(from.Spec, to.Spec)
	if err != nil {
		return reply{}, fmt.Errorf("comparing revisions %s and %s: %w", from.Name, to.Name, err)
	}
	return reply{body: fromDiff(from.Spec.Revision, to.Spec.Revision, changes)}, nil
}

// numbered returns the revision whose number a path segment is.
func numbered(a *v1alpha1.App, revisions []*v1alpha1.AppRevision, segment string) (*v1alpha1.AppRevision, error) {
	number, err := strconv.ParseInt(segment, 10, 64)
	at := slices.IndexFunc(revisions, func(r *v1alpha1.AppRevision) bool { return r.Spec.Revision == number })
	if err != nil || at < 0 || strconv.FormatInt(number, 10) != segment {
		return nil, notFound("app %q has no revision %s", a.Name, segment)
	}
	return revisions[at], nil
}

func fromDiff(from, to int64, changes []render.Change) revisionDiff {
	out := revisionDiff{From: from, To: to, Changes: make([]revisionChange, 0, len(changes))}
	for _, c := range changes {
		change := revisionChange{Path: c.Path, Op: string(c.Op), Origin: c.Origin}
		if c.Old != nil {
			change.Old = c.Old
		}
		if c.New != nil {
			change.New = c.New
		}
		out.Changes = append(out.Changes, change)
	}
	return out
}
