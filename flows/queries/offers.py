"""Which flows could be between the systems that are connected."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from uuid import UUID

from django.db.models import Q

from connectors.models import Connection
from flows.models import Flow
from flows.recipes import Recipe, Step, all_recipes

MOST_OTHERS = 20  # systems that flows are offered with
MOST_SYSTEMS = 60  # among which missing ones are looked for
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
    """Ready-made ones first, then each stream to each action of the same resource. Of those that
    are between two others, the ready-made ones that are advised and not On."""
    systems = list(
        Connection.objects.exclude(pk=connection.pk)
        .filter(environment=connection.environment)
        .defer("sealed")
        .order_by("label", "id")[:MOST_OTHERS]
    )
    own = [offer for other in systems for offer in _between(connection, other)]
    beside = [offer for pair in combinations(systems, 2) for offer in _ready(*pair)]
    judged = _with_flows([*own, *beside])
    neighbours = [one for one in judged[len(own) :] if one.is_advised and not one.is_on]
    return _in_order(judged[: len(own)] + neighbours)


def list_missing() -> list[Offer]:
    """The ready-made flows that are advised and not there yet, between any two systems."""
    systems = Connection.objects.defer("sealed").order_by("label", "id")[:MOST_SYSTEMS]
    pairs = [(one, other) for one, other in combinations(systems, 2) if _may_pair(one, other)]
    found = [offer for pair in pairs for offer in _ready(*pair)]
    judged = _with_flows(found)
    return _in_order(one for one in judged if one.is_advised and not one.flow_id)


def list_between(one: Connection, other: Connection) -> list[Offer]:
    """Everything that could go between two systems, either way; nothing where one is a sandbox and
    the other is not."""
    return _in_order(_with_flows(_between(one, other))) if _may_pair(one, other) else []


def find_offers(keys: Collection[str]) -> list[Offer]:
    """Those that the keys name, by two queries; what is no offer is left out."""
    systems = {one.public_id: one for one in Connection.objects.defer("sealed")}
    ends = {tuple(key.split(".")[::2]) for key in keys if key.count(".") == 3}
    pairs = [(systems[a], systems[b]) for a, b in ends if a in systems and b in systems]
    found = [offer for pair in pairs if _may_pair(*pair) for offer in _between(*pair)]
    named = {offer.key: offer for offer in found if offer.key in keys}
    return _in_order(_with_flows(list(named.values())))


def _may_pair(one: Connection, other: Connection) -> bool:
    return one.pk != other.pk and one.environment == other.environment


def _in_order(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda one: (one.position, one.label, one.key))


def _between(one: Connection, other: Connection) -> list[Offer]:
    """Each once: what is ready-made is no single one."""
    found: dict[str, Offer] = {}
    for offer in (*_ready(one, other), *_singles(one, other)):
        found.setdefault(offer.key, offer)
    return list(found.values())


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
                        label=f"{stream.label}: {action.label[:1].lower()}{action.label[1:]}"[:120],
                        source=source,
                        stream=stream.name,
                        stream_label=stream.label,
                        target=target,
                        action=action.name,
                        action_label=action.label,
                    )


def _with_flows(offers: Sequence[Offer]) -> list[Offer]:
    """Each with the flow that is there; one query."""
    ends = {end.pk for offer in offers for end in (offer.source, offer.target)}
    known = {
        (one.source_id, one.stream, one.target_id, one.action): one
        for one in Flow.objects.filter(Q(source__in=ends) | Q(target__in=ends))
    }
    rivals = _ends_of(known.values())
    return [_with_flow(offer, known, rivals) for offer in offers]


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
