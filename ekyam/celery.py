"""The Celery app: a nudge for workers, configured by the CELERY_ settings."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")

app = Celery("ekyam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect(weak=False)
def keep_our_logging(**kwargs: Any) -> None:
    """Being connected is the point: Celery then leaves LOGGING, and its redaction, alone."""
