package plugin

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const ownAccount = "Make a service account on the cluster and register its token: kubectl create token <account> -n <namespace> --duration=8760h"

func loadKubeconfig(file string) (clientcmdapi.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = file
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).RawConfig()
	if err != nil {
		return config, unreadable(err)
	}
	return config, nil
}

// minify reads one context of a kubeconfig with everything inline. What cannot
// leave this machine is left out with a warning, or refused here if nothing else
// says who the user is.
func minify(file, target string) (minified []byte, warnings []string, err error) {
	config, err := loadKubeconfig(file)
	if err != nil {
		return nil, nil, err
	}
	if target != "" {
		config.CurrentContext = target
	}
	if err := clientcmdapi.MinifyConfig(&config); err != nil {
		return nil, nil, &hint{fmt.Errorf("choosing the context: %w", err), "Try: kubectl config get-contexts"}
	}
	if err := clientcmdapi.FlattenConfig(&config); err != nil {
		return nil, nil, fmt.Errorf("reading the files that the kubeconfig names: %w", err)
	}
	for name, user := range config.AuthInfos {
		warning, err := withoutPlugin(name, user)
		if err != nil {
			return nil, nil, err
		}
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	dropNotes(&config)
	minified, err = clientcmd.Write(config)
	return minified, warnings, err
}

// withoutPlugin takes programs that make credentials out of a user.
func withoutPlugin(name string, user *clientcmdapi.AuthInfo) (warning string, err error) {
	program := ""
	switch {
	case user.Exec != nil:
		program = user.Exec.Command
	case user.AuthProvider != nil:
		program = user.AuthProvider.Name
	default:
		return "", nil
	}
	if user.Token == "" && len(user.ClientCertificateData) == 0 {
		return "", hinted(ownAccount, "user %q gets its credentials from a plugin (%s), which KubeNova does not run", name, program)
	}
	user.Exec, user.AuthProvider = nil, nil
	return fmt.Sprintf("user %q also gets credentials from a plugin (%s), which KubeNova does not run; its inline ones are registered", name, program), nil
}

// dropNotes removes what other tools have written into a kubeconfig for themselves.
func dropNotes(config *clientcmdapi.Config) {
	none := func() map[string]runtime.Object { return nil }
	config.Extensions, config.Preferences = none(), clientcmdapi.Preferences{}
	for _, c := range config.Clusters {
		c.Extensions = none()
	}
	for _, c := range config.Contexts {
		c.Extensions = none()
	}
	for _, u := range config.AuthInfos {
		u.Extensions = none()
	}
}

// contexts completes to the contexts of the kubeconfig to register.
func (o *registerOptions) contexts(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	config, err := loadKubeconfig(o.file)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return slices.Sorted(maps.Keys(config.Contexts)), cobra.ShellCompDirectiveNoFileComp
}
