package main

import (
	"slices"
	"time"
)

// sample is what one round of one side measured.
type sample struct {
	// rate in operations a second over all clients.
	rate float64
	// latencies of the operations, sorted.
	latencies []time.Duration
}

// quantile returns the latency that a share q of the operations stays within.
func (s sample) quantile(q float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.latencies[int(q*float64(len(s.latencies)-1))]
}

func (s sample) median() time.Duration { return s.quantile(0.5) }

// median of values, which must not be empty.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func rates(samples []sample) []float64 {
	out := make([]float64, 0, len(samples))
	for _, s := range samples {
		out = append(out, s.rate)
	}
	return out
}

// medians returns the median latency of each round in seconds.
func medians(samples []sample) []float64 {
	out := make([]float64, 0, len(samples))
	for _, s := range samples {
		out = append(out, s.median().Seconds())
	}
	return out
}
