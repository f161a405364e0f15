// Command kubectl-kubenova is the kubectl plugin of KubeNova: kubectl kubenova.
// Under the name kubectl_complete-kubenova it completes the plugin's arguments.
package main

import (
	"fmt"
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubenova/kubenova/pkg/plugin"
)

func main() {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	command := plugin.NewCommand(streams)
	command.SetArgs(plugin.ArgsFor(os.Args[0], os.Args[1:]))
	if err := command.ExecuteContext(genericapiserver.SetupSignalContext()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", plugin.Explain(err))
		os.Exit(1)
	}
}
