package facade

import "testing"

func TestPolicySetRoundTripAndEquality(t *testing.T) {
	const stored = `{"name":"gold","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3,"max":10}}}],"attachedTo":[{"tenant":"acme","project":"web"}]}`
	cases := []struct {
		name, body string
		same       bool
	}{
		{"same", stored, true},
		{"other order of keys", `{"attachedTo":[{"project":"web","tenant":"acme"}],"name":"gold","rules":[{"spec":{"properties":{"max":10,"min":3},"type":"scaler"},"kind":"vela.trait"}]}`, true},
		{"empty description", `{"description":"","name":"gold","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3.0,"max":10}}}],"attachedTo":[{"tenant":"acme","project":"web"}]}`, true},
		{"description", `{"description":"x","name":"gold","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3,"max":10}}}],"attachedTo":[{"tenant":"acme","project":"web"}]}`, false},
		{"property", `{"name":"gold","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":4,"max":10}}}],"attachedTo":[{"tenant":"acme","project":"web"}]}`, false},
		{"kind", `{"name":"gold","rules":[{"kind":"vela.policy","spec":{"type":"scaler","properties":{"min":3,"max":10}}}],"attachedTo":[{"tenant":"acme","project":"web"}]}`, false},
		{"not attached", `{"name":"gold","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3,"max":10}}}]}`, false},
	}
	read := func(body string) policySet {
		var parsed policySet
		if err := decodeStrict([]byte(body), &parsed); err != nil {
			t.Fatal(err)
		}
		object, err := toPolicySet(parsed)
		if err != nil {
			t.Fatal(err)
		}
		return fromPolicySet(object)
	}
	for _, c := range cases {
		same, err := equalJSON(read(stored), read(c.body))
		if err != nil || same != c.same {
			t.Errorf("%s: same is %v, %v", c.name, same, err)
		}
	}
}

func TestPolicySetRefused(t *testing.T) {
	for field, body := range map[string]policySet{
		"name":                     {},
		"rules[0].spec.properties": {Name: "gold", Rules: []policyRule{{Spec: policyRuleSpec{Properties: "x"}}}},
	} {
		_, err := toPolicySet(body)
		if err == nil || translate(err).status != 422 || translate(err).details[0].Field != field {
			t.Errorf("got %v, want 422 for %s", err, field)
		}
	}
}
