"""What a person changes of how stock is offered: the formula, the places, the kits.

With a change everything that it concerns is offered anew, by a full comparison.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.forms.models import model_to_dict
from django.utils.translation import gettext

from ekyam.audit.record import record
from flows.models import Flow, Formula, KitPart, LookupRow, StockLocation, Sync
from flows.operations.stock.offers import formula_of, locations_table, refuse_rivals
from flows.operations.stock.plan import start_sync
from flows.operations.stock.streams import stock_flows
from flows.states import IllegalMove

MOST_IN_A_KIT = 10_000


def _offer_anew(flow: Flow, *, by: str) -> Sync | None:
    """Compare everything; None while the flow is Off, or while that is under way already."""
    return start_sync(flow, asked_by=by) if flow.is_on else None


def _offer_all_anew(*, by: str) -> None:
    """What concerns every flow of stock, as kits do."""
    flows = Flow.objects.filter(is_on=True).select_related("source", "target")
    for flow in stock_flows(flows):
        _offer_anew(flow, by=by)


def lock_formula(flow: Flow) -> Formula:
    """As it is; nobody else keeps another one until the transaction ends."""
    Formula.objects.select_for_update().filter(flow=flow).first()
    return formula_of(flow)


def keep_formula(formula: Formula, *, by: str) -> tuple[bool, Sync | None]:
    """Returns whether something changed, and the comparison that began by it. Raises
    ValidationError when it is none."""
    formula.full_clean(exclude=["tenant", "flow"])
    known = Formula.objects.filter(pk=formula.pk).first()
    before, after = _terms(known or Formula(flow=formula.flow)), _terms(formula)
    if before == after:
        return False, None
    formula.save()
    begun = _offer_anew(formula.flow, by=by)
    record(
        "formula.changed",
        subject=formula.flow.public_id,
        label=formula.flow.label,
        before={name: value for name, value in before.items() if value != after[name]},
        after={name: value for name, value in after.items() if value != before[name]},
    )
    return True, begun


def _terms(formula: Formula) -> dict[str, Any]:
    return model_to_dict(formula, exclude=["id", "tenant", "flow"])


def set_places(
    flow: Flow, chosen: Mapping[str, str | None], *, by: str
) -> tuple[bool, Sync | None]:
    """By the source's place: the target's place, "" for not offered, None for nothing chosen.

    Returns whether something changed, and the comparison that began by it. Raises IllegalMove for
    a place of the target that is not known or is closed, and where another flow offers stock
    already.
    """
    table = locations_table(flow)
    known = dict(LookupRow.objects.filter(table=table).values_list("key", "value"))
    changed = {key: value for key, value in chosen.items() if known.get(key) != value}
    _refuse_unknown(flow, {value for value in changed.values() if value})
    with transaction.atomic():
        for key, value in changed.items():
            _set_place(flow, key, value)
        if changed and flow.is_on:
            refuse_rivals(flow)
    if not changed:
        return False, None
    begun = _offer_anew(flow, by=by)
    record(
        "places.changed",
        subject=flow.public_id,
        label=flow.label,
        before={key: known.get(key) for key in changed},
        after=changed,
    )
    return True, begun


def _set_place(flow: Flow, key: str, value: str | None) -> None:
    table = locations_table(flow)
    if value is None:
        LookupRow.objects.filter(table=table, key=key).delete()
    else:
        LookupRow.objects.update_or_create(
            tenant_id=flow.tenant_id, table=table, key=key, defaults={"value": value}
        )


def _refuse_unknown(flow: Flow, places: set[str]) -> None:
    there = StockLocation.objects.filter(
        connection=flow.target_id, external_id__in=places, is_active=True
    )
    missing = places - set(there.values_list("external_id", flat=True))
    if missing:
        raise IllegalMove(
            gettext("{missing} is no place of {label} that is open.").format(
                missing=min(missing), label=flow.target.label
            )
        )


def add_kit_part(flow: Flow, *, kit: str, part: str, quantity: int, by: str) -> KitPart:
    """So many of `part` are in `kit`; said again, the number is another.

    Raises IllegalMove for what cannot be: a kit of itself, of nothing, or of other kits.
    """
    kit, part = kit.strip(), part.strip()
    if not kit or not part:
        raise IllegalMove(gettext("Name the SKU of the kit, and the SKU of the part."))
    if kit == part:
        raise IllegalMove(gettext("A kit is not a part of itself."))
    if not 0 < quantity <= MOST_IN_A_KIT:
        raise IllegalMove(
            gettext("A kit holds from 1 to {most_in_a_kit:,} of a part.").format(
                most_in_a_kit=MOST_IN_A_KIT
            )
        )
    if KitPart.objects.filter(Q(kit=part) | Q(part=kit)).exists():
        raise IllegalMove(
            gettext("A kit cannot be a part of another kit: name the parts themselves.")
        )
    known = KitPart.objects.filter(kit=kit, part=part).first()
    row, _ = KitPart.objects.update_or_create(
        tenant_id=flow.tenant_id, kit=kit, part=part, defaults={"quantity": quantity}
    )
    _offer_all_anew(by=by)
    record(
        "kit.part_changed" if known else "kit.part_added",
        subject=row.public_id,
        label=kit,
        before=_content(known) if known else None,
        after=_content(row),
    )
    return row


def remove_kit_part(row: KitPart, *, by: str) -> None:
    before, subject = _content(row), row.public_id
    row.delete()
    _offer_all_anew(by=by)
    record("kit.part_removed", subject=subject, label=row.kit, before=before)


def _content(row: KitPart) -> dict[str, Any]:
    return {"kit": row.kit, "part": row.part, "quantity": row.quantity}
