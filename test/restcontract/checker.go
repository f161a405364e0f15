// Package restcontract holds what goes through the REST door against its contract,
// for tests.
package restcontract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// prefix is where the door is, and the only server that the contract names.
const prefix = "/api/v1"

// Checker holds requests and answers against a contract.
type Checker struct {
	// Document is the contract, with its objects closed: none may hold a field
	// that is not described.
	Document *openapi3.T
	router   routers.Router
}

// New reads a contract, the OpenAPI document as JSON.
func New(contract []byte) (*Checker, error) {
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(contract)
	if err != nil {
		return nil, err
	}
	if err := document.Validate(loader.Context); err != nil {
		return nil, err
	}
	closeSchemas(document)
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	router, err := gorillamux.NewRouter(document)
	return &Checker{Document: document, router: router}, err
}

// closeSchemas has no object hold a field that the contract does not describe.
// The contract leaves answers open, for clients of today and servers of tomorrow.
func closeSchemas(document *openapi3.T) {
	no := false
	for _, schema := range document.Components.Schemas {
		if len(schema.Value.Properties) > 0 {
			schema.Value.AdditionalProperties.Has = &no
		}
	}
}

// CheckRequest returns why the contract does not allow a request, or nil.
func (c *Checker) CheckRequest(r *http.Request, sent []byte) error {
	input, err := c.find(r, sent)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(r.Context(), input)
}

// OperationOf returns the id of the operation that a request is of; empty if the
// contract has none.
func (c *Checker) OperationOf(r *http.Request) string {
	input, err := c.find(r, nil)
	if err != nil {
		return ""
	}
	return input.Route.Operation.OperationID
}

// Check returns how an answer breaks the contract, or nil; the request is
// checked too if it was not refused.
func (c *Checker) Check(r *http.Request, sent []byte, status int, header http.Header, body []byte) error {
	input, err := c.find(r, sent)
	if err != nil {
		return c.checkUnknown(status, header, body)
	}
	if status < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			return fmt.Errorf("the request, which was not refused: %w", err)
		}
	}
	known := input.Route.Operation.Responses.Status(status)
	if known == nil {
		return fmt.Errorf("%s has no status %d", input.Route.Operation.OperationID, status)
	}
	if len(known.Value.Content) == 0 && len(body) > 0 {
		return errors.New("the answer has a body")
	}
	return openapi3filter.ValidateResponse(r.Context(), answerInput(input, status, header, body))
}

// find returns the operation of a request. HEAD is GET without a body.
func (c *Checker) find(r *http.Request, sent []byte) (*openapi3filter.RequestValidationInput, error) {
	request := r.Clone(context.WithoutCancel(r.Context()))
	request.Body, request.GetBody, request.ContentLength = io.NopCloser(bytes.NewReader(sent)), nil, int64(len(sent))
	if request.Method == http.MethodHead { // GET without a body
		request.Method = http.MethodGet
	}
	route, params, err := c.router.FindRoute(request)
	if err != nil {
		return nil, err
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true,
		SkipSettingDefaults:   true,
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		ExcludeResponseBody:   r.Method == http.MethodHead,
		// What needs no body takes an empty object.
		RejectWhenRequestBodyNotSpecified: strings.TrimSpace(string(sent)) != "{}",
	}
	return &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route, Options: options}, nil
}

func answerInput(input *openapi3filter.RequestValidationInput, status int, header http.Header, body []byte) *openapi3filter.ResponseValidationInput {
	return &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options,
	}
}

// checkUnknown checks the answer to what is not in the contract, by the answer
// that any operation has in that case.
func (c *Checker) checkUnknown(status int, header http.Header, body []byte) error {
	names := map[int]string{http.StatusUnauthorized: "Unauthorized", http.StatusNotFound: "NotFound", http.StatusMethodNotAllowed: "NotFound"}
	if names[status] == "" {
		return errors.New("the contract does not know the path or the method")
	}
	if (status == http.StatusMethodNotAllowed) != (header.Get("Allow") != "") {
		return fmt.Errorf("the header Allow is %q", header.Get("Allow"))
	}
	operation := &openapi3.Operation{Responses: openapi3.NewResponses(openapi3.WithStatus(status, c.Document.Components.Responses[names[status]]))}
	input := &openapi3filter.RequestValidationInput{
		Request: httptest.NewRequest(http.MethodGet, prefix, nil),
		Route:   &routers.Route{Spec: c.Document, Operation: operation},
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	return openapi3filter.ValidateResponse(context.Background(), answerInput(input, status, header, body))
}
