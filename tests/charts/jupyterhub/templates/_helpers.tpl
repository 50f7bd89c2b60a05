{{- define "jupyterhub.labels" -}}
app: jupyterhub
release: {{ .Release.Name }}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "jupyterhub.pullSecrets" -}}
{{- $names := list }}
{{- range .Values.imagePullSecrets }}{{ $names = append $names (kindIs "map" . | ternary (dict) (dict "name" .)) }}{{ end }}
{{- if .Values.imagePullSecret.create }}{{ $names = append $names (dict "name" "image-pull-secret") }}{{ end }}
{{- with $names }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- end }}

{{- define "jupyterhub.image" -}}
image: {{ printf "%s:%s" .name .tag | quote }}
{{- with .pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{- /* A value that is generated once and then kept: what the cluster has wins over a new one. */}}
{{- define "jupyterhub.kept" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace "hub" }}
{{- if and $secret (hasKey $secret.data .key) }}{{ index $secret.data .key | b64dec }}{{ else }}{{ randAlphaNum 64 }}{{ end }}
{{- end }}
