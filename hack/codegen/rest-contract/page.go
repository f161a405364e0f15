package main

import (
	"html/template"
	"strconv"
	"strings"
)

// page is what the template shows.
type page struct {
	Title, Version, Summary string
	Description             template.HTML
	Security                []securityView
	Tags                    []tagView
	Schemas                 []schemaView
}

type securityView struct {
	Name        string
	Description template.HTML
}

type tagView struct {
	ID, Name    string
	Description template.HTML
	Operations  []operationView
}

type operationView struct {
	ID, Method, Path, Summary string
	Description               template.HTML
	Public                    bool
	Parameters                []fieldView
	Body                      *bodyView
	Responses                 []responseView
}

// fieldView is a parameter or a property.
type fieldView struct {
	Name, In    string
	Required    bool
	Type, Rules template.HTML
	Description template.HTML
}

type bodyView struct {
	Type, Rules template.HTML
	Required    bool
	Example     string
}

type responseView struct {
	Status      string
	Description template.HTML
	Headers     []string
	Type        template.HTML
}

type schemaView struct {
	Name              string
	Description       template.HTML
	Type, Rules       template.HTML
	Fields            []fieldView
	NothingElseInside bool
}

func newPage(source *document) (*page, error) {
	view := &page{
		Title: source.Info.Title, Version: source.Info.Version, Summary: source.Info.Summary,
		Description: markdown(source.Info.Description),
	}
	for _, scheme := range source.Components.SecuritySchemes {
		view.Security = append(view.Security, securityView{Name: scheme.Key, Description: markdown(scheme.Value.Description)})
	}
	for _, tag := range source.Tags {
		one := tagView{ID: "tag-" + slug(tag.Name), Name: tag.Name, Description: markdown(tag.Description)}
		var err error
		if one.Operations, err = operationsOf(source, tag.Name); err != nil {
			return nil, err
		}
		view.Tags = append(view.Tags, one)
	}
	for _, component := range source.Components.Schemas {
		view.Schemas = append(view.Schemas, newSchemaView(component.Key, component.Value))
	}
	return view, nil
}

func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

func operationsOf(source *document, tag string) ([]operationView, error) {
	var out []operationView
	for _, item := range source.Paths {
		methods := []entry[*operation]{
			{"GET", item.Value.Get}, {"POST", item.Value.Post}, {"PUT", item.Value.Put}, {"DELETE", item.Value.Delete},
		}
		for _, method := range methods {
			if method.Value == nil || method.Value.Tags[0] != tag {
				continue
			}
			one, err := newOperationView(source, item.Value, method.Value)
			if err != nil {
				return nil, err
			}
			one.Method, one.Path = method.Key, source.Servers[0].URL+item.Key
			out = append(out, one)
		}
	}
	return out, nil
}

func newOperationView(source *document, item pathItem, op *operation) (operationView, error) {
	view := operationView{
		ID: op.ID, Summary: op.Summary, Description: markdown(op.Description),
		Public: op.Security != nil && len(*op.Security) == 0,
	}
	for _, one := range append(append([]parameter{}, item.Parameters...), op.Parameters...) {
		if one.Ref != "" {
			var err error
			if one, err = follow(source.Components.Parameters, one.Ref); err != nil {
				return view, err
			}
		}
		view.Parameters = append(view.Parameters, fieldView{
			Name: one.Name, In: one.In, Required: one.Required,
			Type: typeOf(one.Schema), Rules: rulesOf(one.Schema), Description: markdown(one.Description),
		})
	}
	var err error
	if view.Body, err = newBodyView(op.RequestBody); err != nil {
		return view, err
	}
	view.Responses, err = responsesOf(source, op)
	return view, err
}

func newBodyView(request *body) (*bodyView, error) {
	if request == nil {
		return nil, nil
	}
	media := request.Content[0].Value
	view := &bodyView{Type: typeOf(media.Schema), Rules: rulesOf(media.Schema), Required: request.Required}
	if media.Example.Kind == 0 {
		return view, nil
	}
	example, err := nodeJSON(&media.Example)
	view.Example = example
	return view, err
}

func responsesOf(source *document, op *operation) ([]responseView, error) {
	var out []responseView
	for _, one := range op.Responses {
		found, description := one.Value, one.Value.Description
		if found.Ref != "" {
			var err error
			if found, err = follow(source.Components.Responses, found.Ref); err != nil {
				return nil, err
			}
			if description == "" {
				description = found.Description
			}
		}
		view := responseView{Status: one.Key, Description: markdown(description)}
		for _, header := range found.Headers {
			view.Headers = append(view.Headers, header.Key)
		}
		for _, media := range found.Content {
			view.Type = typeOf(media.Value.Schema)
			if media.Key != "application/json" {
				view.Type = template.HTML(template.HTMLEscapeString(media.Key))
			}
		}
		out = append(out, view)
	}
	return out, nil
}

func newSchemaView(name string, s schema) schemaView {
	view := schemaView{
		Name: name, Description: markdown(s.Description), Type: typeOf(s), Rules: rulesOf(s),
		NothingElseInside: s.Additional.Value == strconv.FormatBool(false),
	}
	for _, property := range s.Properties {
		one := fieldView{
			Name: property.Key, Type: typeOf(property.Value), Rules: rulesOf(property.Value),
			Description: markdown(property.Value.Description),
		}
		for _, required := range s.Required {
			one.Required = one.Required || required == property.Key
		}
		view.Fields = append(view.Fields, one)
	}
	return view
}
