package facade

import (
	"net/http"
	"testing"
)

func TestIfMatch(t *testing.T) {
	cases := []struct {
		headers []string
		match   bool
		bad     bool
	}{
		{nil, true, false},
		{[]string{""}, true, false},
		{[]string{"*"}, true, false},
		{[]string{`"42"`}, true, false},
		{[]string{`"41"`}, false, false},
		{[]string{`"41", "42"`}, true, false},
		{[]string{`"41"`, `"42"`}, true, false},
		{[]string{`W/"42"`}, false, false},
		{[]string{`""`}, false, false},
		{[]string{`42`}, false, true},
		{[]string{`"42`}, false, true},
		{[]string{`"`}, false, true},
		{[]string{`"41",`}, false, true},
	}
	for _, c := range cases {
		parsed, err := parseIfMatch(http.Header{"If-Match": c.headers})
		if (err != nil) != c.bad {
			t.Errorf("%q: error is %v", c.headers, err)
			continue
		}
		if err == nil && parsed.match("42") != c.match {
			t.Errorf("%q matches 42: %v", c.headers, !c.match)
		}
	}
}
