"""Sends what is due to one target: one pump each, many requests at once, none in a transaction.

claim -> compose -> try (in threads) -> settle; the settling of one batch and the claiming of the
next share a transaction.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from uuid import UUID, uuid4

import msgspec
from django.conf import settings
from django.db import connection
from django.utils import timezone

from connectors.channel import Channel, open_channel
from connectors.errors import Failure, MissingLink
from connectors.models import Connection
from connectors.spec import Context, Written
from connectors.standard import resources
from ekyam.tenants.scope import current_tenant_id, tenant_scope
from flows.mapping.records import write_body
from flows.models import Delivery, Link
from flows.operations.claim import (
    claim_due,
    has_due,
    recover_lost,
    release_pump,
    take_pump,
)
from flows.operations.nudge import nudge
from flows.operations.resolve import Resolver
from flows.operations.send import Before, Letter, Outcome, try_once
from flows.operations.settle import Try, settle
from flows.states import DONE

TURN_SECONDS = 20  # then others have their turn
HTTP_THREADS = 64


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="http")


def deliver_to(*, tenant_id: UUID, target_id: UUID) -> None:
    """Send until nothing is due. Returns at once when another worker is at it."""
    while True:
        token = uuid4()
        with tenant_scope(tenant_id):
            now = timezone.now()
            if not take_pump(tenant_id=tenant_id, target_id=target_id, token=token, now=now):
                return
            recover_lost(target_id=target_id, token=token, now=now)
        pumping = _Pumping(tenant_id, target_id, token)
        try:
            is_done = pumping.run()
        finally:
            # What is still under way when we fail must have landed before anybody asks for it.
            wait(pumping.under_way)
            with tenant_scope(tenant_id):
                release_pump(target_id=target_id, token=token)
        # A row that came while the lease was still ours had its nudge turned away.
        with tenant_scope(tenant_id):
            if not has_due(target_id=target_id, now=timezone.now()):
                return
            if not is_done:
                nudge("deliver", tenant_id=tenant_id, subject_id=target_id)
                return


@dataclass
class _Pumping:
    """One turn at one target, under the lease of `token`."""

    tenant_id: UUID
    target_id: UUID
    token: UUID
    under_way: dict[Future[Outcome], tuple[Delivery, Letter]] = field(default_factory=dict)
    resolvers: dict[UUID, Resolver] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    lease_ends: float = 0.0

    def run(self) -> bool:
        """True when nothing was left to claim; False when the turn, or the lease, ended."""
        self._extend_lease()
        finished: list[Try] = []
        while True:
            with tenant_scope(self.tenant_id):
                target = Connection.objects.get(pk=self.target_id)
                # First the lease, then the deliveries: as one who takes over locks them.
                is_mine = self._keep_lease()
                if finished:
                    settle(target, finished, token=self.token, now=timezone.now())
                    target.refresh_from_db()
                letters = self._claim(target) if is_mine and self._has_time() else []
            self._submit(letters)
            if not self.under_way:
                return is_mine and self._has_time()
            finished = self._wait()

    def _has_time(self) -> bool:
        return time.monotonic() - self.started < TURN_SECONDS

    def _extend_lease(self) -> None:
        self.lease_ends = time.monotonic() + settings.EKYAM_LEASE_SECONDS

    def _keep_lease(self) -> bool:
        """Renew it when half of it has passed; False when another worker has taken over."""
        if self.lease_ends - time.monotonic() > settings.EKYAM_LEASE_SECONDS / 2:
            return True
        kept = take_pump(
            tenant_id=self.tenant_id,
            target_id=self.target_id,
            token=self.token,
            now=timezone.now(),
        )
        if kept:
            self._extend_lease()
        return kept

    def _claim(self, target: Connection) -> list[tuple[Delivery, Letter, Channel]]:
        now = timezone.now()
        width = max(1, target.spec.limits.concurrency) - len(self.under_way)
        is_throttled = target.throttled_until is not None and target.throttled_until > now
        if width <= 0 or is_throttled or not target.is_open:
            return []
        claimed = claim_due(target_id=target.pk, token=self.token, now=now, limit=width)
        if not claimed:
            return []
        channel = open_channel(target)
        before = _before(claimed, target)
        return [
            (delivery, self._letter(delivery, target, channel, before[delivery.pk]), channel)
            for delivery in claimed
        ]

    def _letter(
        self, delivery: Delivery, target: Connection, channel: Channel, before: Before
    ) -> Letter:
        assert delivery.flow is not None and delivery.record is not None
        resolver = self._resolver(delivery.flow.source, target)
        action = target.spec.action(delivery.action)
        resource = delivery.flow.stream_spec.resource
        standard = msgspec.convert(delivery.standard, resources()[resource], strict=False)
        context = Context(
            settings=channel.settings,
            reference=delivery.record.reference,
            now=timezone.now(),
            record_id=before.linked_id,
            is_new=not (before.linked_id or before.may_have_written or before.is_forced),
            find_link=resolver.find_link,
            find_row=resolver.find_row,
        )

        def learn(missing: MissingLink, found: Written) -> None:
            question = (missing.resource, missing.key, missing.by)
            resolver.known[question] = found.external_id

        letter = Letter(action, standard, context, before, learn)
        try:
            return replace(letter, body=write_body(action, standard, context))
        except Failure as obstacle:
            return replace(letter, obstacle=obstacle)

    def _resolver(self, source: Connection, target: Connection) -> Resolver:
        if source.pk not in self.resolvers:
            self.resolvers[source.pk] = Resolver(source, target, self._scope)
        return self.resolvers[source.pk]

    def _scope(self) -> AbstractContextManager[None]:
        """The transaction that is open here; in another thread, a short one of its own."""
        if current_tenant_id() == self.tenant_id:
            return nullcontext()
        return self._brief_scope()

    @contextmanager
    def _brief_scope(self) -> Iterator[None]:
        """There are more HTTP threads than connections: none keeps one while it waits."""
        try:
            with tenant_scope(self.tenant_id):
                yield
        finally:
            connection.close()

    def _submit(self, letters: Sequence[tuple[Delivery, Letter, Channel]]) -> None:
        for delivery, letter, channel in letters:
            self.under_way[_threads().submit(try_once, letter, channel)] = (delivery, letter)

    def _wait(self) -> list[Try]:
        done, _ = wait(self.under_way, timeout=1, return_when=FIRST_COMPLETED)
        return [Try(*self.under_way.pop(future), future.result()) for future in done]


def _before(claimed: Sequence[Delivery], target: Connection) -> dict[UUID, Before]:
    """What was done before for each record: its id in the target, and the last success."""
    records = {delivery.record_id for delivery in claimed}
    linked = dict(
        Link.objects.filter(connection=target, record_id__in=records, is_primary=True).values_list(
            "record_id", "external_id"
        )
    )
    last = {
        (record_id, action): fingerprint
        for record_id, action, fingerprint in Delivery.objects.filter(
            record_id__in=records, target=target, state__in=DONE
        )
        .order_by("sequence")
        .values_list("record_id", "action", "fingerprint")
    }
    return {
        delivery.pk: Before(
            fingerprint=last.get((delivery.record_id, delivery.action), ""),
            linked_id=linked.get(delivery.record_id, ""),
            may_have_written=delivery.wrote,
            is_forced=delivery.is_forced,
        )
        for delivery in claimed
    }
