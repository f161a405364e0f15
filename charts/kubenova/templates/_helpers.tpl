{{- /*
Names are fixed: the API is registered once in a cluster, and the controllers
bind the roles of people by their names.
*/ -}}

{{- /* Labels of the component (list $ "apiserver"), as its selectors use them. */ -}}
{{- define "kubenova.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: kubenova
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* Labels of every object. */ -}}
{{- define "kubenova.labels" -}}
{{- $root := index . 0 -}}
{{ include "kubenova.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "kubenova.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "kubenova.encryptionSecret" -}}
{{ .Values.encryption.existingSecret | default "kubenova-apiserver-encryption" }}
{{- end }}

{{- define "kubenova.servingSecret" -}}
{{ .Values.servingCertificate.existingSecret | default "kubenova-apiserver-tls" }}
{{- end }}

{{- /* What the pods of a component (list $ "apiserver") have in common. */ -}}
{{- define "kubenova.podSpec" -}}
{{- $root := index . 0 -}}
serviceAccountName: kubenova-{{ index . 1 }}
enableServiceLinks: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  # Secrets are mounted for this group alone.
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with $root.Values.podAntiAffinity }}
{{- if ne . "none" }}
affinity:
  podAntiAffinity:
    {{- if eq . "required" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - {{- include "kubenova.otherNode" $ | nindent 8 }}
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          {{- include "kubenova.otherNode" $ | nindent 10 }}
    {{- end }}
{{- end }}
{{- end }}
{{- with $root.Values.topologySpread }}
{{- if .topologyKeys }}
topologySpreadConstraints:
  {{- $policy := .whenUnsatisfiable }}
  {{- range .topologyKeys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $policy }}
    labelSelector:
      matchLabels:
        {{- include "kubenova.selectorLabels" $ | nindent 8 }}
    # Pods of the version being replaced do not count.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "kubenova.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Name of the ConfigMap with the catalog's files; empty for the built-in catalog. */}}
{{- define "kubenova.catalog" -}}
{{- .Values.catalog.existingConfigMap | default (empty .Values.catalog.files | ternary "" "kubenova-catalog") -}}
{{- end -}}

{{- /* The term by which pods of a component (list $ "apiserver") keep to nodes without another. */ -}}
{{- define "kubenova.otherNode" -}}
topologyKey: kubernetes.io/hostname
labelSelector:
  matchLabels:
    {{- include "kubenova.selectorLabels" . | nindent 4 }}
# Pods of the version being replaced do not count.
matchLabelKeys: [pod-template-hash]
{{- end }}

{{- /* The names by which the API server is reached, the first being kube-apiserver's. */ -}}
{{- define "kubenova.serverNames" -}}
{{- $host := printf "kubenova-apiserver.%s.svc" .Release.Namespace -}}
{{- list $host (printf "%s.cluster.local" $host) (printf "kubenova-apiserver.%s" .Release.Namespace) "kubenova-apiserver" | toJson -}}
{{- end }}

{{- define "kubenova.etcdServers" -}}
{{- if .Values.etcd.embedded.enabled -}}
http://kubenova-etcd.{{ .Release.Namespace }}.svc:2379
{{- else -}}
{{- join "," .Values.etcd.endpoints -}}
{{- end -}}
{{- end }}
