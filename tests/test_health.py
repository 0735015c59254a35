"""The probes, and the scraper's door."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client

from ekyam import metrics
from ekyam.children import free_port


def test_it_lives_without_a_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_it_is_ready_when_all_parts_are(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "failing": []})


@pytest.mark.django_db
def test_it_says_which_part_is_not_ready(client: Client, settings: Any) -> None:
    settings.REDIS_URL = f"redis://:not-a-secret@127.0.0.1:{free_port()}/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["redis"])
    assert b"not-a-secret" not in answer.content


@pytest.mark.django_db
def test_it_sends_a_strict_content_security_policy(client: Client) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_it_lets_nobody_sign_up(client: Client) -> None:
    assert b"by invitation" in client.get("/accounts/signup/").content


def test_it_shows_numbers_to_those_with_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "test-token"
    assert client.get("/metrics").status_code == 401
    wrong = client.get("/metrics", headers={"Authorization": "Bearer other"})
    assert wrong.status_code == 401
    metrics.attempts.labels("shopify", "succeeded").inc()
    answer = client.get("/metrics", headers={"Authorization": "Bearer test-token"})
    assert b'ekyam_attempts_total{connector="shopify",outcome="succeeded"}' in answer.content
    assert b"ekyam_end_to_end_seconds_bucket" in answer.content


def test_it_reads_gauges_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [
        metrics.Reading("ekyam_queue", "Rows by state.", 3, {"state": "pending"}),
        metrics.Reading("ekyam_queue", "Rows by state.", 1, {"state": "dead"}),
    ]
    monkeypatch.setattr(metrics, "_sources", [lambda: readings])
    text = metrics.render().decode()
    assert 'ekyam_queue{state="pending"} 3.0' in text
    assert 'ekyam_queue{state="dead"} 1.0' in text
    assert text.count("# TYPE ekyam_queue gauge") == 1


COUNT = """
import django; django.setup()
from ekyam import metrics
metrics.attempts.labels("shopify", "succeeded").inc()
print(metrics.render().decode())
"""


def test_it_adds_up_the_counters_of_all_processes(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
        "DJANGO_SETTINGS_MODULE": "ekyam.settings",
    }
    for _ in range(2):
        seen = subprocess.run(
            [sys.executable, "-c", COUNT],
            cwd=project.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert 'ekyam_attempts_total{connector="shopify",outcome="succeeded"} 2.0' in seen.stdout
