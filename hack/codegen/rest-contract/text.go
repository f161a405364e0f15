package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed page.html.tmpl
var pageSource string

func pageTemplate() *template.Template { return template.Must(template.New("page").Parse(pageSource)) }

// markdown writes the little of Markdown that the contract uses: paragraphs,
// `code` and **bold**.
func markdown(text string) template.HTML {
	code := regexp.MustCompile("`([^`]+)`")
	bold := regexp.MustCompile(`\*\*([^*]+)\*\*`)
	var out strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if paragraph == "" {
			continue
		}
		escaped := template.HTMLEscapeString(paragraph)
		escaped = code.ReplaceAllString(escaped, "<code>$1</code>")
		escaped = bold.ReplaceAllString(escaped, "<strong>$1</strong>")
		out.WriteString("<p>" + escaped + "</p>")
	}
	return template.HTML(out.String())
}

// typeOf names the type of a schema, with a link where it has a name.
func typeOf(s schema) template.HTML {
	switch {
	case s.Ref != "":
		name := template.HTMLEscapeString(s.Ref[strings.LastIndexByte(s.Ref, '/')+1:])
		return template.HTML(fmt.Sprintf(`<a href="#schema-%s">%s</a>`, name, name))
	case s.Items != nil:
		return "array of " + typeOf(*s.Items)
	case s.Additional.Kind == yaml.MappingNode:
		return "object of strings"
	case s.ContentEncoding != "":
		return template.HTML(template.HTMLEscapeString(s.Type + ", " + s.ContentEncoding))
	case s.Format != "":
		return template.HTML(template.HTMLEscapeString(s.Type + ", " + s.Format))
	}
	return template.HTML(template.HTMLEscapeString(s.Type))
}

// rulesOf says what a value must keep to besides its type.
func rulesOf(s schema) template.HTML {
	var rules []string
	add := func(format string, args ...any) { rules = append(rules, fmt.Sprintf(format, args...)) }
	number := func(name string, value *int) {
		if value != nil {
			add("%s %d", name, *value)
		}
	}
	code := func(text string) string { return "<code>" + template.HTMLEscapeString(text) + "</code>" }
	if len(s.Enum) > 0 {
		names := make([]string, 0, len(s.Enum))
		for _, name := range s.Enum {
			names = append(names, code(name))
		}
		add("one of %s", strings.Join(names, ", "))
	}
	number("at least", s.Minimum)
	number("at most", s.Maximum)
	number("length at least", s.MinLength)
	number("length at most", s.MaxLength)
	number("items at least", s.MinItems)
	number("items at most", s.MaxItems)
	if s.UniqueItems {
		add("each item once")
	}
	if s.Pattern != "" {
		add("matches %s", code(s.Pattern))
	}
	if s.Not != nil {
		add("does not match %s", code(s.Not.Pattern))
	}
	if s.If != nil && s.Then != nil {
		add("if it matches %s, it matches %s", code(s.If.Pattern), code(s.Then.Pattern))
	}
	if s.PropertyNames != nil {
		add("keys match %s", code(s.PropertyNames.Pattern))
	}
	if s.Default != nil {
		add("default %s", code(fmt.Sprint(s.Default)))
	}
	return template.HTML(strings.Join(rules, "; "))
}

// nodeJSON writes an example as it is sent.
func nodeJSON(node *yaml.Node) (string, error) {
	var compact, out bytes.Buffer
	if err := writeNode(&compact, node); err != nil {
		return "", err
	}
	if err := json.Indent(&out, compact.Bytes(), "", "  "); err != nil {
		return "", err
	}
	return out.String(), nil
}
