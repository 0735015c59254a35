"""The Celery app: a nudge for workers, configured by the CELERY_ settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")

app = Celery("ekyam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
