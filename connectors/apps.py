"""The app that Django loads for this floor."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"

    def ready(self) -> None:
        from connectors.standard import resources

        resources()  # before there is a second thread
