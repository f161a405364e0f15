package usage

import "time"

// Resources that are sampled, in the order of a Sample.
const (
	CPU    = iota // in thousandths of a core
	Memory        // in bytes
	Pods
	resources
)

// maxValue bounds a value, so that sums of all samples of a bucket fit: what a
// cluster says is not to be trusted.
const maxValue = 1 << 50

// Sample is what was used at a moment.
type Sample [resources]int64

// Bucket is what the samples of a piece of time come to.
type Bucket struct {
	// Index is the time since 1970 in widths of the tier.
	Index int64
	// Count of samples, 1 at least.
	Count int64
	// Sum and Peak of the samples.
	Sum, Peak Sample
}

// tier is how a range is kept.
type tier struct {
	name  string
	width time.Duration
	// length of the range, in buckets.
	length int64
}

// tiers is the list of them all.
func tiers() []tier {
	return []tier{
		{"1h", 5 * time.Minute, 12},
		{"24h", time.Hour, 24},
		{"7d", 6 * time.Hour, 28},
		{"30d", 24 * time.Hour, 31},
	}
}

// Ranges that can be asked for.
func Ranges() []string {
	var names []string
	for _, t := range tiers() {
		names = append(names, t.name)
	}
	return names
}

func (t tier) index(at time.Time) int64 { return at.Unix() / int64(t.width/time.Second) }

func (t tier) begin(index int64) time.Time {
	return time.Unix(index*int64(t.width/time.Second), 0).UTC()
}

// Series is the history of a tenant or of a project. The zero Series is empty.
type Series struct {
	// tiers has the buckets of each tier, sorted by index.
	tiers [][]Bucket
}

// Add takes up a sample. One from before the newest bucket of a tier, as after a
// clock that was set back, counts in that bucket.
func (s *Series) Add(at time.Time, sample Sample) {
	for i := range sample {
		sample[i] = min(max(sample[i], 0), maxValue)
	}
	all := tiers()
	if s.tiers == nil {
		s.tiers = make([][]Bucket, len(all))
	}
	for i, t := range all {
		s.tiers[i] = t.add(s.tiers[i], t.index(at), sample)
	}
}

func (t tier) add(buckets []Bucket, index int64, sample Sample) []Bucket {
	if len(buckets) == 0 || index > buckets[len(buckets)-1].Index {
		buckets = append(buckets, Bucket{Index: index, Count: 1, Sum: sample, Peak: sample})
	} else {
		last := &buckets[len(buckets)-1]
		last.Count++
		for i := range sample {
			last.Sum[i] = min(last.Sum[i]+sample[i], maxSum)
			last.Peak[i] = max(last.Peak[i], sample[i])
		}
	}
	oldest := buckets[len(buckets)-1].Index - t.length
	for buckets[0].Index < oldest {
		buckets = buckets[1:]
	}
	return buckets
}

// maxSum keeps a sum from running over, after thousands of samples of maxValue.
const maxSum = 1<<63 - 1 - maxValue

// DefaultInterval is the time between two samples.
const DefaultInterval = 5 * time.Minute
