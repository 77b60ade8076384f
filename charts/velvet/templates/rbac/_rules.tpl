{{- /* What the controller does with its own kinds in a namespace that it watches. */ -}}
{{- define "velvet.kindRules" -}}
- apiGroups: [velvet.raxx.app]
  resources: [credentials, rotationrequests, rotationdecisions]
  verbs: [get, list, watch]
# What the scheduler asks for is shown as a request like any other.
- apiGroups: [velvet.raxx.app]
  resources: [rotationrequests]
  verbs: [create]
- apiGroups: [velvet.raxx.app]
  resources: [credentials/status, rotationrequests/status, rotationdecisions/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
