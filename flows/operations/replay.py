"""What a person does with a delivery: replay it, edit and replay it, call it off."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec
from django.utils import timezone
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from connectors.standard import resources
from connectors.standard.record import Record
from ekyam.audit.record import record
from flows.mapping.complaints import in_words
from flows.mapping.records import refuse_odd_numbers
from flows.models import Delivery
from flows.operations.heal import reader_of
from flows.operations.nudge import nudge
from flows.operations.receive import receive_again
from flows.operations.search_keys import keep_search_keys
from flows.operations.stock.streams import is_stock
from flows.state_words import DELIVERY
from flows.states import CANCELLABLE, DONE, REPLAYABLE, RETRYABLE, IllegalMove, State
from flows.waits import RELEASE, rule_of


def retry_delivery(delivery: Delivery) -> None:
    """Send again what has not arrived. Raises IllegalMove also for what has."""
    replay_delivery(delivery, states=RETRYABLE)


Choice = Literal["same", "newest"]
READ_ANEW = "Read anew by a replay."


def replay_delivery(
    delivery: Delivery, *, states: Collection[State] = REPLAYABLE, version: Choice = "same"
) -> None:
    """Send it again, by the version that has made it or by today's.

    What could not even be read is read anew by today's; and so is, with the newest version, what
    cannot have been written yet. Raises IllegalMove when it is being sent, a newer fact has taken
    its place, or it is held and not to be judged anew.
    """
    before, row = send_again(delivery, states=states, version=version)
    _record(row, "delivery.replayed", before, {"state": row.state, "version": version})


def send_again(
    delivery: Delivery, *, states: Collection[State] = REPLAYABLE, version: Choice = "same"
) -> tuple[str, Delivery]:
    """The replay itself, for those who tell of many at once; returns the state before, and it."""
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    before = str(row.state)
    if row.state not in states:
        raise IllegalMove(
            gettext("It is «{state}»: there is nothing to replay.").format(
                state=DELIVERY[row.state]
            )
        )
    if must_be_read(row, version):
        check_listened_to(row)
        receive_again(event=row.event, flow_id=reader_of(row))
        _rest(row, READ_ANEW)
        return before, row
    if is_held(row):
        raise IllegalMove(
            gettext("The rule «{rule}» holds it: release or reject it.").format(
                rule=rule_of(row.waits_for)
            )
        )
    if version == "newest" and row.flow is not None:
        row.version_id = row.flow.version_id
    to_pending(row)
    return before, row


def must_be_read(row: Delivery, version: Choice = "same") -> bool:
    """Whether a replay begins with its event: nothing has been made of it, or it is made anew."""
    was_read = row.standard is not None and (row.attempts_made or row.state != State.DEAD)
    is_unwritten = not row.wrote and row.state not in DONE
    return not was_read or (version == "newest" and is_unwritten and not _is_stock(row))


def check_listened_to(row: Delivery) -> None:
    """Raises IllegalMove when nobody would read its event."""
    if not _is_listened_to(row):
        raise IllegalMove(gettext("Its flow is Off, and reads nothing: switch it On first."))


def is_held(row: Delivery) -> bool:
    return row.state == State.PARKED and row.waits_for.startswith(RELEASE)


def _is_listened_to(row: Delivery) -> bool:
    """Whether the flow that reads what it is of is On; of what no flow has read it is not known."""
    return row.flow is None or (row.flow.feeder or row.flow).is_on


def _is_stock(row: Delivery) -> bool:
    """How much is found anew whenever it is sent."""
    return row.flow is not None and is_stock(row.flow)


def edit_delivery(delivery: Delivery, standard: dict[str, Any], *, seen: str | None = None) -> None:
    """Put an edited record in its place, checked like any other, and send it.

    `seen` is the digest of what was edited. Raises MappingFailed when the edit does not hold,
    Overtaken when somebody was faster, IllegalMove when it is too late.
    """
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    before, was = str(row.state), row.standard
    if seen is not None and seen != digest_of(was):
        raise Overtaken(
            gettext("Somebody else has edited it meanwhile. Theirs is shown beside yours.")
        )
    edited = read_edited(row, standard)
    row.standard = msgspec.to_builtins(edited)
    if is_held(row):
        row.save(update_fields=["standard"])  # whoever releases it sees the edit
    else:
        to_pending(row)
    if row.record is not None:  # it is found by what was typed as well, and still by what came
        keep_search_keys([(row.record, edited)])
    # What was in it may be a customer's, which has no place in a log that is never taken back.
    changed = sorted(_differences(was or {}, row.standard))
    _record(row, "delivery.edited", before, {"state": row.state, "changed": changed})


def check_edited(row: Delivery, standard: Any) -> dict[str, Any]:
    """The edited record as it would be kept. Raises MappingFailed and IllegalMove."""
    kept: dict[str, Any] = msgspec.to_builtins(read_edited(row, standard))
    return kept


def read_edited(row: Delivery, standard: Any) -> Record:
    """Raises MappingFailed and IllegalMove."""
    if row.state not in REPLAYABLE or row.flow is None:
        raise IllegalMove(
            gettext("It is «{state}»: it cannot be edited.").format(state=DELIVERY[row.state])
        )
    if not is_editable(row):
        raise IllegalMove(
            gettext(
                "A quantity of stock is found when it is sent: correct it in its source, or "
                "change the formula."
            )
        )
    try:
        resource = row.flow.stream_spec.resource
        edited: Record = msgspec.convert(standard, resources()[resource], strict=False)
        refuse_odd_numbers(edited)
        edited.check()
    except msgspec.ValidationError as error:
        raise MappingFailed(
            gettext("The record is not right: {error}.").format(error=in_words(error, standard))
        ) from error
    except ArithmeticError as error:
        raise MappingFailed(gettext("It holds a number that nobody can reckon with.")) from error
    return edited


class Overtaken(IllegalMove):
    """It is no longer as it was when the edit began."""


def digest_of(standard: Any) -> str:
    """Says whether a record is as it was, whatever the order of its names."""
    return hashlib.sha256(msgspec.json.encode(standard, order="sorted")).hexdigest()[:32]


def _differences(was: Any, now: Any, path: str = "") -> Iterator[str]:
    """Where two records differ: «lines.0.sku»."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in was.keys() | now.keys():
            yield from _differences(was.get(name), now.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(one, other, f"{path}.{place}")
    elif was != now:
        yield path


def is_editable(row: Delivery) -> bool:
    """What is found anew when it is sent would be edited in vain."""
    return row.flow is not None and not is_stock(row.flow)


_MOVED = ["wrote", "is_forced", "state", "due_at", "attempts_made", "waits_for"]
_MOVED += ["finished_at", "parked_at"]


def to_pending(row: Delivery) -> None:
    """Of a locked row. Never twice: what may have been written is looked up before it is sent."""
    all_to_pending([row], "standard", "version")


def all_to_pending(rows: Sequence[Delivery], *changed: str) -> None:
    """The same of many: one sentence, one nudge for each target. `changed` are fields that were set
    before."""
    now = timezone.now()
    for row in rows:
        row.wrote = row.wrote or row.attempts_made > 0
        row.is_forced = True
        row.state, row.due_at, row.attempts_made = State.PENDING, now, 0
        row.waits_for, row.finished_at, row.parked_at = "", None, None
    Delivery.objects.bulk_update(rows, [*_MOVED, *changed])
    for tenant_id, target_id in {(row.tenant_id, row.target_id) for row in rows}:
        assert target_id is not None
        nudge("deliver", tenant_id=tenant_id, subject_id=target_id)


def _rest(row: Delivery, note: str) -> None:
    row.state, row.note, row.finished_at, row.waits_for = State.SUPERSEDED, note, timezone.now(), ""
    row.save(update_fields=["state", "note", "finished_at", "waits_for"])


def cancel_delivery(delivery: Delivery, *, note: str) -> None:
    """Call it off; raises IllegalMove when it has left already."""
    call_off(delivery, note=note)
    _record(delivery, "delivery.cancelled", str(delivery.state), {"state": str(State.CANCELLED)})


def call_off(delivery: Delivery, *, note: str) -> None:
    """The calling off itself, for those who tell of many at once."""
    if not call_off_all([delivery], note=note):
        if delivery.state == State.CANCELLED:
            raise IllegalMove(gettext("It is called off already."))
        raise IllegalMove(gettext("It has been sent, or may have been: it cannot be called off."))


def call_off_all(deliveries: Iterable[Delivery], *, note: str) -> list[Delivery]:
    """Returns those that were called off; not what has left, or may have left. Of rows that nobody
    has locked one at a time."""
    found = [one for one in deliveries if not one.wrote]
    moved = Delivery.objects.filter(
        pk__in=[one.pk for one in found], state__in=CANCELLABLE, wrote=False
    ).update(state=State.CANCELLED, note=note, finished_at=timezone.now(), waits_for="")
    return found if moved else []


def _record(row: Delivery, action: str, before: str, after: dict[str, Any]) -> None:
    label = f"{row.flow.label}: {row.external_id}" if row.flow else row.external_id
    record(action, subject=row.public_id, label=label, before={"state": before}, after=after)
