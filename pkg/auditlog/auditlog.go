// Package auditlog writes the audit log of a server that was given no policy.
package auditlog

import (
	_ "embed"
	"fmt"
	"io"
	"os"

	"gopkg.in/natefinch/lumberjack.v2"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/audit/policy"
	genericapiserver "k8s.io/apiserver/pkg/server"
	pluginlog "k8s.io/apiserver/plugin/pkg/audit/log"
)

//go:embed policy.yaml
var defaultPolicy []byte

// Stdout is the path that means standard output.
const Stdout = "-"

// Bounds of the files.
const (
	maxSizeMB  = 100
	maxBackups = 10
	maxAgeDays = 30
)

// Apply has a server write its audit log to path by the default policy. An event is
// written before its request is answered.
func Apply(config *genericapiserver.Config, path string) error {
	rules, err := policy.LoadPolicyFromBytes(defaultPolicy)
	if err != nil {
		return fmt.Errorf("reading the default audit policy: %w", err)
	}
	out, err := open(path)
	if err != nil {
		return err
	}
	config.AuditPolicyRuleEvaluator = policy.NewPolicyRuleEvaluator(rules)
	config.AuditBackend = pluginlog.NewBackend(out, pluginlog.FormatJson, auditv1.SchemeGroupVersion)
	return nil
}

func open(path string) (io.Writer, error) {
	if path == Stdout {
		return os.Stdout, nil
	}
	// Opened once to tell at the start what is wrong with it; it is its owner's alone.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the audit log: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("opening the audit log: %w", err)
	}
	return &lumberjack.Logger{Filename: path, MaxSize: maxSizeMB, MaxBackups: maxBackups, MaxAge: maxAgeDays, Compress: true}, nil
}
