"""manage.py bench spine, stock, mapping, shadow or portal: print the figures of the README."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from flows.bench.mapping import run_mapping
from flows.bench.portal import run_portal
from flows.bench.shadow import run_shadows
from flows.bench.spine import Round, run_spine
from flows.bench.stock import run_stock


class Command(BaseCommand):
    help = "Measure, beside the running processes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["spine", "stock", "mapping", "shadow", "portal"])
        parser.add_argument("--seconds", type=float, help="of each round that is timed")
        parser.add_argument("--events", type=int, default=100_000, help="of a shadow run")
        parser.add_argument("--levels", type=int, default=100_000, help="of stock")
        parser.add_argument("--orders", type=int, default=100_000, help="behind the portal")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "spine":
            self._spine(options["seconds"] or 30.0)
        elif options["what"] == "shadow":
            for line in run_shadows(events=options["events"]):
                self.stdout.write(line)
        elif options["what"] == "portal":
            for line in run_portal(orders=options["orders"]):
                self.stdout.write(line)
        elif options["what"] == "mapping":
            for line in run_mapping(options["seconds"] or 6.0):
                self.stdout.write(line)
        else:
            # So long, for the share of throttled answers to be one of a thousand.
            seconds = options["seconds"] or 300.0
            for line in run_stock(levels=options["levels"], seconds=seconds):
                self.stdout.write(line)

    def _spine(self, seconds: float) -> None:
        rounds = [
            Round("20 orders/s", 20, seconds),
            Round("100 orders/s", 100, seconds),
        ]
        for found in run_spine(rounds):
            self.stdout.write(
                f"{found.name}: {found.orders} orders; the door answers in"
                f" p50 {found.door_p50:.1f} ms, p99 {found.door_p99:.1f} ms;"
                f" webhook to write at the ERP p50 {found.erp_p50:.1f} ms,"
                f" p99 {found.erp_p99:.1f} ms; {found.per_second:.1f} orders/s;"
                f" {found.lost} lost, {found.twice} twice"
            )
