"""The app that Django loads for the audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ekyam.audit"
