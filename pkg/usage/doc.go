// Package usage keeps what tenants and projects used over time in few bytes: pure
// functions, from samples to averages and peaks, and to bytes and back.
//
// A Series has four tiers, one for each range that is asked for, and each sample
// goes into one bucket of each tier, which keeps how many there were, their sum
// and their peak. So an average is that of the samples themselves, whatever the
// width of the buckets. A time without samples has no bucket: it is a gap, and
// counts for nothing. A tier holds its range and one bucket more, 99 in all; a
// bucket takes 68 bytes at the most and some 20 as a rule.
package usage
