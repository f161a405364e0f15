package cmd

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/kubenova/kubenova/pkg/catalog"
)

func addCatalogDir(flags *pflag.FlagSet, dir *string) {
	flags.StringVar(dir, "catalog-dir", *dir,
		"Directory with plans.json, policysets.json and definitions.json, which are read again when they change. "+
			"A file that is not there is the built-in one.")
}

func checkCatalogDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := catalog.CheckDir(dir); err != nil {
		return fmt.Errorf("--catalog-dir: %w", err)
	}
	return nil
}
