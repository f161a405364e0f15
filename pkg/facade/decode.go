package facade

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// decode reads the JSON body of a request. Field names are case-sensitive; an
// unknown field, or a value of the wrong type, is 422 and named.
func (c *call) decode(into any) error {
	body, err := c.readBody()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return badRequest("the request needs a JSON body")
	}
	return decodeStrict(body, into)
}

// decodeNothing is for requests that need no body: none or {} is right.
func (c *call) decodeNothing() error { return c.decodeIfAny(&struct{}{}) }

// decodeIfAny is for requests whose body can be left out.
func (c *call) decodeIfAny(into any) error {
	body, err := c.readBody()
	if err != nil || len(body) == 0 {
		return err
	}
	return decodeStrict(body, into)
}

// readBody returns the body, without white space around it.
func (c *call) readBody() ([]byte, error) {
	body, err := c.readAll()
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		if err := checkContentType(c.request.Header); err != nil {
			return nil, err
		}
	}
	return bytes.TrimSpace(body), nil
}

// readAll returns the body as it was sent.
func (c *call) readAll() ([]byte, error) {
	body, err := io.ReadAll(c.request.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &apiError{
			status:  http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit),
		}
	}
	if err != nil {
		return nil, badRequest("the body could not be read to its end")
	}
	return body, nil
}

func checkContentType(header http.Header) error {
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := params["charset"]
	encoding := header.Get("Content-Encoding")
	switch {
	case err != nil || mediaType != "application/json",
		charset != "" && !strings.EqualFold(charset, "utf-8"),
		encoding != "" && !strings.EqualFold(encoding, "identity"):
		return &apiError{
			status:  http.StatusUnsupportedMediaType,
			message: "the body must be sent as Content-Type: application/json, in UTF-8 and without Content-Encoding",
		}
	}
	return nil
}

// decodeStrict decodes one JSON value. What is not one JSON value in UTF-8, or has
// a field twice, is 400.
func decodeStrict(body []byte, into any) error {
	if !utf8.Valid(body) {
		return badRequest("the body is not UTF-8")
	}
	strictErrors, err := kjson.UnmarshalStrict(body, into)
	if err != nil {
		return decodeError(body, err)
	}
	if bytes.Equal(body, []byte("null")) {
		return unprocessable([]detail{{Reason: string(field.ErrorTypeRequired), Message: "the body must not be null"}})
	}
	var unknown []*field.Error
	for _, strictError := range strictErrors {
		var problem kjson.FieldError
		if !errors.As(strictError, &problem) || strings.HasPrefix(strictError.Error(), "duplicate") {
			return badRequest("the body is ambiguous: %v", strictError)
		}
		path := field.NewPath(problem.FieldPath())
		unknown = append(unknown, field.Forbidden(path, "there is no such field"))
	}
	if len(unknown) > 0 {
		return invalid(unknown...)
	}
	return nil
}

// decodeError explains why a body was not decoded.
func decodeError(body []byte, err error) error {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		problem := field.TypeInvalid(nil, nil, fmt.Sprintf("must be %s, not %s", jsonType(mismatch.Type), mismatch.Value))
		problem.Field = pathAt(body, mismatch.Offset) // the decoder leaves out indexes and names in maps
		return invalid(problem)
	}
	// createdAt is the only time that a body may hold, and the decoder does not name it.
	var notTime *time.ParseError
	if errors.As(err, &notTime) || strings.HasPrefix(err.Error(), "Time.UnmarshalJSON: ") {
		return invalid(field.Invalid(field.NewPath("createdAt"), nil, "must be a time such as 2025-01-01T12:00:00Z"))
	}
	if isSyntax, offset := kjson.SyntaxErrorOffset(err); isSyntax {
		return badRequest("the body is not valid JSON, at byte %d: %v", offset, err)
	}
	return badRequest("the body cannot be parsed: %v", err)
}

// jsonType names the JSON type that decodes into a Go type.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a whole number"
}
