package kubeconfig

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxErrors bounds the refused fields that are named for one object.
const maxErrors = 16

// object is a YAML mapping with its path. It works on the syntax tree, in which
// an alias is one node: nothing that the input repeats is ever expanded.
type object struct {
	path   *field.Path
	keys   []string
	values map[string]*yaml.Node
}

// parseDocument reads the one document that raw must hold.
func parseDocument(raw []byte) (*object, *field.Error) {
	path := rootPath()
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var doc yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, field.Required(path, "")
	} else if err != nil {
		// The parser's message can quote the input, which holds secrets.
		return nil, field.Invalid(path, field.OmitValueType{}, "must be YAML or JSON")
	}
	var next yaml.Node
	if err := decoder.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, field.Invalid(path, field.OmitValueType{}, "must be a single YAML document")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, field.Required(path, "")
	}
	return newObject(doc.Content[0], path)
}

// newObject refuses what is not a mapping, and keys that are not plain or come twice.
func newObject(node *yaml.Node, path *field.Path) (*object, *field.Error) {
	if node.Kind != yaml.MappingNode {
		return nil, field.TypeInvalid(path, field.OmitValueType{}, "must be an object")
	}
	o := &object{path: path, values: make(map[string]*yaml.Node, len(node.Content)/2)}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, field.TypeInvalid(path, field.OmitValueType{}, "keys must be strings")
		}
		if _, twice := o.values[key.Value]; twice {
			return nil, field.Duplicate(path.Child(key.Value), field.OmitValueType{})
		}
		o.keys = append(o.keys, key.Value)
		o.values[key.Value] = node.Content[i+1]
	}
	return o, nil
}

// text returns a string, empty when it is absent or null.
func (o *object) text(key string) (string, *field.Error) {
	node, found := o.values[key]
	if !found || isNull(node) {
		return "", nil
	}
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" {
		return "", field.TypeInvalid(o.path.Child(key), field.OmitValueType{}, "must be a string")
	}
	return node.Value, nil
}

// list returns the items of a list, none when it is absent or null.
func (o *object) list(key string) ([]*yaml.Node, *field.Error) {
	node, found := o.values[key]
	if !found || isNull(node) {
		return nil, nil
	}
	if node.Kind != yaml.SequenceNode {
		return nil, field.TypeInvalid(o.path.Child(key), field.OmitValueType{}, "must be a list")
	}
	return node.Content, nil
}

// object returns an object that must be there.
func (o *object) object(key string) (*object, *field.Error) {
	node, found := o.values[key]
	if !found || isNull(node) {
		return nil, field.Required(o.path.Child(key), "")
	}
	return newObject(node, o.path.Child(key))
}

// only refuses every key that is not accepted and says something. Extensions
// are dropped: they are notes of the tool that wrote the file.
func (o *object) only(accepted ...string) (errs field.ErrorList) {
	for _, key := range o.keys {
		if key == "extensions" || contains(accepted, key) || saysNothing(o.values[key]) {
			continue
		}
		if len(errs) == maxErrors {
			break
		}
		errs = append(errs, field.Forbidden(o.path.Child(key), "is not accepted: "+reasonAgainst(key)))
	}
	return errs
}

// saysNothing is true of the values that clients read as absence.
func saysNothing(node *yaml.Node) bool {
	if node.Kind != yaml.ScalarNode {
		return false
	}
	return isNull(node) || node.ShortTag() == "!!str" && node.Value == "" ||
		node.ShortTag() == "!!bool" && node.Value == "false"
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

// reasonAgainst says what to do instead.
func reasonAgainst(key string) string {
	switch key {
	case "exec", "auth-provider":
		return "programs are not run; give a token or a client certificate"
	case "certificate-authority", "client-certificate", "client-key":
		return "files are not read; give " + key + "-data (kubectl config view --raw --flatten writes it)"
	case "tokenFile":
		return "files are not read; give token"
	case "insecure-skip-tls-verify":
		return "the server must be verified; give certificate-authority-data"
	case "proxy-url":
		return "connections are made directly"
	case "as", "as-uid", "as-groups", "as-user-extra":
		return "give the credentials of the identity itself"
	case "username", "password":
		return "give a token or a client certificate"
	default:
		return "only server, certificate-authority-data, client-certificate-data, client-key-data, token and namespace are"
	}
}
