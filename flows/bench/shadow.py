"""Shadow runs: how long a draft takes over so many events of the past, by one process per core."""

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection as db
from django.db import connections

from connectors.lines import Mapping
from connectors.models import Connection
from connectors.steps import Upper
from ekyam import ids
from ekyam.tenants.scope import tenant_scope
from flows.bench.spine import order_template, set_up
from flows.mapping.logic import Logic
from flows.models import Flow, Link, Record, ShadowRun
from flows.operations.shadow.start import start_shadow
from flows.operations.shadow.work import run_shadow
from flows.operations.versions import find_edition, save_draft
from flows.queries.shadow import get_shadow_run

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SHOPPERS = 5_000  # each is linked, and has many orders


def run_shadows(*, events: int) -> Iterator[str]:
    """A line for each draft: one that changes the writer alone, and one that changes everything."""
    shop = set_up()
    with tenant_scope(shop.tenant_id):
        flows = Flow.objects.select_related("source", "target")
        flow = flows.get(source=shop, stream="orders")
        _stop_the_rest(shop)
    _lay_in(shop, events)
    _link(shop, flow)
    connections["owner"].cursor().execute("ANALYZE")
    writer = _loud(flow.action_spec.writer, "memo")
    reader = _loud(flow.stream_spec.reader, "note")
    yield _measure(flow, "the draft has a writer of its own", Logic(writer=writer))
    yield _measure(
        flow, "the draft has a reader and a writer of its own", Logic(reader=reader, writer=writer)
    )


def _stop_the_rest(shop: Connection) -> None:
    """Nothing else goes on meanwhile; a draft is compared while its flow is Off too."""
    Flow.objects.filter(source=shop).update(is_on=False)


def _loud(mapping: Mapping, target: str) -> Mapping:
    """With one more step, that changes a text."""
    return Mapping(
        tuple(
            msgspec.structs.replace(line, steps=(*line.steps, Upper()))
            if line.target == target
            else line
            for line in mapping.lines
        )
    )


def _measure(flow: Flow, name: str, logic: Logic) -> str:
    started = time.monotonic()
    with tenant_scope(flow.tenant_id):
        found = Flow.objects.get(pk=flow.pk)
        save_draft(found, logic, edition=find_edition(found))
        run = start_shadow(found, since=SINCE)
    count = os.cpu_count() or 1
    for one in connections.all():
        one.close()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    forked = multiprocessing.get_context("fork")
    workers = [forked.Process(target=_work, args=(flow.tenant_id, run.pk)) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.monotonic() - started
    with tenant_scope(flow.tenant_id):
        row = get_shadow_run(run.public_id)
    return (
        f"{name}: {row.state}, {row.events} events in {took:.1f} s by {count} processes"
        f" ({row.events / took:.0f}/s), each of {_size(flow)} bytes; {row.words}"
    )


def _size(flow: Flow) -> int:
    with tenant_scope(flow.tenant_id):
        event = flow.source.events.first()
        return len(event.body) if event else 0


def _work(tenant_id: UUID, run_id: UUID) -> None:
    """One process; whoever comes first divides the window."""
    while True:
        run_shadow(tenant_id=tenant_id, run_id=run_id)
        with tenant_scope(tenant_id):
            if ShadowRun.objects.get(pk=run_id).state != "running":
                return
        time.sleep(0.05)


# By way of a table of our own: nothing is copied into one with row-level security.
_TABLE = "CREATE TEMPORARY TABLE laid (LIKE flows_event) ON COMMIT DROP"
_COLUMNS = """id, tenant_id, connection_id, origin, topic, feed, delivery_key, headers, body,
    received_at, state, note"""


def _lay_in(shop: Connection, count: int) -> None:
    """Orders as Shopify sends them, a few seconds apart, each by one of the shoppers."""
    template = order_template()
    with tenant_scope(shop.tenant_id), db.cursor() as cursor:
        cursor.execute(_TABLE)
        with cursor.copy(f"COPY laid ({_COLUMNS}) FROM STDIN") as copy:
            for number in range(count):
                at = SINCE + timedelta(seconds=number * 3)
                body = json.dumps(_order(template, number, at)).encode()
                told = ("webhook", "orders/create", "", f"bench-{number}", "{}", body, at)
                copy.write_row((ids.new(), shop.tenant_id, shop.pk, *told, "routed", ""))
        cursor.execute(f"INSERT INTO flows_event ({_COLUMNS}) SELECT {_COLUMNS} FROM laid")


def _order(template: dict[str, Any], number: int, at: datetime) -> dict[str, Any]:
    customer = {**template["customer"], "id": 1_000_000 + number % SHOPPERS}
    return {
        **template,
        "id": number + 1,
        "name": f"#{number}",
        "order_number": number,
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
        "customer": customer,
    }


def _link(shop: Connection, flow: Flow) -> None:
    """The shoppers and the items are known on both sides."""
    template = order_template()
    with tenant_scope(shop.tenant_id):
        names = [("customer", str(1_000_000 + place), "") for place in range(SHOPPERS)]
        names += [("variant", "", line["sku"]) for line in template["line_items"]]
        records: list[Record] = []
        links: list[Link] = []
        for resource, key, sku in names:
            reference = sku or f"{shop.account}-{key}"
            record = Record(tenant_id=shop.tenant_id, resource=resource, reference=reference)
            records.append(record)
            ends = [(flow.target_id, f"9{key}" if key else f"8{len(links)}")]
            ends += [(shop.pk, key)] if key else []
            links += [
                Link(
                    tenant_id=shop.tenant_id,
                    record=record,
                    connection_id=end,
                    resource=resource,
                    external_id=id_,
                )
                for end, id_ in ends
            ]
        Record.objects.bulk_create(records, batch_size=2000)
        Link.objects.bulk_create(links, batch_size=2000)
