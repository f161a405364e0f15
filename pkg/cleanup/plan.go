package cleanup

import (
	"fmt"
	"slices"
	"strings"
)

// Verb is what is done to an object.
type Verb string

// Verbs.
const (
	Delete           Verb = "Delete"
	RemoveFinalizers Verb = "RemoveFinalizers"
	// Finalize lets go of a namespace that is being deleted, with nothing in it.
	Finalize Verb = "Finalize"
	// Keep does nothing; the reason says what a person should look at.
	Keep Verb = "Keep"
)

// Action is one step.
type Action struct {
	Verb   Verb
	Object Object
	Reason string
}

// Make decides what to do, in the order in which it helps: what blocks writes
// first, then what blocks deletions, then what is left.
func Make(s State) []Action {
	gone := map[string]bool{}
	for _, c := range components() {
		gone[c.title] = !runs(c, s)
	}
	p := planner{state: s, gone: gone}
	for _, hook := range s.Hooks {
		p.hook(hook)
	}
	for _, definition := range s.Definitions {
		p.definition(definition)
	}
	for _, namespace := range s.Namespaces {
		p.namespace(namespace)
	}
	return p.actions
}

// runs says whether a component is there: one of its Deployments, or a webhook of
// it that may answer.
func runs(c component, s State) bool {
	if slices.ContainsFunc(c.apps, func(app string) bool { return s.Running[app] }) {
		return true
	}
	return slices.ContainsFunc(s.Hooks, func(h Hook) bool { return h.Group == "" && c.names.MatchString(h.Name) && !h.Broken })
}

type planner struct {
	state   State
	gone    map[string]bool
	actions []Action
}

func (p *planner) add(verb Verb, object Object, format string, args ...any) {
	p.actions = append(p.actions, Action{Verb: verb, Object: object, Reason: fmt.Sprintf(format, args...)})
}

func (p *planner) hook(h Hook) {
	for _, c := range components() {
		if h.Broken && (h.Group == "" && c.names.MatchString(h.Name) || h.Group != "" && c.owns(h.Group)) {
			p.add(Delete, h.Object, "It leads to a service of %s that is not there.", c.title)
			return
		}
	}
}

func (p *planner) definition(d Definition) {
	c, known := ownerOf(d.Group)
	if !known || c.namespace == "" || !p.gone[c.title] {
		return
	}
	living := d.More
	for _, object := range d.Instances {
		ours, theirs := p.split(object)
		if !object.Terminating {
			living = true
		} else if len(ours) > 0 && len(theirs) == 0 && !IsCore(object.Namespace) {
			p.add(RemoveFinalizers, object, "It is being deleted, and %s, which would let it go, is not there.", c.title)
		}
	}
	switch {
	case d.Terminating:
	case living:
		p.add(Keep, d.Object, "%s is not there, but objects of this kind are; delete them, or install %s again.", c.title, c.title)
	case p.state.Tenants:
		p.add(Keep, d.Object, "%s is not there, but KubeNova has tenants on the cluster; bootstrap it again.", c.title)
	default:
		p.add(Delete, d.Object, "%s is not there, and there are no objects of this kind.", c.title)
	}
}

func (p *planner) namespace(n Namespace) {
	switch {
	case IsCore(n.Name):
	case n.Stuck:
		p.stuck(n)
	case !n.Terminating:
		p.leftover(n)
	}
}

// stuck lets go of a namespace that cannot go by itself: of what is in it as far
// as that is a component's, and of itself only when nothing else is in it.
func (p *planner) stuck(n Namespace) {
	waiting := 0
	for _, object := range n.Contents {
		if !p.release(object, n) {
			waiting++
		}
	}
	switch {
	case len(n.Unread) > 0:
		p.add(Keep, n.Object, "Its deletion waits for APIs that do not answer: %s.", strings.Join(n.Unread, ", "))
	case waiting > 0:
		p.add(Keep, n.Object, "%d objects in it are still to go; the cluster deletes them once nothing is in the way.", waiting)
	case p.release(n.Object, n):
		p.add(Finalize, n.Object, "It is being deleted, and nothing is in it that would not go.")
	}
}

// release plans what lets an object of a stuck namespace go, or says what is in the
// way. It is false when the object stays for now.
func (p *planner) release(object Object, n Namespace) bool {
	ours, theirs := p.split(object)
	switch {
	case len(theirs) > 0:
		p.add(Keep, object, "It keeps the namespace %s from going: its finalizers, %s, belong to someone else.", n.Name, strings.Join(theirs, ", "))
		return false
	case !object.Terminating:
		return false
	case len(ours) > 0 && !p.planned(object):
		p.add(RemoveFinalizers, object, "It keeps the namespace %s from going, and what would take away its finalizers, %s, is not there.", n.Name, strings.Join(ours, ", "))
	}
	return true
}

func (p *planner) planned(object Object) bool {
	return slices.ContainsFunc(p.actions, func(a Action) bool { return a.Verb == RemoveFinalizers && a.Object.UID == object.UID })
}

// split tells the finalizers of components that are gone from those of others.
func (p *planner) split(object Object) (ours, theirs []string) {
	for _, finalizer := range object.Finalizers {
		domain, _, _ := strings.Cut(finalizer, "/")
		c, known := ownerOf(domain)
		if !known {
			c, known = ownerOf(object.Resource.Group)
		}
		if known && p.gone[c.title] {
			ours = append(ours, finalizer)
		} else {
			theirs = append(theirs, finalizer)
		}
	}
	return ours, theirs
}

func (p *planner) leftover(n Namespace) {
	for _, c := range components() {
		if c.namespace != n.Name || !p.gone[c.title] || n.Pods {
			continue
		}
		if p.state.Tenants {
			p.add(Keep, n.Object, "%s is not there, but KubeNova has tenants on the cluster; bootstrap it again.", c.title)
			return
		}
		p.add(Delete, n.Object, "%s ran in it, and is not there any more.", c.title)
	}
}
