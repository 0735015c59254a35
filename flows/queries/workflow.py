"""The workflow as it is drawn: systems with their health, and what flows between them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from connectors.models import Connection
from flows.diagram import Box, Bundle, Drawing, Wire, draw
from flows.queries.lights import Chain, FlowRow, list_chains, list_flows

MOST_SHOWN = 6  # flows in one box; of more the rest is counted
ROW, MORE = 58, 36  # heights
SYSTEM_NAME, FLOW_NAME = 16, 22  # letters that a box has room for
_draw = lru_cache(maxsize=256)(draw)  # it changes only when systems or flows come and go
_WORST_FIRST = ("broken", "held", "on", "quiet", "off")


@dataclass(frozen=True)
class SystemRow:
    id: str
    label: str
    state: str
    reason: str
    environment: str


@dataclass(frozen=True)
class PlacedSystem:
    """`name` is as much of the label as there is room for."""

    system: SystemRow
    box: Box
    name: str


@dataclass(frozen=True)
class PlacedFlow:
    """`y` is within the box, `name` as much of the label as there is room for."""

    flow: FlowRow
    y: int
    name: str


@dataclass(frozen=True)
class PlacedBundle:
    """`more` flows are only counted, `troubled` of them are not well."""

    number: int  # of the chain, from 1
    chain: Chain
    box: Box
    flows: list[PlacedFlow]
    more: int
    troubled: int

    @property
    def more_y(self) -> int:
        return ROW * len(self.flows)

    @property
    def lines(self) -> str:
        """Between its flows, for `d`."""
        return "".join(f"M12 {flow.y}H236" for flow in self.flows[1:])


@dataclass(frozen=True)
class PlacedWire:
    """`light` is the worst of what goes through it."""

    wire: Wire
    light: str


@dataclass(frozen=True)
class Workflow:
    systems: list[SystemRow]
    flows: list[FlowRow]

    @cached_property
    def chains(self) -> list[Chain]:
        return list_chains(self.flows)

    @cached_property
    def seen(self) -> str:
        """Changes with anything that is drawn or listed."""
        return hashlib.sha256(repr((self.systems, self.flows)).encode()).hexdigest()[:16]

    @cached_property
    def drawing(self) -> Drawing:
        bundles = (
            Bundle(str(number), chain.source.id, chain.target.id, _height(chain))
            for number, chain in enumerate(self.chains, start=1)
        )
        return _draw(tuple(one.id for one in self.systems), tuple(bundles))

    @property
    def placed_systems(self) -> list[PlacedSystem]:
        return [
            PlacedSystem(one, self.drawing.systems[one.id], _cut(one.label, SYSTEM_NAME))
            for one in self.systems
        ]

    @cached_property
    def placed_bundles(self) -> list[PlacedBundle]:
        return [
            _place(number, chain, self.drawing.bundles[str(number)])
            for number, chain in enumerate(self.chains, start=1)
        ]

    @property
    def placed_wires(self) -> list[PlacedWire]:
        lights = {str(n): _worst(chain) for n, chain in enumerate(self.chains, start=1)}
        return [PlacedWire(wire, lights[wire.bundle]) for wire in self.drawing.wires]


def get_workflow(*, now: datetime) -> Workflow:
    """Six queries, whatever the number of systems and flows."""
    flows = list_flows(now=now)
    return Workflow(_systems(flows), flows)


def _systems(flows: list[FlowRow]) -> list[SystemRow]:
    """In the order of the chain; what no flow touches comes last."""
    rows = Connection.objects.defer("sealed", "settings", "check_report").order_by("label", "id")
    known = {one.public_id: one for one in rows}
    used = (end.id for flow in flows for end in (flow.source, flow.target))
    order = dict.fromkeys([*used, *known])
    return [
        SystemRow(id, one.label, one.health, one.state_reason, one.environment)
        for id in order
        if (one := known.get(id))
    ]


def _cut(label: str, most: int) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"


def _height(chain: Chain) -> int:
    shown, more = _split(chain)
    return ROW * len(shown) + (MORE if more else 0)


def _split(chain: Chain) -> tuple[list[FlowRow], list[FlowRow]]:
    """What is shown one by one, and what is only counted: trouble is never only counted while
    there is place."""
    if len(chain.flows) <= MOST_SHOWN:
        return chain.flows, []
    ranked = sorted(chain.flows, key=lambda flow: _WORST_FIRST.index(flow.light))
    return ranked[: MOST_SHOWN - 1], ranked[MOST_SHOWN - 1 :]


def _place(number: int, chain: Chain, box: Box) -> PlacedBundle:
    shown, more = _split(chain)
    return PlacedBundle(
        number=number,
        chain=chain,
        box=box,
        flows=[
            PlacedFlow(flow, ROW * place, _cut(flow.label, FLOW_NAME))
            for place, flow in enumerate(shown)
        ],
        more=len(more),
        troubled=sum(flow.light in _WORST_FIRST[:2] for flow in more),
    )


def _worst(chain: Chain) -> str:
    return min((flow.light for flow in chain.flows), key=_WORST_FIRST.index)
