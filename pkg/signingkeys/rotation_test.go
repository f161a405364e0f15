package signingkeys

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
)

// TestRotation lets time pass in steps at random, with epochs now and then, and
// has replicas that know of a key only when its head start is over. There must be a
// key to sign with but for a moment after an epoch, every replica must know the key
// that another signs with, every token verify until it expires, and no key be left
// that is of no use.
func TestRotation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		life := times{period: time.Duration(rapid.IntRange(60, 5000).Draw(t, "period")) * time.Minute, tokenLife: 30 * 24 * time.Hour}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var keys []*record
		var epoch time.Time
		signed := map[uint64]time.Time{} // when each key signed last
		act := func() {
			todo := next(keys, now, epoch, life)
			for _, gone := range todo.remove {
				if last, ok := signed[gone.Number]; ok && !isVoid(gone, epoch) && last.Add(life.tokenLife).After(now) {
					t.Fatalf("key %d goes at %s, while tokens of %s live", gone.Number, now, last)
				}
				keys = without(keys, gone)
			}
			if todo.create {
				for _, key := range keys {
					if key.Number >= todo.number {
						t.Fatalf("key %d is made twice", todo.number)
					}
				}
				keys = append(keys, &record{Number: todo.number, Created: metav1.NewMicroTime(now), SignsFrom: metav1.NewMicroTime(todo.signsFrom)})
			}
			if again := next(keys, now, epoch, life); again.create || len(again.remove) > 0 {
				t.Fatalf("there is more to do at once: %+v", again)
			}
		}
		act()
		for range 200 {
			if rapid.IntRange(0, 50).Draw(t, "epoch") == 0 {
				epoch = now.Add(time.Second)
				act()
				now = epoch
			} else {
				now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
			}
			act()
			key := signing(keys, now, epoch)
			if key == nil {
				t.Fatalf("nothing signs at %s (epoch %s)", now, epoch)
			}
			if age := now.Sub(key.Created.Time); key.Number > 1 && age < headStart && !key.SignsFrom.Equal(&key.Created) {
				t.Fatalf("key %d signs after %s already", key.Number, age)
			}
			if now.Sub(key.SignsFrom.Time) > life.period+time.Hour {
				t.Fatalf("key %d still signs at %s", key.Number, now)
			}
			signed[key.Number] = now
		}
		if most := int(life.tokenLife/life.period) + 3; len(keys) > most {
			t.Fatalf("%d keys are left, at most %d are of use", len(keys), most)
		}
	})
}

func without(keys []*record, gone *record) []*record {
	var left []*record
	for _, key := range keys {
		if key != gone {
			left = append(left, key)
		}
	}
	return left
}
