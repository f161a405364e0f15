package oidc

import (
	"strings"
	"testing"
)

const head = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
`

// withMappings is a configuration of one issuer with these claim mappings.
func withMappings(mappings string) string {
	return head + "jwt:\n- issuer: {url: https://id.example.com, audiences: [kubenova]}\n  claimMappings:\n    " +
		strings.ReplaceAll(strings.TrimSpace(mappings), "\n", "\n    ") + "\n"
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct{ config, refused string }{
		"no issuer":            {config: head + "jwt: []\n"},
		"claims":               {config: withMappings(`username: {claim: sub, prefix: "oidc:"}`)},
		"no prefix":            {config: withMappings(`username: {claim: sub, prefix: ""}`)},
		"groups without":       {config: withMappings("username: {claim: sub, prefix: \"\"}\ngroups: {expression: \"dyn(claims.groups).filter(g, !g.startsWith('system:'))\"}")},
		"groups with a prefix": {config: withMappings("username: {claim: sub, prefix: \"\"}\ngroups: {expression: \"has(claims.groups) ? dyn(claims.groups).map(g, 'oidc:' + string(g)) : []\"}")},
		"older version":        {config: strings.Replace(withMappings(`username: {claim: sub, prefix: ""}`), "k8s.io/v1", "k8s.io/v1beta1", 1)},
		"nothing":              {refused: "empty"},
		"another kind":         {config: strings.Replace(head, "AuthenticationConfiguration", "AuthorizationConfiguration", 1), refused: "not an AuthenticationConfiguration"},
		"unknown field":        {config: head + "jwts: []\n", refused: `unknown field "jwts"`},
		"no audience":          {config: head + "jwt:\n- issuer: {url: https://id.example.com}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n", refused: "jwt[0].issuer.audiences"},
		"plain HTTP":           {config: strings.Replace(withMappings(`username: {claim: sub, prefix: ""}`), "https:", "http:", 1), refused: "jwt[0].issuer.url"},
		"broken CEL":           {config: withMappings(`username: {expression: "claims."}`), refused: "jwt[0].claimMappings.username.expression"},
		"anonymous":            {config: head + "anonymous: {enabled: true}\n", refused: "anonymous: Forbidden"},
		"egress":               {config: head + "jwt:\n- issuer: {url: https://id.example.com, audiences: [a], egressSelectorType: cluster}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n", refused: "egressSelectorType"},
		"user prefix":          {config: withMappings(`username: {claim: sub, prefix: "system:"}`), refused: "jwt[0].claimMappings.username.prefix"},
		"group prefix":         {config: withMappings("username: {claim: sub, prefix: \"\"}\ngroups: {claim: groups, prefix: \"kubenova:role:\"}"), refused: "jwt[0].claimMappings.groups.prefix"},
		"user literal":         {config: withMappings(`username: {expression: "'system:' + claims.sub"}`), refused: "jwt[0].claimMappings.username.expression"},
		"longer sum":           {config: withMappings(`username: {expression: "'kubenova:' + claims.sub + '!'"}`), refused: "jwt[0].claimMappings.username.expression"},
		"one of two":           {config: withMappings(`username: {expression: "claims.admin ? 'system:admin' : claims.sub"}`), refused: "jwt[0].claimMappings.username.expression"},
		"group literal":        {config: withMappings("username: {claim: sub, prefix: \"\"}\ngroups: {expression: \"['system:masters']\"}"), refused: "jwt[0].claimMappings.groups.expression"},
		"group in the list":    {config: withMappings("username: {claim: sub, prefix: \"\"}\ngroups: {expression: \"claims.groups + ['kubenova:role:admin']\"}"), refused: "jwt[0].claimMappings.groups.expression"},
		"roles":                {config: withMappings("username: {claim: sub, prefix: \"\"}\nextra: [{key: kubenova.io/roles, valueExpression: \"'admin'\"}]"), refused: "jwt[0].claimMappings.extra[0].key"},
		"roles below":          {config: withMappings("username: {claim: sub, prefix: \"\"}\nextra: [{key: x.kubenova.io/y, valueExpression: \"'admin'\"}]"), refused: "jwt[0].claimMappings.extra[0].key"},
	} {
		_, err := parse([]byte(test.config))
		switch {
		case test.refused == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)):
			t.Errorf("%s: got %v, want %q", name, err, test.refused)
		}
	}
}
