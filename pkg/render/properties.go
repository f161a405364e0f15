package render

import (
	"maps"
	"math"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// container accepts the properties that every component type has, and more.
func container(more ...fields) rule {
	ref := object(fields{"name": nonEmpty, "key": nonEmpty}, nil)
	optional := fields{
		"imagePullPolicy":  oneOf("Always", "Never", "IfNotPresent"),
		"imagePullSecrets": list(nonEmpty),
		"cmd":              list(text),
		"env": list(object(fields{"name": nonEmpty}, fields{
			"value":     text,
			"valueFrom": object(nil, fields{"secretKeyRef": ref, "configMapKeyRef": ref}),
		})),
		"cpu":     quantity,
		"memory":  quantity,
		"volumes": list(volume()),
	}
	for _, m := range more {
		maps.Copy(optional, m)
	}
	return object(fields{"image": nonEmpty}, optional)
}

// podMeta are the labels and annotations of the pods.
func podMeta() fields {
	return fields{"labels": mapOf(freeKey, labelValue), "annotations": mapOf(freeKey, text)}
}

func arguments() fields { return fields{"args": list(text)} }

func aliases() fields {
	return fields{"hostAliases": list(object(fields{"ip": nonEmpty, "hostnames": list(nonEmpty)}, nil))}
}

// ports are the properties of what listens, with more port numbers in each entry.
func ports(more ...string) fields {
	optional := fields{"name": nonEmpty, "expose": boolean, "protocol": oneOf("TCP", "UDP", "SCTP")}
	for _, key := range more {
		optional[key] = port
	}
	return fields{
		"port":             port,
		"ports":            list(object(fields{"port": port}, optional)),
		"exposeType":       oneOf("ClusterIP", "LoadBalancer"),
		"addRevisionLabel": boolean,
	}
}

// mounts are the volumes of a component, with more strings in each entry.
func mounts(more ...string) fields {
	mount := func(need, optional fields) rule {
		need = with(need, fields{"name": nonEmpty, "mountPath": nonEmpty})
		for _, key := range more {
			optional[key] = text
		}
		return list(object(need, optional))
	}
	return fields{"volumeMounts": object(nil, fields{
		"pvc":       mount(fields{"claimName": nonEmpty}, fields{}),
		"configMap": mount(fields{"cmName": nonEmpty}, fields{"defaultMode": mode, "items": fileItems()}),
		"secret":    mount(fields{"secretName": nonEmpty}, fields{"defaultMode": mode, "items": fileItems()}),
		"emptyDir":  mount(nil, fields{"medium": oneOf("", "Memory")}),
	})}
}

// volume is an entry of the older property for volumes.
func volume() rule {
	return object(fields{"name": nonEmpty, "mountPath": nonEmpty}, fields{
		"type":      oneOf("emptyDir", "pvc", "configMap", "secret"),
		"claimName": nonEmpty, "cmName": nonEmpty, "secretName": nonEmpty,
		"defaultMode": mode, "items": fileItems(), "medium": oneOf("", "Memory"),
	})
}

func fileItems() rule {
	return list(object(fields{"key": nonEmpty, "path": nonEmpty}, fields{"mode": mode}))
}

// probes are the health checks of a container, with more strings in httpGet.
func probes(more ...string) fields {
	httpGet := fields{"httpHeaders": list(object(fields{"name": nonEmpty, "value": text}, nil))}
	for _, key := range more {
		httpGet[key] = oneOf("HTTP", "HTTPS")
	}
	times := integer(1, math.MaxInt32)
	probe := object(nil, fields{
		"exec":                object(fields{"command": list(text)}, nil),
		"httpGet":             object(fields{"path": text, "port": port}, httpGet),
		"tcpSocket":           object(fields{"port": port}, nil),
		"initialDelaySeconds": count,
		"periodSeconds":       times,
		"timeoutSeconds":      times,
		"successThreshold":    times,
		"failureThreshold":    times,
	})
	return fields{"livenessProbe": probe, "readinessProbe": probe}
}

// mode accepts the permission bits of a file.
func mode(value any, path *field.Path) field.ErrorList { return integer(0, 0o777)(value, path) }

// with returns both maps as one; where they meet, base wins.
func with[V any](base, more map[string]V) map[string]V {
	out := maps.Clone(more)
	if out == nil {
		out = map[string]V{}
	}
	maps.Copy(out, base)
	return out
}
