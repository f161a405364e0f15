package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is what the page shows of an OpenAPI document.
type document struct {
	OpenAPI string `yaml:"openapi"`
	Info    struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Summary     string `yaml:"summary"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Servers []struct {
		URL string `yaml:"url"`
	} `yaml:"servers"`
	Tags []struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	} `yaml:"tags"`
	Paths      ordered[pathItem] `yaml:"paths"`
	Components struct {
		SecuritySchemes ordered[described] `yaml:"securitySchemes"`
		Parameters      ordered[parameter] `yaml:"parameters"`
		Headers         ordered[described] `yaml:"headers"`
		Responses       ordered[response]  `yaml:"responses"`
		Schemas         ordered[schema]    `yaml:"schemas"`
	} `yaml:"components"`
}

type described struct {
	Description string `yaml:"description"`
}

type pathItem struct {
	Parameters []parameter `yaml:"parameters"`
	Get        *operation  `yaml:"get"`
	Post       *operation  `yaml:"post"`
	Put        *operation  `yaml:"put"`
	Delete     *operation  `yaml:"delete"`
}

type operation struct {
	ID          string            `yaml:"operationId"`
	Tags        []string          `yaml:"tags"`
	Summary     string            `yaml:"summary"`
	Description string            `yaml:"description"`
	Security    *[]any            `yaml:"security"`
	Parameters  []parameter       `yaml:"parameters"`
	RequestBody *body             `yaml:"requestBody"`
	Responses   ordered[response] `yaml:"responses"`
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name        string `yaml:"name"`
	In          string `yaml:"in"`
	Required    bool   `yaml:"required"`
	Description string `yaml:"description"`
	Schema      schema `yaml:"schema"`
}

type body struct {
	Required bool               `yaml:"required"`
	Content  ordered[mediaType] `yaml:"content"`
}

type mediaType struct {
	Schema  schema    `yaml:"schema"`
	Example yaml.Node `yaml:"example"`
}

type response struct {
	Ref         string             `yaml:"$ref"`
	Description string             `yaml:"description"`
	Headers     ordered[any]       `yaml:"headers"`
	Content     ordered[mediaType] `yaml:"content"`
}

type schema struct {
	Ref             string          `yaml:"$ref"`
	Type            string          `yaml:"type"`
	Format          string          `yaml:"format"`
	Description     string          `yaml:"description"`
	ContentEncoding string          `yaml:"contentEncoding"`
	Enum            []string        `yaml:"enum"`
	Pattern         string          `yaml:"pattern"`
	Not             *schema         `yaml:"not"`
	If              *schema         `yaml:"if"`
	Then            *schema         `yaml:"then"`
	MinLength       *int            `yaml:"minLength"`
	MaxLength       *int            `yaml:"maxLength"`
	MinItems        *int            `yaml:"minItems"`
	MaxItems        *int            `yaml:"maxItems"`
	Minimum         *int            `yaml:"minimum"`
	Maximum         *int            `yaml:"maximum"`
	UniqueItems     bool            `yaml:"uniqueItems"`
	Default         any             `yaml:"default"`
	Required        []string        `yaml:"required"`
	Properties      ordered[schema] `yaml:"properties"`
	Items           *schema         `yaml:"items"`
	PropertyNames   *schema         `yaml:"propertyNames"`
	// Additional is true, false or the schema of the values.
	Additional yaml.Node `yaml:"additionalProperties"`
}

// ordered is a map that keeps the order of the document.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Key   string
	Value T
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *ordered[T]) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		one := entry[T]{Key: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&one.Value); err != nil {
			return err
		}
		*o = append(*o, one)
	}
	return nil
}

// follow returns what a reference to a component means.
func follow[T any](components ordered[T], ref string) (T, error) {
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	for _, component := range components {
		if component.Key == name {
			return component.Value, nil
		}
	}
	var none T
	return none, fmt.Errorf("there is no component %s", ref)
}
