"""The ground floor as a Django app: its system checks, its Celery app, its commands."""

from django.apps import AppConfig


class EkyamConfig(AppConfig):
    name = "ekyam"

    def ready(self) -> None:
        # Imported for what importing them does: checks register themselves, and a web process
        # that nudges a worker must know the broker.
        from ekyam import celery, checks

        assert celery.app and checks.TAG
