"""A world in which the tickets of one depot may go two ways, by rules."""

from typing import Any

from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Delivery, Flow, Version
from flows.operations.configure import switch_on
from flows.operations.versions import find_edition, publish, save_draft
from flows.rules.rule import Action, Compare, Rule
from tests.depots import Depots

LARGE = Compare("total", "above", 500)


def rule(*then: Action, name: str = "Large", when: Any = LARGE) -> Rule:
    return Rule(name=name, when=when, then=then)


def go_by(depots: Depots, logic: Logic, flow: Flow | None = None) -> Version:
    """Published; the numbers go on."""
    with tenant_scope(depots.tenant):
        one = Flow.objects.get(pk=(flow or depots.flow).pk)
        save_draft(one, logic, edition=find_edition(one))
        return publish(one)


def with_rules(depots: Depots, *rules: Rule) -> Version:
    return go_by(depots, Logic(rules=rules))


def second_flow(depots: Depots, label: str = "Second", action: str = "post_ticket") -> Flow:
    """Of the same tickets, by another action; On."""
    with tenant_scope(depots.tenant):
        flow = Flow.objects.create(
            tenant=depots.tenant,
            label=label,
            source=depots.here,
            stream="tickets",
            target=depots.there,
            action=action,
        )
        switch_on(flow)
    return flow


def large(depots: Depots, number: str = "D-1", **changes: Any) -> dict[str, Any]:
    lines = [{"no": 1, "sku": "EKM-MUG", "qty": 2, "price": "300.00"}]
    return depots.ticket(number, **{"total": "600.00", "lines": lines, **changes})


def states(depots: Depots) -> list[tuple[str, str]]:
    """Flow and state of each, the oldest first."""
    return [(one.flow.label if one.flow else "", one.state) for one in of(depots)]


def of(depots: Depots) -> list[Delivery]:
    with tenant_scope(depots.tenant):
        rows = Delivery.objects.select_related("flow", "record", "version", "root")
        return list(rows.order_by("sequence"))
