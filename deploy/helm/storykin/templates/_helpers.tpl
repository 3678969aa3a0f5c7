{{- define "storykin.labels" -}}
app.kubernetes.io/name: storykin
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "storykin.allLabels" -}}
{{ include "storykin.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "storykin.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "storykin.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "storykin.pod" -}}
automountServiceAccountToken: false
# A release called storykin would be given STORYKIN_PREFECT_PORT=tcp://... and the like, which are settings of ours.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "storykin.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
{{- end }}

{{/* What every part of ours is told beside the secret. */}}
{{- define "storykin.settings" -}}
{{- if .Values.prefect.enabled }}
- name: PREFECT_API_URL
  value: http://{{ include "storykin.name" (dict "root" . "part" "prefect") }}:4200/api
{{- end }}
{{- with .Values.tracesTo }}
- name: STORYKIN_TRACES_TO
  value: {{ . | quote }}
{{- end }}
- name: STORYKIN_LOG_TO
  value: stdout
{{- end }}

{{/* What Prefect's servers are told beside theirs: as in compose.yaml. */}}
{{- define "storykin.prefectSettings" -}}
- name: PREFECT_SERVER_DATABASE_MIGRATE_ON_START
  value: "false"
- name: PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED
  value: events,flow_runs
- name: PREFECT_SERVER_ANALYTICS_ENABLED
  value: "false"
- name: PREFECT_SERVER_REGISTER_BLOCKS_ON_START
  value: "false"
- name: PREFECT_SERVER_CSRF_PROTECTION_ENABLED
  value: "true"
- name: PREFECT_MESSAGING_BROKER
  value: prefect_redis.messaging
- name: PREFECT_MESSAGING_CACHE
  value: prefect_redis.messaging
- name: PREFECT_SERVER_EVENTS_CAUSAL_ORDERING
  value: prefect_redis.ordering
- name: PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE
  value: prefect_redis.lease_storage
- name: PREFECT_REDIS_MESSAGING_HOST
  value: {{ .Values.redis.host | quote }}
- name: PREFECT_REDIS_MESSAGING_PORT
  value: {{ .Values.redis.port | quote }}
{{- if not .Values.redis.docketUrlInSecret }}
- name: PREFECT_SERVER_DOCKET_URL
  value: redis://{{ .Values.redis.host }}:{{ .Values.redis.port }}/1
{{- end }}
{{- end }}
