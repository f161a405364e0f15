package chart

// CAPEM has the form of an authority's certificate.
const CAPEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

// Foreign says whether the kinds of a group are those of cert-manager, of Prometheus'
// operator or of Gateway API, which a cluster need not have.
func Foreign(group string) bool {
	return group == "cert-manager.io" || group == "monitoring.coreos.com" || group == "gateway.networking.k8s.io"
}

// ValueSets are the ways in which the chart is rendered in tests.
func ValueSets() map[string]map[string]any {
	return map[string]map[string]any{
		"minimal": Minimal(),
		"single": {
			"etcd":              map[string]any{"endpoints": []any{"http://etcd.data:2379"}},
			"apiserver":         map[string]any{"replicas": 1, "resources": nil},
			"controllerManager": map[string]any{"replicas": 1},
			"topologySpread":    map[string]any{"topologyKeys": []any{}},
			"catalog":           map[string]any{"files": map[string]any{"plans.json": Plans}},
		},
		"given": {
			"image": map[string]any{"repository": "mirror:5000/team/kubenova", "tag": "v9.9.9", "pullPolicy": "Always", "pullSecrets": []any{"pull"}},
			"etcd": map[string]any{
				"endpoints": []any{"https://etcd-0.etcd:2379", "https://etcd-1.etcd:2379"},
				"prefix":    "/blue", "tlsSecret": "etcd-client",
			},
			"encryption":         map[string]any{"existingSecret": "our-key"},
			"servingCertificate": map[string]any{"existingSecret": "our-tls", "caBundle": CAPEM},
			"service":            map[string]any{"port": 8443},
			"apiserver":          map[string]any{"replicas": 3},
			"controllerManager":  map[string]any{"allowTargetCIDRs": []any{"10.0.0.0/8", "fd00::/8"}},
			"topologySpread":     map[string]any{"whenUnsatisfiable": "DoNotSchedule"},
			"catalog":            map[string]any{"existingConfigMap": "our-catalog"},
		},
		"trial": {
			"etcd":              map[string]any{"embedded": map[string]any{"enabled": true, "storageClassName": "standard"}},
			"apiserver":         map[string]any{"replicas": 1},
			"controllerManager": map[string]any{"replicas": 1},
			"networkPolicy":     map[string]any{"enabled": true},
			"podAntiAffinity":   "none",
			"gateway":           gateway(""),
			"dashboards":        map[string]any{"enabled": true},
		},
		"whole": {
			"etcd":               map[string]any{"endpoints": []any{"https://etcd.data:2379"}},
			"servingCertificate": map[string]any{"certManager": map[string]any{"enabled": true}},
			"podAntiAffinity":    "required",
			"networkPolicy":      map[string]any{"enabled": true},
			"ingress": map[string]any{
				"enabled": true, "className": "nginx", "host": "kubenova.example.com", "tlsSecret": "public-tls",
				"annotations": map[string]any{"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"},
			},
			"gateway":        gateway("our-ca"),
			"serviceMonitor": map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}},
			"prometheusRule": map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}},
		},
	}
}

func gateway(caConfigMap string) map[string]any {
	return map[string]any{
		"enabled": true, "hostnames": []any{"kubenova.example.com"}, "caConfigMap": caConfigMap,
		"parentRefs": []any{map[string]any{"name": "public", "namespace": "gateways", "sectionName": "https"}},
	}
}

// Plans is a catalog's file, with what a template could trip over.
const Plans = "[\n  {\"name\": \"{{ small }}: 'x'\"}\n]\n"

// Minimal are values that say no more than they must.
func Minimal() map[string]any {
	return map[string]any{"etcd": map[string]any{"endpoints": []any{"https://etcd.data:2379"}}}
}
