package facade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Checker holds what goes through the door against the contract.
type Checker struct {
	document *openapi3.T
	router   routers.Router
}

// loadChecker reads the served contract once for all tests.
var loadChecker = sync.OnceValues(func() (*Checker, error) { return newChecker([]byte(contractJSON)) })

func theChecker(t testing.TB) *Checker {
	t.Helper()
	c, err := loadChecker()
	if err != nil {
		t.Fatalf("loading the contract: %v", err)
	}
	return c
}

func newChecker(contract []byte) (*Checker, error) {
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
	return &Checker{document: document, router: router}, err
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

// Checked returns the handler with a check of everything that goes through it.
func Checked(t testing.TB, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		CheckAnswer(t, r, sent, answer.Code, answer.Header(), answer.Body.Bytes())
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		if answer.Body.Len() == 0 { // some answers may not even write nothing
			return
		}
		if _, err := w.Write(answer.Body.Bytes()); err != nil {
			t.Errorf("writing the answer: %v", err)
		}
	})
}

// CheckAnswer fails the test unless the contract has the answer to the request,
// and the request too if it was not refused.
func CheckAnswer(t testing.TB, r *http.Request, sent []byte, status int, header http.Header, body []byte) {
	t.Helper()
	if err := theChecker(t).check(r, sent, status, header, body); err != nil {
		t.Errorf("%s %s, answered with %d %.200s, breaks the contract: %v", r.Method, r.URL, status, body, err)
	}
}

// InContract returns why the contract does not allow a request, or nil.
func InContract(t testing.TB, r *http.Request, sent []byte) error {
	t.Helper()
	c := theChecker(t)
	input, err := c.find(r, sent)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(r.Context(), input)
}

func (c *Checker) check(r *http.Request, sent []byte, status int, header http.Header, body []byte) error {
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
	request.Method = readMethod(r.Method)
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
	operation := &openapi3.Operation{Responses: openapi3.NewResponses(openapi3.WithStatus(status, c.document.Components.Responses[names[status]]))}
	input := &openapi3filter.RequestValidationInput{
		Request: httptest.NewRequest(http.MethodGet, Prefix, nil),
		Route:   &routers.Route{Spec: c.document, Operation: operation},
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	return openapi3filter.ValidateResponse(context.Background(), answerInput(input, status, header, body))
}

// operations returns every operation of the contract by its method and path.
func (c *Checker) operations() map[string]*openapi3.Operation {
	out := map[string]*openapi3.Operation{}
	for path, item := range c.document.Paths.Map() {
		for method, operation := range item.Operations() {
			out[method+" "+Prefix+path] = operation
		}
	}
	return out
}

// parametersOf returns the names of an operation's parameters, those of its path included.
func (c *Checker) parametersOf(key string) []string {
	method, path, _ := strings.Cut(key, " ")
	item := c.document.Paths.Value(strings.TrimPrefix(path, Prefix))
	var names []string
	for _, parameter := range slices.Concat(item.Parameters, item.GetOperation(method).Parameters) {
		names = append(names, parameter.Value.Name)
	}
	return names
}
