// Package e2e tests KubeNova on a whole local platform of real parts, the one
// that make up starts. The tests read where it is from the environment, as
// _data/up/env exports it, and need the build tag e2e.
package e2e
