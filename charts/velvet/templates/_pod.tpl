{{- /* What the controller and its test run with: the same environment, the same rights. */ -}}
{{- define "velvet.environment" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.ledger.existingSecret }}
      key: {{ .Values.ledger.databaseUrlKey }}
{{- with .Values.ledger.migrationDatabaseUrlKey }}
- name: VELVET_MIGRATION_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.ledger.existingSecret }}
      key: {{ . }}
{{- end }}
{{- with .Values.ledger.auditDatabaseUrlKey }}
- name: VELVET_AUDIT_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.ledger.existingSecret }}
      key: {{ . }}
{{- end }}
- name: VELVET_KEK_FILE
  value: /run/secrets/velvet-kek/kek
{{- with .Values.kek.previousKey }}
- name: VELVET_KEK_PREVIOUS
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.kek.existingSecret }}
      key: {{ . }}
{{- end }}
- name: VELVET_DATA_DIR
  value: /var/lib/velvet
- name: VELVET_CACHE_DIR
  value: /var/lib/velvet/cache
{{- if .Values.checkpoint.existingClaim }}
- name: VELVET_CHECKPOINT_FILE
  value: /var/lib/velvet-checkpoint/checkpoint.json
{{- end }}
{{- if .Values.checkpoint.keySecret }}
- name: VELVET_CHECKPOINT_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.checkpoint.keySecret }}
      key: {{ .Values.checkpoint.keyKey }}
{{- end }}
{{- with .Values.checkpoint.git }}
{{- if .url }}
- name: VELVET_CHECKPOINT_GIT_URL
  value: {{ .url | quote }}
- name: VELVET_CHECKPOINT_GIT_BRANCH
  value: {{ .branch | quote }}
{{- if .tokenSecret }}
- name: VELVET_CHECKPOINT_GIT_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .tokenSecret }}
      key: {{ .tokenKey }}
{{- end }}
{{- end }}
{{- end }}
- name: VELVET_ENV
  value: {{ .Values.environment | quote }}
- name: VELVET_INSTALL
  value: {{ .Values.install | quote }}
- name: VELVET_ROTATION
  value: {{ .Values.rotation | quote }}
- name: VELVET_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
- name: VELVET_CONCURRENCY
  value: {{ .Values.concurrency | quote }}
{{- with .Values.kubernetes.namespaces }}
- name: VELVET_KUBERNETES_NAMESPACES
  value: {{ if has "*" . }}"*"{{ else }}{{ join "," . | quote }}{{ end }}
{{- end }}
{{- with .Values.git }}
{{- if .url }}
- name: VELVET_GIT_URL
  value: {{ .url | quote }}
- name: VELVET_GIT_BRANCH
  value: {{ .branch | quote }}
- name: VELVET_GIT_INTERVAL
  value: {{ .interval | quote }}
- name: VELVET_GIT_NAMESPACES
  value: {{ .namespaces | quote }}
{{- if .tokenSecret }}
- name: VELVET_GIT_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .tokenSecret }}
      key: {{ .tokenKey }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.platform.existingConfigMap }}
- name: VELVET_PLATFORM_DIR
  value: /etc/velvet/platform
{{- end }}
{{- with .Values.alarms }}
{{- if .webhookSecret }}
- name: VELVET_ALARM_WEBHOOK
  valueFrom:
    secretKeyRef:
      name: {{ .webhookSecret }}
      key: {{ .webhookKey }}
{{- end }}
{{- end }}
{{- range .Values.accountEnv }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}
{{- end }}

{{- define "velvet.mounts" -}}
- name: state
  mountPath: /var/lib/velvet
- name: tmp
  mountPath: /tmp
- name: kek
  mountPath: /run/secrets/velvet-kek
  readOnly: true
{{- if .Values.checkpoint.existingClaim }}
- name: checkpoint
  mountPath: /var/lib/velvet-checkpoint
{{- end }}
{{- if .Values.platform.existingConfigMap }}
- name: platform
  mountPath: /etc/velvet/platform
  readOnly: true
{{- end }}
{{- end }}

{{- define "velvet.volumes" -}}
- name: state
  emptyDir:
    sizeLimit: {{ .Values.gitCacheSize }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.tmpSize }}
- name: kek
  secret:
    secretName: {{ .Values.kek.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .Values.kek.key }}
        path: kek
{{- with .Values.checkpoint.existingClaim }}
- name: checkpoint
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- with .Values.platform.existingConfigMap }}
- name: platform
  configMap:
    name: {{ . }}
{{- end }}
{{- end }}

{{- define "velvet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "velvet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
