"""The Celery app: a nudge for workers, configured by the CELERY_ settings."""

import os
import sys
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")

app = Celery("ekyam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect(weak=False)
def keep_our_logging(**kwargs: Any) -> None:
    """Being connected is the point: Celery then leaves LOGGING, and its redaction, alone."""


@signals.worker_init.connect(weak=False)
def take_short_turns(**kwargs: Any) -> None:
    """A thread that reads a long page gives way to one that has an order in its hands."""
    sys.setswitchinterval(0.0005)


@signals.worker_ready.connect(weak=False)
def spare_the_collector(**kwargs: Any) -> None:
    """When all the tasks and what they import are there."""
    from ekyam.collector import spare_what_stays  # Django is not ready when this module is read

    spare_what_stays()
