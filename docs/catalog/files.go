// Package files holds the catalog that is built in.
package files

import "embed"

// Files are policysets.json, plans.json and definitions.json.
//
//go:embed *.json
var Files embed.FS
