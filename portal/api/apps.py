"""The app of the API: a door with rows of its own."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "portal.api"
    label = "api"

    def ready(self) -> None:
        from portal.api import document  # noqa: F401  tells the document of our logins
