package usage

import (
	"fmt"
	"time"
)

// Window is what was used over a range.
type Window struct {
	// From is when it begins: with a bucket, so that it is as long as the range and
	// up to one bucket longer.
	From time.Time
	// Count of samples. Without any, there is no average and no peak.
	Count int64
	// Average is rounded to the nearest, pods in thousandths.
	Average Sample
	Peak    Sample
	// Covered is how much of the window there are samples of, from 0 to 1.
	Covered float64
}

// Piece is a part of a window.
type Piece struct {
	From  time.Time
	Width time.Duration
	// Bucket of the piece; nil is a gap.
	Bucket *Bucket
}

// Over returns what a range up to now comes to. The samples were taken every
// interval.
func (s *Series) Over(name string, now time.Time, interval time.Duration) (Window, error) {
	pieces, err := s.Pieces(name, now)
	if err != nil {
		return Window{}, err
	}
	w := Window{From: pieces[0].From}
	var sum Sample
	var covered time.Duration
	for _, piece := range pieces {
		if piece.Bucket == nil {
			continue
		}
		b := piece.Bucket
		w.Count += b.Count
		for i := range sum {
			sum[i] = min(sum[i]+min(b.Sum[i], maxSum), maxSum)
			w.Peak[i] = max(w.Peak[i], b.Peak[i])
		}
		covered += min(time.Duration(b.Count)*interval, piece.Width, now.Sub(piece.From)+interval)
	}
	if w.Count > 0 {
		for i := range sum {
			w.Average[i] = mean(sum[i], w.Count, i == Pods)
		}
	}
	w.Covered = min(float64(covered)/float64(now.Sub(w.From)+interval), 1)
	return w, nil
}

// Mean is the average of a bucket, pods in thousandths.
func (b *Bucket) Mean() Sample {
	var out Sample
	for i := range out {
		out[i] = mean(b.Sum[i], b.Count, i == Pods)
	}
	return out
}

// mean rounds to the nearest.
func mean(sum, count int64, thousandths bool) int64 {
	if thousandths {
		if sum > maxSum/1000 {
			return sum / count * 1000
		}
		sum *= 1000
	}
	return (sum + count/2) / count
}

// Pieces are the parts of a range up to now, from the oldest, with its gaps.
func (s *Series) Pieces(name string, now time.Time) ([]Piece, error) {
	for i, t := range tiers() {
		if t.name != name {
			continue
		}
		byIndex := map[int64]*Bucket{}
		if s.tiers != nil {
			for j := range s.tiers[i] {
				byIndex[s.tiers[i][j].Index] = &s.tiers[i][j]
			}
		}
		last := t.index(now)
		var pieces []Piece
		for index := last - t.length; index <= last; index++ {
			pieces = append(pieces, Piece{From: t.begin(index), Width: t.width, Bucket: byIndex[index]})
		}
		return pieces, nil
	}
	return nil, fmt.Errorf("there is no range %q", name)
}

// Last is the newest bucket of the finest tier, or nil.
func (s *Series) Last() *Bucket {
	if s.tiers == nil || len(s.tiers[0]) == 0 {
		return nil
	}
	return &s.tiers[0][len(s.tiers[0])-1]
}
