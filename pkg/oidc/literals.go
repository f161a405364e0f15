package oidc

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// beginnings returns the constant strings with which the values of a CEL expression
// are seen to begin, without knowing any claim. What it does not see is checked on
// the users that come of it.
func beginnings(expression string) []string {
	if expression == "" {
		return nil
	}
	env, err := cel.NewEnv()
	if err != nil {
		return nil // see above
	}
	parsed, issues := env.Parse(expression)
	if issues.Err() != nil {
		return nil // Kubernetes' own validation tells
	}
	return beginningsOf(parsed.NativeRep().Expr())
}

func beginningsOf(expr ast.Expr) []string {
	var from []ast.Expr
	switch expr.Kind() {
	case ast.LiteralKind:
		if text, ok := expr.AsLiteral().(types.String); ok {
			return []string{string(text)}
		}
	case ast.ListKind:
		from = expr.AsList().Elements()
	case ast.CallKind:
		switch call := expr.AsCall(); call.FunctionName() {
		case operators.Add:
			from = leftOf(call.Args())
		case operators.Conditional:
			from = call.Args()[1:]
		}
	}
	var found []string
	for _, each := range from {
		found = append(found, beginningsOf(each)...)
	}
	return found
}

// leftOf returns of a sum what its value begins with: of strings the first, of
// lists both.
func leftOf(args []ast.Expr) []ast.Expr {
	if args[0].Kind() == ast.ListKind || args[1].Kind() == ast.ListKind {
		return args
	}
	return args[:1]
}
