package facade

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func decodeCall(body io.Reader, contentType string, limit int64) *call {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, limit)
	return &call{request: r}
}

func TestDecode(t *testing.T) {
	const json = "application/json"
	const good = `{"name":"hello","components":[{"name":"web","type":"webservice","properties":{"port":80}}]}`
	deep := strings.Repeat(`{"a":`, 100_000)
	cases := []struct {
		name, contentType, body string
		status                  int    // 0 is right
		field                   string // of the first detail
	}{
		{name: "good", contentType: json, body: good},
		{name: "white space", contentType: json, body: " \n" + good + "\n "},
		{name: "charset", contentType: "application/json; charset=UTF-8", body: good},
		{name: "other charset", contentType: "application/json; charset=latin1", body: good, status: 415},
		{name: "no content type", body: good, status: 415},
		{name: "form", contentType: "application/x-www-form-urlencoded", body: good, status: 415},
		{name: "json patch", contentType: "application/json-patch+json", body: good, status: 415},
		{name: "odd content type", contentType: "application/json;;=", body: good, status: 415},
		{name: "empty", contentType: json, status: 400},
		{name: "blank", contentType: json, body: " \n", status: 400},
		{name: "not JSON", contentType: json, body: `{"name":`, status: 400},
		{name: "trailing", contentType: json, body: good + `{}`, status: 400},
		{name: "trailing brace", contentType: json, body: good + `}`, status: 400},
		{name: "duplicate", contentType: json, body: `{"name":"a","name":"b"}`, status: 400},
		{name: "duplicate in properties", contentType: json, body: `{"name":"a","components":[{"name":"w","type":"t","properties":{"image":"a","image":"b"}}]}`, status: 400},
		{name: "duplicate and unknown", contentType: json, body: `{"name":"a","name":"b","x":1}`, status: 400},
		{name: "null", contentType: json, body: `null`, status: 422},
		{name: "array", contentType: json, body: `[]`, status: 422},
		{name: "unknown", contentType: json, body: `{"name":"a","plan":"gold"}`, status: 422, field: "plan"},
		{name: "unknown below", contentType: json, body: `{"name":"a","components":[{"name":"w","kind":"t"}]}`, status: 422, field: "components[0].kind"},
		{name: "other case", contentType: json, body: `{"Name":"a"}`, status: 422, field: "Name"},
		{name: "wrong type", contentType: json, body: `{"name":1}`, status: 422, field: "name"},
		{name: "wrong type below", contentType: json, body: `{"name":"a","components":[{"name":true}]}`, status: 422, field: "components[0].name"},
		{name: "a time that is none", contentType: json, body: `{"name":"a","createdAt":"yesterday"}`, status: 422, field: "createdAt"},
		{name: "too deep", contentType: json, body: `{"name":` + deep, status: 400},
		{name: "not UTF-8 escapes", contentType: json, body: `{"name":"\uZZZZ"}`, status: 400},
		{name: "too large", contentType: json, body: `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, status: 413},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var into app
			err := decodeCall(strings.NewReader(c.body), c.contentType, DefaultMaxBodyBytes).decode(&into)
			if c.status == 0 {
				if err != nil || into.Name != "hello" || into.Components[0].Name != "web" {
					t.Fatalf("got %+v and %v", into, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("no error, want %d", c.status)
			}
			got := translate(err)
			if got.status != c.status {
				t.Fatalf("got %v, want %d", got, c.status)
			}
			if c.field != "" && (len(got.details) == 0 || got.details[0].Field != c.field) {
				t.Errorf("details are %+v, want field %s", got.details, c.field)
			}
		})
	}
}

func TestDecodeAtTheLimit(t *testing.T) {
	const body = `{"name":"hello"}`
	for limit, want := range map[int64]int{int64(len(body)): 0, int64(len(body)) - 1: 413} {
		err := decodeCall(strings.NewReader(body), "application/json", limit).decode(&app{})
		if want == 0 && err != nil || want != 0 && (err == nil || translate(err).status != want) {
			t.Errorf("limit %d: got %v, want %d", limit, err, want)
		}
	}
}

func TestDecodeEncoded(t *testing.T) {
	c := decodeCall(strings.NewReader("{}"), "application/json", 100)
	c.request.Header.Set("Content-Encoding", "gzip")
	if err := c.decode(&app{}); err == nil || translate(err).status != 415 {
		t.Errorf("got %v, want 415", err)
	}
}

func TestDecodeInterrupted(t *testing.T) {
	body := io.MultiReader(strings.NewReader(`{"name":`), brokenReader{})
	if err := decodeCall(body, "application/json", 100).decode(&app{}); err == nil || translate(err).status != 400 {
		t.Errorf("got %v, want 400", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestDecodeNothing(t *testing.T) {
	cases := []struct {
		contentType, body string
		status            int
	}{
		{"", "", 0},
		{"application/json", "", 0},
		{"application/json", "{}", 0},
		{"", "{}", 415},
		{"application/json", `{"toRevision":1}`, 422},
		{"application/json", "x", 400},
	}
	for _, c := range cases {
		err := decodeCall(strings.NewReader(c.body), c.contentType, 100).decodeNothing()
		if c.status == 0 && err != nil || c.status != 0 && (err == nil || translate(err).status != c.status) {
			t.Errorf("%q %q: got %v, want %d", c.contentType, c.body, err, c.status)
		}
	}
}
