//go:build tools

// Package codegen keeps the code generators' module in go.mod.
package codegen

import _ "k8s.io/code-generator"
