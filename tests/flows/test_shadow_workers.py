"""Real processes at one shadow run, one of which dies in the middle of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ekyam.tenants.scope import tenant_scope
from flows.models import ShadowDifference, ShadowRun
from flows.operations.nudge import clear
from flows.operations.shadow.work import run_shadow
from flows.operations.sweep import sweep_all
from tests.depots import Depots
from tests.flows.test_shadow import LOUD, begin, lay_in, look

WORK = """
import sys, uuid
import django
django.setup()
from flows.operations.shadow import start, work
from tests.depots import depot_in_catalogue
start.PART, work.PAGE = 200, 2
with depot_in_catalogue():
    print("ready", flush=True)
    sys.stdin.readline()
    work.run_shadow(tenant_id=uuid.UUID(sys.argv[1]), run_id=uuid.UUID(sys.argv[2]))
"""
EVENTS = 1_200


@contextmanager
def worker(run: ShadowRun) -> Iterator["subprocess.Popen[str]"]:
    """Ready to begin when it is given a line."""
    where = connection.settings_dict
    address = f"{where['HOST']}:{where['PORT']}/{where['NAME']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "ekyam.settings",
        "DATABASE_URL": f"postgres://{where['USER']}:{where['PASSWORD']}@{address}",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    command = [sys.executable, "-c", WORK, str(run.tenant_id), str(run.pk)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, env=environment, text=True, cwd=settings.BASE_DIR
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def begin_work(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def wait_for(depots: Depots, run: ShadowRun, events: int) -> ShadowRun:
    ends = time.monotonic() + 60
    while (found := look(depots, run)).events < events:
        assert time.monotonic() < ends, f"only {found.events} events"
        time.sleep(0.01)
    return found


def test_a_run_outlives_a_worker_that_is_killed(depots: Depots) -> None:
    lay_in(depots, *(depots.ticket(f"d-{number}") for number in range(EVENTS)))
    run = begin(depots, LOUD)
    with worker(run) as one, worker(run) as other:
        begin_work(one)
        wait_for(depots, run, 20)
        begin_work(other)
        wait_for(depots, run, 60)
        one.kill()
        one.wait()
        at_death = look(depots, run)
        assert at_death.state == "running"
        assert at_death.events < EVENTS
        assert other.wait(timeout=60) == 0
    # Had the other found the dead one's part still locked, the sweeper would say it again.
    ends = time.monotonic() + 30
    while look(depots, run).state == "running" and time.monotonic() < ends:
        run_shadow(tenant_id=run.tenant_id, run_id=run.pk)
    found = look(depots, run)
    assert (found.state, found.events) == ("done", EVENTS)
    assert found.counts == {"changed": EVENTS}
    with tenant_scope(depots.tenant):
        kept = ShadowDifference.objects.filter(run=run).values_list("external_id", flat=True)
        assert len(kept) == len(set(kept)) == EVENTS


def test_the_sweeper_says_again_what_nobody_works_at(depots: Depots) -> None:
    lay_in(depots, depots.ticket("d-1"))
    run = begin(depots, LOUD)
    valkey, mark = redis.Redis.from_url(settings.REDIS_URL), f"ekyam:nudge:shadow:{run.pk}"
    clear("shadow", run.pk)
    sweep_all()
    assert not valkey.exists(mark)  # it has a nudge of its own, just now
    with tenant_scope(depots.tenant):
        ShadowRun.objects.update(due_at=timezone.now() - timedelta(seconds=5))
    sweep_all()
    assert valkey.exists(mark)
    run_shadow(tenant_id=run.tenant_id, run_id=run.pk)
    clear("shadow", run.pk)
    sweep_all()
    assert not valkey.exists(mark)
