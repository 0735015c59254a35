"""manage.py demo: place orders, show their journeys as they happen, and prove what came of them."""

import secrets
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ekyam.tenants.scope import tenant_scope
from flows.demo.orders import KINDS
from flows.demo.proof import read_proof
from flows.demo.remote import Remotes, SandboxAway, SandboxRefused
from flows.demo.setup import EMAIL, NEWCOMER, OPERATOR, STAFF, Demo, set_up
from flows.demo.story import Placed, Story
from flows.models import Delivery
from flows.states import State

PATIENCE_SECONDS = 120


class Command(BaseCommand):
    help = "Play the demonstration on the sandboxes."
    started = 0.0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="prove it, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        password = secrets.token_urlsafe(12)
        demo = set_up(password=password)
        story = Story(demo.remotes, self._say)
        for kind in KINDS:
            story.place(kind)
        is_whole = self._play(demo, story)
        self._prove(demo.remotes, story.orders)
        if options["once"]:
            if not is_whole:
                raise CommandError("Not every order arrived.")
            return
        self._stay(story, password)

    def _play(self, demo: Demo, story: Story) -> bool:
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            if story.advance():
                return True
            self._tell_dead_letters(demo, story)
            time.sleep(0.25)
        return False

    def _tell_dead_letters(self, demo: Demo, story: Story) -> None:
        """What Ekyam itself says of the orders that are stuck: the clerk reads it and acts."""
        with tenant_scope(demo.tenant):
            dead = Delivery.objects.filter(state=State.DEAD, record__isnull=False)
            reasons = {
                d.record.reference: d.reason for d in dead.select_related("record") if d.record
            }
        for order in story.orders:
            reason = next((r for ref, r in reasons.items() if ref.endswith(f"-{order.id}")), "")
            if reason and f"dead {order.name}" not in order.seen:
                order.seen.add(f"dead {order.name}")
                self._say(order.name, "Ekyam", f"dead letter: {reason}")

    def _prove(self, remotes: Remotes, orders: list[Placed]) -> None:
        table, wrong = read_proof(remotes, orders)
        self.stdout.write("\nRead back from the ledgers of the three systems:\n")
        for line in table:
            self.stdout.write(line)
        for what in wrong:
            self.stdout.write(self.style.ERROR(f"missing: {what}"))
        if not wrong:
            self.stdout.write(f"\nAll {len(orders)} orders are in all three systems, each once.")

    def _stay(self, story: Story, password: str) -> None:
        self.stdout.write(f"\nThe portal: {settings.PUBLIC_URL}/")
        self.stdout.write(f"Sign in as {EMAIL} with {password}")
        self.stdout.write("or, with the same password, as")
        self.stdout.write(f"  {NEWCOMER}, whose company is empty: connect its systems yourself")
        inbox = f"{settings.PUBLIC_URL}/dev/inbox/"
        self.stdout.write(f"  {OPERATOR}, who may do less, by a code that is texted to {inbox}")
        self.stdout.write(f"  {STAFF}, Ekyam's own staff, at {settings.PUBLIC_URL}/admin/")
        self.stdout.write("Ctrl-C stops everything.\n")
        while True:
            with suppress(SandboxAway, SandboxRefused):  # people act and break things there too
                story.advance()
            time.sleep(1)

    def _say(self, order: str, system: str, what: str) -> None:
        passed = time.monotonic() - self.started
        self.stdout.write(f"{passed:7.2f} s  {order:<7} {system:<9} {what}")
        self.stdout.flush()
