"""Makes the flows that a person has chosen, Off."""

from collections.abc import Collection

from connectors.models import Connection
from ekyam.audit.record import record
from flows.models import Flow
from flows.queries.offers import list_offers


def make_flows(connection: Connection, keys: Collection[str]) -> list[Flow]:
    """Those of `list_offers` that are named; what is there already stays as it is. Returns the new
    ones."""
    made = []
    for offer in list_offers(connection):
        if offer.key not in keys or offer.flow_id:
            continue
        flow, is_new = Flow.objects.get_or_create(
            tenant_id=connection.tenant_id,
            source=offer.source,
            stream=offer.stream,
            target=offer.target,
            action=offer.action,
            defaults={"label": offer.label, "position": offer.position},
        )
        if is_new:
            made.append(flow)
    if made:
        record(
            "flows.made",
            subject=connection.public_id,
            label=connection.label,
            after={"flows": [flow.label for flow in made]},
        )
    return made
