"""Which settings stop a start, told by id, in the settings themselves and by the checks."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as project
from django.core.checks import run_checks
from django.db import connections

from ekyam.start import find_broken_rules

GOOD = {
    "EKYAM_ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 50,
    "VAULT_KEYS": ["a:b"],
    "DATABASE_URL": "postgresql://ekyam_app@db/ekyam",
    "REDIS_URL": "redis://redis",
    "PUBLIC_URL": "https://ekyam.example",
    "ALLOWED_HOSTS": ["ekyam.example"],
    "DEBUG": False,
    "SANDBOX_URL": "",
    "METRICS_TOKEN": "test-token",
}


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        ({}, []),
        ({"EKYAM_ENVIRONMENT": "staging"}, []),
        ({"EKYAM_ENVIRONMENT": "prod"}, ["ekyam.E001"]),
        ({"SECRET_KEY": ""}, ["ekyam.E002"]),
        ({"SECRET_KEY": "short"}, ["ekyam.E002"]),
        ({"VAULT_KEYS": []}, ["ekyam.E003"]),
        ({"DATABASE_URL": ""}, ["ekyam.E004"]),
        ({"REDIS_URL": ""}, ["ekyam.E005"]),
        ({"PUBLIC_URL": ""}, ["ekyam.E006"]),
        ({"PUBLIC_URL": "http://ekyam.example"}, ["ekyam.E006"]),
        ({"ALLOWED_HOSTS": []}, ["ekyam.E007"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["ekyam.E007"]),
        ({"DEBUG": True}, ["ekyam.E008"]),
        ({"SANDBOX_URL": "http://127.0.0.1:9"}, ["ekyam.E009"]),
        ({"METRICS_TOKEN": ""}, ["ekyam.E010"]),
        ({"SMS_GATEWAY": ""}, []),
        ({"SMS_GATEWAY": "console"}, ["ekyam.E040"]),
        ({"SMS_GATEWAY": "twilio", "TWILIO_FROM": "+1"}, ["ekyam.E041"]),
        ({"EMAIL_BACKEND": "ekyam.people.inbox.InboxBackend"}, ["ekyam.E042"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, ["ekyam.E043"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, ["ekyam.E043"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}, []),
        ({"SECRET_KEY": "", "DEBUG": True}, ["ekyam.E002", "ekyam.E008"]),
        ({"EKYAM_ENVIRONMENT": "dev", "SECRET_KEY": "", "DEBUG": True}, []),
        ({"EKYAM_ENVIRONMENT": "demo", "SANDBOX_URL": "http://127.0.0.1:9"}, []),
    ],
)
def test_it_names_each_broken_rule(change: dict[str, Any], ids: list[str]) -> None:
    assert [rule.id for rule in find_broken_rules({**GOOD, **change})] == ids


def test_it_reports_them_as_system_checks(settings: Any) -> None:
    settings.EKYAM_ENVIRONMENT = "production"
    settings.DEBUG = True
    assert "ekyam.E008" in {message.id for message in run_checks(tags=["ekyam"])}


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import ekyam.wsgi"],
        ["-m", "celery", "-A", "ekyam", "beat"],
        ["-m", "celery", "-A", "ekyam", "worker"],
        ["manage.py", "check"],
    ],
)
def test_it_starts_no_process_of_an_unready_production(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project.BASE_DIR,
        env={"PATH": os.environ["PATH"], "EKYAM_ENVIRONMENT": "production"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    for number in (2, 3, 4, 5, 6, 7):
        assert f"ekyam.E00{number}" in done.stderr + done.stdout


@pytest.mark.django_db
def test_it_accepts_the_runtime_role() -> None:
    assert run_checks(tags=["database"], databases=["default"]) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_it_refuses_a_role_that_policies_do_not_bind() -> None:
    runtime = connections["default"]
    lenient = connections.create_connection("owner")
    connections["default"] = lenient
    try:
        ids = {message.id for message in run_checks(tags=["database"], databases=["default"])}
    finally:
        lenient.close()
        connections["default"] = runtime
    assert ids == {"ekyam.E022"}
