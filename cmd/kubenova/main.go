// Command kubenova runs KubeNova: all of it in one process, or its parts apart.
package main

import (
	"fmt"
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/kubenova/kubenova/pkg/cmd"
)

func main() {
	command := cmd.NewCommand()
	if err := command.ExecuteContext(genericapiserver.SetupSignalContext()); err != nil {
		fmt.Fprintln(os.Stderr, "kubenova:", err)
		os.Exit(1)
	}
}
