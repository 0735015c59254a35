"""Makes the flows that a person has chosen, Off."""

from collections.abc import Collection

from ekyam.audit.record import record
from flows.models import Flow
from flows.operations.halves import begin_as_mapped
from flows.queries.offers import find_offers


def make_flows(keys: Collection[str]) -> list[Flow]:
    """By the keys of offers; what is there already stays as it is. Returns the new ones."""
    made = []
    for offer in find_offers(keys):
        if offer.flow_id:
            continue
        flow, is_new = Flow.objects.get_or_create(
            tenant_id=offer.source.tenant_id,
            source=offer.source,
            stream=offer.stream,
            target=offer.target,
            action=offer.action,
            defaults={"label": offer.label, "position": offer.position},
        )
        if is_new:
            made.append(flow)
    for flow in made:
        record("flow.made", subject=flow.public_id, label=flow.label)
    begin_as_mapped(made)
    return made
