"""The servers that the tests run on: those of the environment, or fresh ones for this run."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from ekyam import embedded

NAMES = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL")


def start(stack: ExitStack) -> None:
    """Start what the environment does not name; xdist workers inherit it from their controller."""
    if all(os.environ.get(name) for name in NAMES):
        return
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ekyam-tests-")))
    # PostgreSQL may have to run as another user, who must be able to pass through.
    folder.chmod(0o711)
    postgres = stack.enter_context(embedded.start_postgres(folder / "postgres", durable=False))
    valkey = stack.enter_context(embedded.start_valkey(folder / "valkey", durable=False))
    urls = (postgres.runtime_url, postgres.owner_url, valkey.url)
    os.environ.update(zip(NAMES, urls, strict=True))


def point_settings_at_them() -> None:
    """Tell Django, whose settings pytest-django has read before any conftest could run."""
    from ekyam.settings import env

    for alias, name in (("default", "DATABASE_URL"), ("owner", "OWNER_DATABASE_URL")):
        settings.DATABASES[alias].update(
            {
                key: value
                for key, value in env.db_url_config(os.environ[name]).items()
                if key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")
            }
        )
    settings.REDIS_URL = settings.CELERY_BROKER_URL = os.environ["REDIS_URL"]
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
