"""Sends what is due to one target: one pump each, many requests at once, none in a transaction.

claim -> compose -> try (in threads) -> settle; the settling of one batch and the claiming of the
next share a transaction.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from connectors.channel import Channel, limits_of, open_channel
from connectors.errors import Failure, MissingLink, Unauthorized
from connectors.models import Connection
from connectors.spec import Action, Context, Written
from connectors.standard import resources
from ekyam.tenants.scope import current_tenant_id, tenant_scope
from flows.mapping.records import write_body
from flows.models import Delivery, Flow
from flows.operations import turns
from flows.operations.claim import (
    LAST_LANE,
    Actions,
    Claimed,
    claim_due,
    has_due,
    is_sendable,
    read_state,
    recover_lost,
    release_pump,
    take_pump,
)
from flows.operations.compiled import compiled
from flows.operations.nudge import nudge
from flows.operations.patience import PAUSE_SECONDS, Patience
from flows.operations.resolve import Resolver
from flows.operations.send import Before, Letter, Outcome, Try, try_together
from flows.operations.settle import settle
from flows.operations.stock.renew import renew_stock
from flows.operations.stock.streams import is_stock
from flows.operations.tables import Tables
from flows.operations.turns import Turn, threads

log = structlog.get_logger(__name__)
TURN_SECONDS = 20  # then others have their turn
GATHER_SECONDS = 0.004
TOGETHER_AT_ONCE = 2  # requests under way that write many records each
HTTP_THREADS = 64


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="http")


def deliver_soon(*, tenant_id: UUID, target_id: UUID) -> None:
    """Have this process send what is due, beside what the caller goes on with."""
    threads().submit(_deliver_logged, tenant_id, target_id)


def _deliver_logged(tenant_id: UUID, target_id: UUID) -> None:
    try:
        deliver_to(tenant_id=tenant_id, target_id=target_id)
    except Exception:
        log.exception("delivering failed; the sweeper will nudge again")
    finally:
        connection.close()


def deliver_to(*, tenant_id: UUID, target_id: UUID) -> None:
    """Send until nothing is due. Returns at once when another thread or worker is at it."""
    while turn := turns.begin("deliver", target_id):
        pumping = _Pumping(tenant_id, target_id, turn)
        try:
            pumping.run()
        finally:
            turn.end()
        if pumping.was_turned_away:
            return
        # A row that came while the lease was still ours had its nudge turned away.
        with tenant_scope(tenant_id):
            if not has_due(target_id=target_id, now=timezone.now()):
                return
            if not pumping.has_time():
                nudge("deliver", tenant_id=tenant_id, subject_id=target_id)
                return


@dataclass(frozen=True)
class Parcel:
    """What goes out in one piece: one delivery, or several of one action that takes many."""

    deliveries: Sequence[Delivery]
    letters: Sequence[Letter]
    channel: Channel

    @property
    def action(self) -> Action:
        return self.letters[0].action

    def tries(self, outcomes: Sequence[Outcome]) -> list[Try]:
        return [Try(*one) for one in zip(self.deliveries, self.letters, outcomes, strict=True)]


@dataclass
class _Pumping:
    """One turn at one target, under a lease of its own."""

    tenant_id: UUID
    target_id: UUID
    turn: Turn
    token: UUID = field(default_factory=uuid4)
    under_way: dict[Future[list[Outcome]], Parcel] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    resolvers: dict[UUID, Resolver] = field(default_factory=dict)
    flows: dict[UUID, Flow] = field(default_factory=dict)
    channel: Channel | None = None
    tables: Tables = field(init=False)
    started: float = field(default_factory=time.monotonic)
    lease_ends: float = 0.0
    was_turned_away: bool = False
    has_served: bool = False

    def __post_init__(self) -> None:
        self.tables = Tables(self.tenant_id, self._scope)

    def run(self) -> None:
        """Until nothing is left to claim, the turn is over, or another worker has the lease."""
        finished: list[Try] = []
        try:
            while True:
                self.turn.listen()
                with tenant_scope(self.tenant_id):
                    parcels = self._step(finished)
                self._submit(parcels)
                if not self.under_way and self._may_end():
                    return
                finished = self._wait()
        finally:
            # What is still under way when we fail must have landed before anybody asks for it.
            wait(self.under_way)
            if self.lease_ends:
                with tenant_scope(self.tenant_id):
                    release_pump(target_id=self.target_id, token=self.token)

    def _may_end(self) -> bool:
        if not (self.lease_ends and self.has_time()):
            return True
        return self.patience.since is None and self.turn.may_end()

    def _step(self, finished: Sequence[Try]) -> list[Parcel]:
        """One transaction: settle what is finished, keep the lease, claim what is next.

        First the lease, then the deliveries: as one who takes over locks them.
        """
        is_first, now = not self.lease_ends, timezone.now()
        is_mine = self._keep_lease(now)
        if is_first and not is_mine:
            self.was_turned_away = True
            return []
        if is_first:
            recover_lost(target_id=self.target_id, token=self.token, now=now)
        channel = self._channel()
        if finished:
            settle(channel.connection, finished, token=self.token, now=now)
            if any(isinstance(one.outcome.failure, Unauthorized) for one in finished):
                # Its token is void: what is claimed next must not be refused for that again.
                self.channel = None
                channel = self._channel()
        return self._claim(channel, now) if is_mine and self.has_time() else []

    def _channel(self) -> Channel:
        """Opened once a turn; what others may change of the connection is read anew."""
        if self.channel is None:
            self.channel = open_channel(Connection.objects.get(pk=self.target_id))
        else:
            read_state(self.channel.connection)
        return self.channel

    def has_time(self) -> bool:
        return time.monotonic() - self.started < TURN_SECONDS

    def _keep_lease(self, now: datetime) -> bool:
        """Renew it when half of it has passed; False when another worker has it."""
        length = settings.EKYAM_LEASE_SECONDS
        if self.lease_ends - time.monotonic() > length / 2:
            return True
        begun = time.monotonic()
        kept = take_pump(
            tenant_id=self.tenant_id, target_id=self.target_id, token=self.token, now=now
        )
        self.lease_ends = begun + length if kept else 0.0
        return kept

    def _claim(self, channel: Channel, now: datetime) -> list[Parcel]:
        """What is written together takes few of the places: the others are for the rest."""
        target = channel.connection
        # What is finished and not yet written down keeps nobody waiting.
        running = [parcel for future, parcel in self.under_way.items() if not future.done()]
        width = max(1, limits_of(target).concurrency) - len(running)
        if width <= 0 or not is_sendable(target, now):
            return []
        together = [action for action in target.spec.actions if action.plan_many is not None]
        gives_way = bool(together) and self.patience.gives_way(now)
        found: list[Parcel] = []
        for action in together:
            at_once = sum(parcel.action.name == action.name for parcel in running)
            if len(found) < width and at_once < TOGETHER_AT_ONCE:
                # The last of them is kept for what has just happened.
                is_kept = gives_way or at_once == TOGETHER_AT_ONCE - 1
                lane = action.lane if is_kept else LAST_LANE
                found += self._claim_together(channel, action, lane, now)
        names = [action.name for action in together]
        claimed = claim_due(
            target_id=target.pk,
            token=self.token,
            now=now,
            limit=width - len(found),
            actions=Actions(names, is_of_them=False) if names else None,
        )
        return found + [self._parcel([one], channel) for one in claimed]

    def _claim_together(
        self, channel: Channel, action: Action, lane: int, now: datetime
    ) -> list[Parcel]:
        claimed = claim_due(
            target_id=self.target_id,
            token=self.token,
            now=now,
            limit=action.most,
            actions=Actions([action.name], is_of_them=True, lane=lane),
        )
        return [self._parcel(claimed, channel)] if claimed else []

    def _parcel(self, claimed: Sequence[Claimed], channel: Channel) -> Parcel:
        letters = [self._letter(one, channel) for one in claimed]
        deliveries = [one.delivery for one in claimed]
        newest = renew_stock(deliveries, letters, self.flows)
        return Parcel(deliveries, newest, channel)

    def _flow(self, flow_id: UUID) -> Flow:
        if flow_id not in self.flows:
            self.flows[flow_id] = Flow.objects.select_related("source").get(pk=flow_id)
        return self.flows[flow_id]

    def _letter(self, claimed: Claimed, channel: Channel) -> Letter:
        delivery, target = claimed.delivery, channel.connection
        assert delivery.flow_id is not None and delivery.record is not None
        flow = delivery.flow = self._flow(delivery.flow_id)
        before = Before(
            fingerprint=claimed.last_fingerprint,
            linked_id=claimed.linked_id,
            may_have_written=delivery.wrote,
            is_forced=delivery.is_forced,
        )
        resolver = self._resolver(flow.source, target)
        action = target.spec.action(delivery.action)
        resource = resources()[flow.stream_spec.resource]
        standard = msgspec.json.decode(delivery.standard, type=resource, strict=False)
        context = Context(
            settings=channel.settings,
            reference=delivery.record.reference,
            now=timezone.now(),
            record_id=before.linked_id,
            is_new=not (before.linked_id or before.may_have_written or before.is_forced),
            find_link=resolver.find_link,
            find_row=self.tables.find_row,
            find_rate=self.tables.find_rate,
        )

        def learn(missing: MissingLink, found: Written) -> None:
            resolver.learn((missing.resource, missing.key, missing.by), found.external_id)

        writer = compiled(delivery.version_id).writer
        letter = Letter(action, standard, context, before, learn, writer)
        if is_stock(flow):
            return letter  # how much is found for all of a parcel at once
        try:
            return replace(letter, body=write_body(action, standard, context, writer))
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

    def _submit(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            sent = _threads().submit(try_together, parcel.letters, parcel.channel)
            self.under_way[sent] = parcel

    def _wait(self) -> list[Try]:
        """Until something is finished, or somebody rings, or it is time to renew the lease.

        Those that finish at nearly the same time are settled together. Whoever rings is served
        before that, every other time: what is new is sent while what is finished is written down.
        """
        awaited: list[Future[Any]] = [*self.under_way, self.turn.bell]
        longest = PAUSE_SECONDS if self.patience.since else 1.0
        wait(awaited, timeout=longest, return_when=FIRST_COMPLETED)
        wait([self.turn.bell], timeout=GATHER_SECONDS)
        self.has_served = self.turn.bell.done() and not self.has_served
        if self.has_served:
            return []
        done = [future for future in self.under_way if future.done()]
        return [one for future in done for one in self.under_way.pop(future).tries(future.result())]
