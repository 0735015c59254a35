"""Flows and what they moved, for Ekyam's staff. Payloads stay in the portal of their company."""

from django.contrib import admin

from ekyam.staff import LookOnly
from flows.models import Cursor, Delivery, Event, Flow, Record, Run


@admin.register(Flow)
class FlowAdmin(LookOnly):
    list_display = ("label", "tenant", "source", "target", "is_on", "switched_at")
    list_filter = ("is_on",)
    list_select_related = ("tenant", "source", "target")
    search_fields = ("label", "tenant__name")


@admin.register(Event)
class EventAdmin(LookOnly):
    list_display = ("received_at", "tenant", "connection", "origin", "topic", "state")
    list_filter = ("state", "origin")
    list_select_related = ("tenant", "connection")
    ordering = ("-pk",)
    exclude = ("body", "headers")


@admin.register(Run)
class RunAdmin(LookOnly):
    list_display = ("started_at", "tenant", "connection", "flow", "origin", "records", "failure")
    list_filter = ("origin",)
    list_select_related = ("tenant", "connection", "flow")
    ordering = ("-pk",)


@admin.register(Delivery)
class DeliveryAdmin(LookOnly):
    list_display = ("created_at", "tenant", "flow", "action", "state", "failure", "blame", "why")
    list_filter = ("state", "blame", "failure")
    list_select_related = ("tenant", "flow")
    ordering = ("-sequence",)
    exclude = ("standard",)

    @admin.display(description="why")
    def why(self, delivery: Delivery) -> str:
        return delivery.reason[:80]


@admin.register(Record)
class RecordAdmin(LookOnly):
    list_display = ("label", "resource", "reference", "tenant", "created_at")
    list_filter = ("resource",)
    list_select_related = ("tenant",)
    search_fields = ("reference", "label")
    ordering = ("-pk",)


@admin.register(Cursor)
class CursorAdmin(LookOnly):
    list_display = ("feed", "tenant", "connection", "since", "polled_at", "failures", "failure")
    list_select_related = ("tenant", "connection")
