"""Which flows could be between a system and the others that are connected."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q

from connectors.models import Connection
from flows.models import Flow
from flows.recipes import Recipe, Step, all_recipes

MOST_OTHERS = 20  # systems that flows are offered with
SINGLE = 100  # the place of flows that no recipe knows: behind all of those


Ends = tuple[UUID, str, UUID, str]  # source, stream, target, action


@dataclass(frozen=True)
class Offer:
    """A flow that is there (`flow_id`) or could be made; `key` names it in a form."""

    label: str
    source: Connection
    stream: str
    stream_label: str
    target: Connection
    action: str
    action_label: str
    recipe: str = ""
    is_advised: bool = False
    position: int = SINGLE
    flow_id: str = ""
    is_on: bool = False

    @property
    def key(self) -> str:
        ends = (self.source.public_id, self.stream, self.target.public_id, self.action)
        return ".".join(ends)


def list_offers(connection: Connection) -> list[Offer]:
    """Ready-made ones first, then each stream to each action of the same resource."""
    others = list(
        Connection.objects.exclude(pk=connection.pk)
        .filter(environment=connection.environment)
        .defer("sealed")
        .order_by("label", "id")[:MOST_OTHERS]
    )
    known = {
        (one.source_id, one.stream, one.target_id, one.action): one
        for one in Flow.objects.filter(_touches([connection, *others]))
    }
    rivals = _ends_of(known.values())
    found: dict[str, Offer] = {}
    for other in others:
        for offer in (*_ready(connection, other), *_singles(connection, other)):
            found.setdefault(offer.key, _with_flow(offer, known, rivals))
    return sorted(found.values(), key=lambda one: (one.position, one.label, one.key))


def _ready(here: Connection, there: Connection) -> Iterator[Offer]:
    for recipe in all_recipes().values():
        for position, step in enumerate(recipe.flows):
            for source, target in ((here, there), (there, here)):
                if (step.source, step.target) == (source.connector, target.connector):
                    yield _of_step(recipe, step, position, source, target)


def _of_step(
    recipe: Recipe, step: Step, position: int, source: Connection, target: Connection
) -> Offer:
    return Offer(
        label=step.label,
        source=source,
        stream=step.stream,
        stream_label=source.spec.stream(step.stream).label,
        target=target,
        action=step.action,
        action_label=target.spec.action(step.action).label,
        recipe=recipe.label,
        is_advised=step.is_advised,
        position=position,
    )


def _singles(here: Connection, there: Connection) -> Iterator[Offer]:
    for source, target in ((here, there), (there, here)):
        for stream in source.spec.streams:
            for action in target.spec.actions:
                if stream.resource == action.resource:
                    yield Offer(
                        label=f"{stream.label}: {action.label.lower()}"[:120],
                        source=source,
                        stream=stream.name,
                        stream_label=stream.label,
                        target=target,
                        action=action.name,
                        action_label=action.label,
                    )


def _with_flow(offer: Offer, known: dict[Ends, Flow], rivals: set[tuple[UUID, str, str]]) -> Offer:
    """Where one end has such a flow with another system, nobody is advised to add a second: an
    order would be written to both."""
    flow = known.get((offer.source.pk, offer.stream, offer.target.pk, offer.action))
    if flow is not None:
        return replace(offer, label=flow.label, flow_id=flow.public_id, is_on=flow.is_on)
    ends = {(end.pk, offer.stream, offer.action) for end in (offer.source, offer.target)}
    return replace(offer, is_advised=False) if ends & rivals else offer


def _ends_of(flows: Iterable[Flow]) -> set[tuple[UUID, str, str]]:
    return {
        (end, one.stream, one.action) for one in flows for end in (one.source_id, one.target_id)
    }


def _touches(connections: Iterable[Connection]) -> Q:
    ids = [one.pk for one in connections]
    return Q(source__in=ids) | Q(target__in=ids)
