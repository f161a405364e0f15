package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// toJSON writes a YAML document as JSON, in the order of the document.
func toJSON(raw []byte) ([]byte, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(raw, &node); err != nil {
		return nil, err
	}
	var compact, out bytes.Buffer
	if err := writeNode(&compact, &node); err != nil {
		return nil, err
	}
	if err := json.Indent(&out, compact.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func writeNode(out *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.DocumentNode:
		return writeNode(out, node.Content[0])
	case yaml.MappingNode:
		return writeAll(out, node.Content, 2, '{', '}')
	case yaml.SequenceNode:
		return writeAll(out, node.Content, 1, '[', ']')
	case yaml.ScalarNode:
		var value any
		if err := node.Decode(&value); err != nil {
			return err
		}
		return writeScalar(out, value)
	}
	return fmt.Errorf("line %d: a contract has no anchors", node.Line)
}

// writeAll writes nodes between two brackets. They come one by one, or in pairs
// of a key and a value.
func writeAll(out *bytes.Buffer, nodes []*yaml.Node, step int, begin, end byte) error {
	out.WriteByte(begin)
	for i := 0; i < len(nodes); i += step {
		if i > 0 {
			out.WriteByte(',')
		}
		if step == 2 {
			if err := writeScalar(out, nodes[i].Value); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := writeNode(out, nodes[i+step-1]); err != nil {
			return err
		}
	}
	out.WriteByte(end)
	return nil
}

func writeScalar(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
