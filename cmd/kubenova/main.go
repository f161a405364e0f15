// Command kubenova runs KubeNova: all of it in one process, or its parts apart.
package main

import (
	"fmt"
	"os"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	encryptioncontroller "k8s.io/apiserver/pkg/server/options/encryptionconfig/controller"

	"github.com/kubenova/kubenova/pkg/cmd"
)

func main() {
	// Kubernetes looks once a minute whether the keys in use have changed. The file is
	// small, and whoever rotates keys waits for it.
	encryptioncontroller.EncryptionConfigFileChangePollDuration = 5 * time.Second
	command := cmd.NewCommand()
	if err := command.ExecuteContext(genericapiserver.SetupSignalContext()); err != nil {
		fmt.Fprintln(os.Stderr, "kubenova:", err)
		os.Exit(1)
	}
}
