package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// Bounds of a file. Every entry becomes an object of the API.
const (
	maxFileBytes = 1 << 20
	maxEntries   = 500
)

// read decodes a file, which is an array, and sorts it by name. Unknown fields,
// and names that are there twice, are refused.
func read[T any](files fs.FS, file string, name func(T) string) ([]T, error) {
	data, err := readAll(files, file)
	if err != nil {
		return nil, err
	}
	var entries []T
	strict, err := kjson.UnmarshalStrict(data, &entries)
	if err := errors.Join(append(strict, err)...); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(entries) > maxEntries {
		return nil, fmt.Errorf("%s: has %d entries; at most %d are allowed", file, len(entries), maxEntries)
	}
	slices.SortStableFunc(entries, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	for i := 1; i < len(entries); i++ {
		if name(entries[i-1]) == name(entries[i]) {
			return nil, fmt.Errorf("%s: %q is there twice", file, name(entries[i]))
		}
	}
	return entries, nil
}

func readAll(files fs.FS, file string) ([]byte, error) {
	opened, err := files.Open(file)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", file, err)
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxFileBytes+1))
	if err := errors.Join(err, opened.Close()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxFileBytes)
	}
	return data, nil
}

// invalid names the file in what is wrong with its entries.
func invalid(file string, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", file, errs.ToAggregate())
}

// checked returns problems with a name as errors of a field.
func checked(name string, problems []string, path *field.Path) (errs field.ErrorList) {
	for _, problem := range problems {
		errs = append(errs, field.Invalid(path, name, problem))
	}
	return errs
}
