{{- define "velvet.fullname" -}}
{{- if eq .Release.Name "velvet" }}velvet{{ else }}{{ printf "velvet-%s" .Release.Name | trunc 53 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "velvet.selector" -}}
app.kubernetes.io/name: velvet
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "velvet.labels" -}}
{{ include "velvet.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "velvet.serviceAccount" -}}
{{- if .Values.serviceAccount.name }}{{ .Values.serviceAccount.name }}{{ else }}{{ include "velvet.fullname" . }}{{ end }}
{{- end }}

{{- define "velvet.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{ .Values.image.repository }}:{{ $tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- /* Who may write status and Velvet's own annotations: this installation, and others of the same cluster. JSON, which CEL reads too. */ -}}
{{- define "velvet.controllers" -}}
{{- $own := printf "system:serviceaccount:%s:%s" .Release.Namespace (include "velvet.serviceAccount" .) -}}
{{- concat (list $own) .Values.admission.controllers | toJson -}}
{{- end }}

{{- define "velvet.gitOps" -}}
{{- .Values.admission.gitOps | toJson -}}
{{- end }}

{{- define "velvet.everyNamespace" -}}
{{- if has "*" .Values.kubernetes.namespaces }}yes{{ end }}
{{- end }}
