package facade

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/kubenova/kubenova/test/restcontract"
)

// Checker holds what goes through the door against the contract.
type Checker struct{ *restcontract.Checker }

// loadChecker reads the served contract once for all tests.
var loadChecker = sync.OnceValues(func() (*restcontract.Checker, error) { return restcontract.New([]byte(contractJSON)) })

func theChecker(t testing.TB) *Checker {
	t.Helper()
	c, err := loadChecker()
	if err != nil {
		t.Fatalf("loading the contract: %v", err)
	}
	return &Checker{c}
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
	if err := theChecker(t).Check(r, sent, status, header, body); err != nil {
		t.Errorf("%s %s, answered with %d %.200s, breaks the contract: %v", r.Method, r.URL, status, body, err)
	}
	answered.add(theChecker(t).OperationOf(r), status)
}

// InContract returns why the contract does not allow a request, or nil.
func InContract(t testing.TB, r *http.Request, sent []byte) error {
	t.Helper()
	return theChecker(t).CheckRequest(r, sent)
}

// operations returns every operation of the contract by its method and path.
func (c *Checker) operations() map[string]*openapi3.Operation {
	out := map[string]*openapi3.Operation{}
	for path, item := range c.Document.Paths.Map() {
		for method, operation := range item.Operations() {
			out[method+" "+Prefix+path] = operation
		}
	}
	return out
}

// parametersOf returns the names of an operation's parameters, those of its path included.
func (c *Checker) parametersOf(key string) []string {
	method, path, _ := strings.Cut(key, " ")
	item := c.Document.Paths.Value(strings.TrimPrefix(path, Prefix))
	var names []string
	for _, parameter := range slices.Concat(item.Parameters, item.GetOperation(method).Parameters) {
		names = append(names, parameter.Value.Name)
	}
	return names
}

// Operation is an operation of the contract, with the parameters of its path.
type Operation struct {
	*openapi3.Operation
	// Path is below Prefix.
	Method, Path string
	Parameters   []*openapi3.Parameter
}

// Operations returns every operation of the contract, in the order of their paths.
func Operations(t testing.TB) []Operation {
	t.Helper()
	var out []Operation
	for path, item := range theChecker(t).Document.Paths.Map() {
		for method, operation := range item.Operations() {
			o := Operation{Operation: operation, Method: method, Path: path}
			for _, parameter := range slices.Concat(item.Parameters, operation.Parameters) {
				o.Parameters = append(o.Parameters, parameter.Value)
			}
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b Operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return out
}

// Body returns the schema and the example of what an operation is sent; nil if
// that is nothing.
func (o Operation) Body() (*openapi3.Schema, any) {
	if o.RequestBody == nil {
		return nil, nil
	}
	content := o.RequestBody.Value.Content.Get("application/json")
	return content.Schema.Value, content.Example
}
