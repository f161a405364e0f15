package main

import (
	"fmt"
	"os"
)

// auditPolicy has kube-apiserver log who writes what, without bodies. Leases, events
// and reviews are no content, and would be most of it.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    verbs: [get, list, watch]
  - level: None
    nonResourceURLs: ["*"]
  - level: None
    resources:
      - group: ""
        resources: [events]
      - group: events.k8s.io
      - group: coordination.k8s.io
      - group: authentication.k8s.io
      - group: authorization.k8s.io
  - level: Metadata
`

// auditArgs are the flags of kube-apiserver for the audit log, if there is one.
func (c *cluster) auditArgs() []string {
	if !c.options.audit {
		return nil
	}
	return []string{
		"--audit-policy-file=" + c.layout.path("data", "audit-policy.yaml"),
		"--audit-log-path=" + c.layout.path("data", "kube-audit.log"),
		// Writers do not wait for the log.
		"--audit-log-mode=batch",
	}
}

func (c *cluster) writeAuditPolicy() error {
	if !c.options.audit {
		return nil
	}
	if err := os.WriteFile(c.layout.path("data", "audit-policy.yaml"), []byte(auditPolicy), 0o600); err != nil {
		return fmt.Errorf("writing the audit policy: %w", err)
	}
	return nil
}
