package membership

// minPast is how many subjects without any role are remembered at least.
const minPast = 1024

// past queues the subjects that have lost their last role, oldest first. They
// are remembered, so that their watches from before are refused, until they are
// more than those that have roles.
type past []subject

// retire queues a subject that has no role left.
func (x *Index) retire(who subject, e *entry) {
	if e.roles.len() > 0 {
		return
	}
	x.past = append(x.past, who)
	for len(x.past) > minPast && len(x.past) > len(x.subjects)/2 {
		x.forget(x.past[0])
		x.past = x.past[1:]
	}
}

// forget drops a subject that still has no role. From then on it counts as
// changed at the floor, as everyone does of whom nothing is known.
func (x *Index) forget(who subject) {
	e, ok := x.subjects[who]
	if !ok || e.roles.len() > 0 {
		return
	}
	x.floor = max(x.floor, e.changed)
	if len(e.open) == 0 {
		delete(x.subjects, who)
	}
}
