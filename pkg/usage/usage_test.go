package usage

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// taken is a sample with its time.
type taken struct {
	at     time.Time
	sample Sample
}

// drawn makes a history of samples in order, with outages between them.
func drawn(t *rapid.T) []taken {
	at := time.Unix(rapid.Int64Range(1_700_000_000, 1_800_000_000).Draw(t, "begin"), 0)
	var out []taken
	for range rapid.IntRange(1, 300).Draw(t, "samples") {
		step := rapid.OneOf(rapid.Just(int64(300)), rapid.Int64Range(1, 900), rapid.Int64Range(1, 40*24*3600)).Draw(t, "step")
		at = at.Add(time.Duration(step) * time.Second)
		value := rapid.Int64Range(0, 1<<42)
		out = append(out, taken{at, Sample{value.Draw(t, "cpu"), value.Draw(t, "memory"), rapid.Int64Range(0, 5000).Draw(t, "pods")}})
	}
	return out
}

func seriesOf(samples []taken) *Series {
	s := &Series{}
	for _, x := range samples {
		s.Add(x.at, x.sample)
	}
	return s
}

// TestWindowIsThatOfItsSamples compares every range with the samples themselves.
func TestWindowIsThatOfItsSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawn(t)
		s := seriesOf(samples)
		now := samples[len(samples)-1].at.Add(time.Duration(rapid.Int64Range(0, 3*24*3600).Draw(t, "later")) * time.Second)
		for i, name := range Ranges() {
			w, err := s.Over(name, now, 5*time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			length := time.Duration(tiers()[i].length) * tiers()[i].width
			if age := now.Sub(w.From); age < length || age >= length+tiers()[i].width {
				t.Fatalf("%s begins %s before", name, age)
			}
			var count int64
			var sum [resources]float64
			var peak Sample
			for _, x := range samples {
				if x.at.Before(w.From) {
					continue
				}
				count++
				for r := range sum {
					sum[r] += float64(x.sample[r])
					peak[r] = max(peak[r], x.sample[r])
				}
			}
			if w.Count != count || w.Peak != peak {
				t.Fatalf("%s: %d samples with the peak %v, want %d with %v", name, w.Count, w.Peak, count, peak)
			}
			for r := range sum {
				want := 0.0
				if count > 0 {
					want = sum[r] / float64(count)
				}
				got := float64(w.Average[r])
				if r == Pods {
					got /= 1000
				}
				if math.Abs(got-want) > 0.5+want*1e-9 {
					t.Fatalf("%s: the average of %d is %v, want %v", name, r, got, want)
				}
			}
			if w.Covered < 0 || w.Covered > 1 || (w.Covered == 0) != (count == 0) {
				t.Fatalf("%s: covered %v with %d samples", name, w.Covered, count)
			}
		}
	})
}

// TestEncodingKeepsEverything reads back what was written, within its bound.
func TestEncodingKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seriesOf(drawn(t))
		stored := s.Encode()
		back, err := Decode(stored)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.tiers {
			if !slices.Equal(s.tiers[i], back.tiers[i]) {
				t.Fatalf("tier %d: %v became %v", i, s.tiers[i], back.tiers[i])
			}
		}
		if !bytes.Equal(back.Encode(), stored) {
			t.Fatal("encoded otherwise the second time")
		}
	})
}

// TestGapIsNotZero has an outage in the middle of a steady use.
func TestGapIsNotZero(t *testing.T) {
	begin := time.Unix(1_790_000_000, 0).Truncate(time.Hour)
	s := &Series{}
	for minute := 0; minute < 60; minute += 5 {
		if minute < 20 || minute >= 40 {
			s.Add(begin.Add(time.Duration(minute)*time.Minute), Sample{2000, 4 << 30, 12})
		}
	}
	now := begin.Add(59 * time.Minute)
	w, err := s.Over("1h", now, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if w.Count != 8 || w.Average != (Sample{2000, 4 << 30, 12_000}) || w.Peak != (Sample{2000, 4 << 30, 12}) || w.Covered > 0.7 || w.Covered < 0.5 {
		t.Errorf("got %+v", w)
	}
	pieces, err := s.Pieces("1h", now)
	if err != nil {
		t.Fatal(err)
	}
	gaps := 0
	for _, piece := range pieces {
		if piece.Bucket == nil {
			gaps++
		}
	}
	if len(pieces) != 13 || gaps != 5 { // four of the outage, and one from before the first sample
		t.Errorf("%d pieces with %d gaps", len(pieces), gaps)
	}
}

// TestSizeIsBounded logs what a series takes, with steady, changing and absurd values.
func TestSizeIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		value func(i int64) Sample
		most  int
	}{
		"steady":   {func(int64) Sample { return Sample{2000, 4 << 30, 12} }, 1 << 10},
		"changing": {func(i int64) Sample { return Sample{1000 + i*7919%3000, (2 << 30) + i*104729%(1<<30), 5 + i%17} }, 3 << 10},
		"absurd": {func(i int64) Sample {
			return Sample{math.MaxInt64 - i*i, math.MaxInt64 ^ i*6364136223846793005, math.MaxInt64 - i}
		}, 7 << 10},
	} {
		s := &Series{}
		begin := time.Unix(1_790_000_000, 0)
		for i := range int64(60 * 24 * 12) { // 60 days, every five minutes
			s.Add(begin.Add(time.Duration(i)*5*time.Minute), c.value(i))
		}
		buckets := 0
		for _, tier := range s.tiers {
			buckets += len(tier)
		}
		size := len(s.Encode())
		t.Logf("%s: %d bytes in %d buckets", name, size, buckets)
		if size > c.most || buckets > 99 {
			t.Errorf("%s: %d bytes in %d buckets", name, size, buckets)
		}
		if _, err := Decode(s.Encode()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHostileBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Decode(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		if err == nil {
			s.Add(time.Unix(1_790_000_000, 0), Sample{1, 1, 1})
			s.Encode()
		}
	})
}
