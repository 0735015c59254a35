"""What switching a flow would do, to be seen before it is done."""

from dataclasses import dataclass

from flows.models import Delivery, Flow
from flows.operations.complete import VERIFIED
from flows.operations.configure import missed_events
from flows.operations.stock.streams import is_stock
from flows.queries.verify import Report, verify
from flows.rules.judge import RuleInvalid
from flows.states import OPEN, State

MOST = 10_000  # so far is counted
_AT_WORK = (State.SENDING, State.IN_DOUBT)


@dataclass(frozen=True)
class InFlight:
    """Deliveries that wait, and those that a worker is at; no more than MOST + 1 of either."""

    waiting: int = 0
    sending: int = 0


@dataclass(frozen=True)
class OnPreview:
    """`report` is what comes of the newest records; None for a flow of stock, which begins with a
    full comparison, and where the rules cannot be used: `failure` says why. `missed` is how many
    messages came while it was off, counted up to MOST; None if it was never on."""

    report: Report | None
    failure: str
    in_flight: InFlight
    missed: int | None
    is_stock: bool

    @property
    def would_fail(self) -> int:
        return self.report.outcomes["failed"] if self.report else 0


@dataclass(frozen=True)
class OffPreview:
    """`fed` are the labels of the flows that get their records only from this one's rules."""

    in_flight: InFlight
    fed: list[str]


def preview_on(flow: Flow) -> OnPreview:
    """The dry run writes nothing and sends nothing."""
    report, failure = None, ""
    if not is_stock(flow):
        try:
            report = verify(flow, most=VERIFIED)
        except RuleInvalid as error:
            failure = str(error)
    return OnPreview(report, failure, count_in_flight(flow), _missed(flow), is_stock(flow))


def preview_off(flow: Flow) -> OffPreview:
    fed = Flow.objects.filter(feeder=flow, is_on=True).order_by("label")
    return OffPreview(count_in_flight(flow), list(fed.values_list("label", flat=True)))


def count_in_flight(flow: Flow) -> InFlight:
    """Of the open ones of its target, which an index knows."""
    open_ones = Delivery.objects.filter(target=flow.target_id, flow=flow, state__in=OPEN)
    few = open_ones.order_by()[: MOST + 1]
    states = list(few.values_list("state", flat=True))
    sending = sum(state in _AT_WORK for state in states)
    return InFlight(len(states) - sending, sending)


def _missed(flow: Flow) -> int | None:
    if flow.switched_at is None or is_stock(flow):
        return None
    missed = missed_events(flow, flow.switched_at)
    few = missed.order_by()[: MOST + 1]
    return len(few.values_list("pk", flat=True))
