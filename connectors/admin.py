"""Connections, for Ekyam's staff: never their secrets."""

from django.contrib import admin

from connectors.models import Connection
from ekyam.staff import LookOnly


@admin.register(Connection)
class ConnectionAdmin(LookOnly):
    list_display = ("label", "tenant", "connector", "environment", "state", "checked_at")
    list_filter = ("state", "connector", "environment")
    list_select_related = ("tenant",)
    search_fields = ("label", "account", "tenant__name")
    exclude = ("sealed", "settings")
