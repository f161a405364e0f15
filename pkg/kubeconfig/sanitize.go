package kubeconfig

import (
	"fmt"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"
	sigsyaml "sigs.k8s.io/yaml"
)

// MaxSize is the largest kubeconfig that is read, in bytes.
const MaxSize = 256 << 10

// Sanitize reduces a kubeconfig to its current context, checks what remains and
// returns it in a canonical form: YAML with sorted keys and one cluster, user
// and context. Sanitizing that form again returns the same bytes.
//
// What other contexts use, and parts that clients ignore, is dropped unread. A
// field of the current context that is not accepted is an error with its path,
// such as kubeconfig.users[0].user.exec. No error holds a value from the file
// other than a name or the server.
func Sanitize(raw []byte) ([]byte, field.ErrorList) {
	c, errs := parse(raw)
	if len(errs) > 0 {
		return nil, errs
	}
	out, err := sigsyaml.Marshal(c.file())
	if err != nil {
		return nil, field.ErrorList{field.InternalError(rootPath(), fmt.Errorf("writing the canonical kubeconfig: %w", err))}
	}
	return out, nil
}

func rootPath() *field.Path { return field.NewPath("kubeconfig") }

// parse reads and checks the current context of a kubeconfig.
func parse(raw []byte) (*connection, field.ErrorList) {
	if len(raw) > MaxSize {
		return nil, field.ErrorList{field.TooLong(rootPath(), field.OmitValueType{}, MaxSize)}
	}
	doc, err := parseDocument(raw)
	if err != nil {
		return nil, field.ErrorList{err}
	}
	entries, errs := selectCurrent(doc)
	if len(errs) > 0 {
		return nil, errs
	}
	return checkEntries(entries)
}

// entries are the parts of a kubeconfig that its current context uses.
type entries struct {
	context, cluster, user *object
}

// selectCurrent finds the current context, its cluster and its user, and looks
// at nothing else.
func selectCurrent(doc *object) (*entries, field.ErrorList) {
	if errs := checkVersion(doc); len(errs) > 0 {
		return nil, errs
	}
	current, err := doc.text("current-context")
	if err != nil {
		return nil, field.ErrorList{err}
	}
	var e entries
	if e.context, err = findContext(doc, current); err != nil {
		return nil, field.ErrorList{err}
	}
	var errs field.ErrorList
	for _, ref := range []struct {
		key, list string
		to        **object
	}{
		{"cluster", "clusters", &e.cluster},
		{"user", "users", &e.user},
	} {
		if *ref.to, err = follow(doc, e.context, ref.key, ref.list); err != nil {
			errs = append(errs, err)
		}
	}
	return &e, errs
}

// checkVersion accepts the only version there is, and its absence.
func checkVersion(doc *object) (errs field.ErrorList) {
	for _, want := range []struct{ key, value string }{{"apiVersion", "v1"}, {"kind", "Config"}} {
		got, err := doc.text(want.key)
		if err != nil {
			errs = append(errs, err)
		} else if got != "" && got != want.value {
			errs = append(errs, field.NotSupported(doc.path.Child(want.key), got, []string{want.value}))
		}
	}
	return errs
}

// findContext returns the context with that name, or the only one when no name
// is given.
func findContext(doc *object, current string) (*object, *field.Error) {
	path := doc.path.Child("current-context")
	if current != "" {
		return findNamed(doc, "contexts", "context", current, path)
	}
	items, err := doc.list("contexts")
	if err != nil {
		return nil, err
	}
	if len(items) != 1 {
		return nil, field.Required(path, fmt.Sprintf("must name one of the %d contexts", len(items)))
	}
	item, err := newObject(items[0], doc.path.Child("contexts").Index(0))
	if err != nil {
		return nil, err
	}
	return item.object("context")
}

// follow resolves the reference that a context has under key.
func follow(doc, context *object, key, list string) (*object, *field.Error) {
	name, err := context.text(key)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, field.Required(context.path.Child(key), "")
	}
	return findNamed(doc, list, key, name, context.path.Child(key))
}

// findNamed returns the body of the entry with a name. Two entries of one name
// are refused: clients differ in which they take.
func findNamed(doc *object, list, body, name string, ref *field.Path) (*object, *field.Error) {
	items, err := doc.list(list)
	if err != nil {
		return nil, err
	}
	var found *object
	for i, node := range items {
		path := doc.path.Child(list).Index(i)
		if node.Kind != yaml.MappingNode || !hasName(node, name) {
			continue
		}
		if found != nil {
			return nil, field.Duplicate(path.Child("name"), name)
		}
		if found, err = newObject(node, path); err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, field.NotFound(ref, name)
	}
	return found.object(body)
}

// hasName looks at the name of an entry and at nothing else of it.
func hasName(node *yaml.Node, name string) bool {
	for i := 0; i+1 < len(node.Content); i += 2 {
		value := node.Content[i+1]
		if node.Content[i].Value == "name" && value.Kind == yaml.ScalarNode && value.Value == name {
			return true
		}
	}
	return false
}
