"""The app that Django loads for this floor."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "flows"

    def ready(self) -> None:
        from flows import gauges  # noqa: F401  registers what a scraper may ask
