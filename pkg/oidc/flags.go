package oidc

import "github.com/spf13/pflag"

// AddFlags adds the flag of the file.
func AddFlags(flags *pflag.FlagSet, path *string) {
	flags.StringVar(path, "authentication-config", *path,
		"Kubernetes' AuthenticationConfiguration file (apiserver.config.k8s.io/v1) with the JWT issuers whose users are let in. "+
			"It is read again when it changes. No user or group of it can have a name that begins with system: or kubenova:.")
}
