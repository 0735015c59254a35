"""The app that Django loads for tenants."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "ekyam.tenants"
