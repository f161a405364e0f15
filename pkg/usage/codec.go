package usage

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// format of the encoded form, which begins with it.
const format = 1

// maxEncoded bounds what is read, before it is compressed: all buckets at their
// longest come to less.
const maxEncoded = 16 << 10

var errEncoding = errors.New("the samples cannot be read")

// Encode returns the series in the form that is stored.
func (s *Series) Encode() []byte {
	plain := []byte{format}
	for _, buckets := range s.tiers {
		plain = binary.AppendUvarint(plain, uint64(len(buckets)))
		before := int64(0)
		for _, b := range buckets {
			plain = binary.AppendUvarint(plain, uint64(b.Index-before))
			before = b.Index
			plain = binary.AppendUvarint(plain, uint64(b.Count))
			for i := range b.Sum {
				plain = binary.AppendUvarint(plain, uint64(b.Sum[i]))
				plain = binary.AppendUvarint(plain, uint64(b.Peak[i]))
			}
		}
	}
	var out bytes.Buffer
	// Writing to memory at a level that there is does not fail.
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}

// Decode reads what Encode has written.
func Decode(stored []byte) (*Series, error) {
	out := &Series{}
	if len(stored) == 0 {
		return out, nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stored)), maxEncoded+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEncoding, err)
	}
	if len(plain) > maxEncoded || len(plain) == 0 || plain[0] != format {
		return nil, errEncoding
	}
	if len(plain) == 1 {
		return out, nil
	}
	r := reader{bytes.NewReader(plain[1:]), nil}
	for _, t := range tiers() {
		out.tiers = append(out.tiers, r.buckets(t))
	}
	if r.err != nil || r.left.Len() > 0 {
		return nil, errEncoding
	}
	return out, nil
}

// reader reads numbers until one fails.
type reader struct {
	left *bytes.Reader
	err  error
}

func (r *reader) number() int64 {
	if r.err != nil {
		return 0
	}
	value, err := binary.ReadUvarint(r.left)
	if err != nil || value > 1<<63-1 {
		r.err = errEncoding
		return 0
	}
	return int64(value)
}

func (r *reader) buckets(t tier) []Bucket {
	count := r.number()
	if count > t.length+1 {
		r.err = errEncoding
	}
	var out []Bucket
	index := int64(0)
	for range count {
		if r.err != nil {
			return nil
		}
		step := r.number()
		if step > 1<<40 || len(out) > 0 && step == 0 {
			r.err = errEncoding
			return nil
		}
		index += step
		b := Bucket{Index: index, Count: r.number()}
		for i := range b.Sum {
			b.Sum[i], b.Peak[i] = r.number(), r.number()
			if b.Sum[i] > maxSum+maxValue || b.Peak[i] > maxValue {
				r.err = errEncoding
			}
		}
		if b.Count < 1 {
			r.err = errEncoding
		}
		out = append(out, b)
	}
	return out
}
