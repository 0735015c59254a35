"""The audit logs of all companies, for Ekyam's staff to read."""

from django.contrib import admin

from ekyam.audit.models import AuditEntry
from ekyam.staff import LookOnly


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnly):
    list_display = ("tenant", "number", "at", "actor", "action", "subject_label", "address")
    list_filter = ("actor_kind",)
    list_select_related = ("tenant",)
    search_fields = ("actor", "action", "subject", "subject_label")
