package signingkeys

import (
	"cmp"
	"slices"
	"time"
)

const (
	// DefaultPeriod is how long a key signs unless the Config says otherwise.
	DefaultPeriod = 30 * 24 * time.Hour
	// MinPeriod is the shortest time that a key can sign for.
	MinPeriod = time.Hour
	// headStart is for how long a key is there before it signs, so that every
	// replica knows it by then.
	headStart = time.Minute
)

// times are what rotation goes by.
type times struct {
	// period is how long a key signs.
	period time.Duration
	// tokenLife is how long the tokens live that a key signed last.
	tokenLife time.Duration
}

// step is what has to be done to the keys at a moment.
type step struct {
	// create says that a key with this number is to be made, to sign from a time on.
	create    bool
	number    uint64
	signsFrom time.Time
	// remove are keys that verify nothing any more.
	remove []*record
}

// next says what has to be done to the keys now. What was made before the epoch is void.
func next(keys []*record, now, epoch time.Time, t times) step {
	sorted := slices.SortedFunc(slices.Values(keys), func(a, b *record) int { return cmp.Compare(a.Number, b.Number) })
	todo := step{number: 1}
	var newest *record
	for i, key := range sorted {
		todo.number = key.Number + 1
		switch {
		case isVoid(key, epoch), i+1 < len(sorted) && now.After(sorted[i+1].SignsFrom.Add(t.tokenLife)):
			todo.remove = append(todo.remove, key)
		default:
			newest = key
		}
	}
	switch {
	case now.Before(epoch): // a key that is made now would be void
	case newest == nil:
		todo.create, todo.signsFrom = true, now
	case !now.Before(newest.SignsFrom.Add(t.period - headStart)):
		todo.create, todo.signsFrom = true, now.Add(headStart)
	}
	return todo
}

// isVoid says whether a key was made before the epoch.
func isVoid(key *record, epoch time.Time) bool { return key.Created.Time.Before(epoch) }

// signing returns the key that signs now, or nil.
func signing(keys []*record, now, epoch time.Time) *record {
	var newest *record
	for _, key := range keys {
		if !isVoid(key, epoch) && !key.SignsFrom.After(now) && (newest == nil || key.Number > newest.Number) {
			newest = key
		}
	}
	return newest
}
