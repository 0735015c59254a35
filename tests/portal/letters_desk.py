"""Makes the doors of dead letters, and of what rules hold, open for a deed that succeeds."""

from uuid import uuid4

from django.utils import timezone

from flows.models import BulkAct, BulkState, Deed
from flows.operations.mend.start import begin_act
from flows.queries.dead_letters import Wanted, list_dead_groups
from tests.portal.build import hold
from tests.portal.conftest import Side

Prepared = tuple[str, dict[str, str]]  # where to knock, and with what


def bulk_act_of(cause: str) -> str:
    """What is under way, or something new."""
    act = BulkAct.objects.filter(state=BulkState.RUNNING).first()
    if act is None:
        act = begin_act(cause, Deed.RETRY, Wanted(), token=uuid4(), until=timezone.now())
    return act.public_id


class LettersDesk:
    """The part of the desk that is about them."""

    side: Side

    def mend_letters(self) -> Prepared:
        return f"/dead-letters/{list_dead_groups()[0].key}/mend/?deed=retry", {}

    def assign_cause(self) -> Prepared:
        return f"/dead-letters/{list_dead_groups()[0].key}/assign/", {"member": "me"}

    def comment_cause(self) -> Prepared:
        return f"/dead-letters/{list_dead_groups()[0].key}/comments/", {"text": "Asked them."}

    def stop_bulk(self) -> Prepared:
        return f"/mending/{bulk_act_of(list_dead_groups()[0].key)}/stop/", {}

    def assign_letter(self) -> Prepared:
        return f"/deliveries/{self.side.dead.public_id}/assign/", {"member": "me"}

    def comment_letter(self) -> Prepared:
        return f"/deliveries/{self.side.dead.public_id}/comments/", {"text": "Asked them."}

    def release_held(self) -> Prepared:
        return f"/held/{self._held()}/release/", {}

    def reject_held(self) -> Prepared:
        return f"/held/{self._held()}/reject/", {"reason": "A test of ours."}

    def release_all(self) -> Prepared:
        self._held()
        return "/held/all/release/?rule=Large", {}

    def reject_all(self) -> Prepared:
        self._held()
        return "/held/all/reject/?rule=Large", {"reason": "Tests of ours."}

    def _held(self) -> str:
        return hold(self.side.parked).public_id

    def dead_letters_csv(self) -> Prepared:
        return "/dead-letters/csv/", {}
