package render

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Operation is what happened to a field between two revisions.
type Operation string

// Operations of a change, in the words of JSON Patch.
const (
	OperationAdd     Operation = "add"
	OperationRemove  Operation = "remove"
	OperationReplace Operation = "replace"
)

// Change is one difference between two revisions.
type Change struct {
	// Path of the field below rendered, such as
	// components[web].traits[hpa].properties.max. Entries of a list are named by
	// their name or type where that is unique, and by their index otherwise.
	Path string    `json:"path"`
	Op   Operation `json:"op"`
	// Old and New are JSON; Old is nil for an add, New for a remove. Secrets in
	// them are masked.
	Old json.RawMessage `json:"old,omitempty"`
	New json.RawMessage `json:"new,omitempty"`
	// Origin is where the new value comes from, the old one for a remove: app, or
	// as v1alpha1.FieldOrigin says.
	Origin string `json:"origin"`
}

// Diff returns what changes when to takes the place of from, in the order of the
// components and policies of to, then of from; fields in the order of their names.
// The order of entries that have names does not count.
// Equal content gives no changes, whoever it comes from. What is added or removed
// as a whole is one change, but for its parts that come from elsewhere. Values
// that look secret are masked (see mask.go): a change of one shows as a change
// between two masks.
func Diff(from, to v1alpha1.AppRevisionSpec) ([]Change, error) {
	d := &differ{before: origins(from), after: origins(to)}
	before, err := sideOf(from)
	if err != nil {
		return nil, err
	}
	after, err := sideOf(to)
	if err != nil {
		return nil, err
	}
	err = d.compareFields(before, after, "")
	return d.changes, err
}

// side is a value in one of the revisions, what may be shown of it, and where it
// comes from.
type side struct {
	value, shown any
	origin       string
}

func sideOf(revision v1alpha1.AppRevisionSpec) (side, error) {
	value, err := generic(revision.Rendered)
	return side{value, mask(value), OriginApp}, err
}

type differ struct {
	before, after map[string]string
	changes       []Change
}

func origins(revision v1alpha1.AppRevisionSpec) map[string]string {
	out := make(map[string]string, len(revision.Origins))
	for _, o := range revision.Origins {
		out[o.Path] = o.Origin
	}
	return out
}

func (d *differ) compare(before, after side, path string) error {
	before.origin, after.origin = at(d.before, path, before.origin), at(d.after, path, after.origin)
	switch kind := shapeOf(before.value, after.value); {
	case reflect.DeepEqual(before.value, after.value):
		return nil
	case kind == objects && before.value != nil && after.value != nil:
		return d.compareFields(before, after, path)
	case kind == entries:
		return d.compareEntries(before, after, path)
	case before.value == nil:
		return d.whole(OperationAdd, d.after, after, path)
	case after.value == nil:
		return d.whole(OperationRemove, d.before, before, path)
	default:
		return d.add(Change{Path: path, Op: OperationReplace, Origin: after.origin}, before.shown, after.shown)
	}
}

func (d *differ) compareFields(before, after side, path string) error {
	for _, key := range sortedKeys(with(fieldsOf(before.value), fieldsOf(after.value))) {
		if err := d.compare(before.field(key), after.field(key), join(path, key)); err != nil {
			return err
		}
	}
	return nil
}

func (d *differ) compareEntries(before, after side, path string) error {
	key := keyOf(listOf(before.value), listOf(after.value))
	for i, entry := range listOf(after.value) {
		name := nameOf(entry, key)
		old := before.entry(indexOf(before.value, key, name))
		if err := d.compare(old, after.entry(i), path+bracket(name)); err != nil {
			return err
		}
	}
	for i, entry := range listOf(before.value) {
		name := nameOf(entry, key)
		if indexOf(after.value, key, name) >= 0 {
			continue
		}
		if err := d.compare(before.entry(i), after.entry(-1), path+bracket(name)); err != nil {
			return err
		}
	}
	return nil
}

// whole records the value of one revision that the other has nothing of.
func (d *differ) whole(op Operation, origins map[string]string, s side, path string) error {
	var apart []part
	shown := cut(s.shown, path, s.origin, origins, &apart)
	change := Change{Path: path, Op: op, Origin: s.origin}
	if err := d.add(change, onlyIf(op == OperationRemove, shown), onlyIf(op == OperationAdd, shown)); err != nil {
		return err
	}
	for _, p := range apart {
		if err := d.whole(op, origins, side{shown: p.value, origin: p.origin}, p.path); err != nil {
			return err
		}
	}
	return nil
}

func onlyIf(wanted bool, value any) any {
	if wanted {
		return value
	}
	return nil
}

func (d *differ) add(change Change, before, after any) (err error) {
	if change.Old, err = show(before); err != nil {
		return err
	}
	change.New, err = show(after)
	d.changes = append(d.changes, change)
	return err
}

// show writes a value as compact JSON with sorted keys; nil as nothing.
func show(value any) (json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
