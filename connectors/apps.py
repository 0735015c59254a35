"""The app that Django loads for this floor."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"
