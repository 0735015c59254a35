"""The audit log as it is read: every deed leaves an entry, and entries are found again."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from connectors.credentials import seal_credentials
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.models import AuditEntry
from ekyam.audit.record import record
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.models import Event, Flow, KitPart
from flows.models.event import EventState
from flows.queries.dead_letters import list_dead_groups
from tests.portal.conftest import Side, sign_in
from tests.portal.stock_rows import SHOP, STORE, furnish_stock
from tests.portal.test_isolation import DOORS, address_of
from tests.sandboxes import ask, sandbox_server
from tests.world import add_member

Prepared = tuple[str, dict[str, str]]  # where to knock, and with what
SECRET = "a-value-that-no-log-may-hold"


@pytest.fixture
def sandbox(settings: Any) -> Iterator[int]:
    with sandbox_server() as found:
        settings.SANDBOX_URL = f"http://127.0.0.1:{found}"
        yield found


# Doors that need no more than the row that the matrix makes for them, with what is sent.
FORMS: dict[str, dict[str, str]] = {
    "new_key": {"name": "Till", "rights": "look", "days": "30"},
    "rotate_key": {},
    "revoke_key": {},
    "new_application": {"name": "Till", "rights": "look"},
    "new_secret": {},
    "revoke_application": {},
    "revoke_secret": {},
    "invite": {"email": "new@juniper.example", "role": "viewer"},
    "resend_invitation": {},
    "call_off_invitation": {},
    "change_role": {"role": "operator"},
    "remove_member": {},
}


class Desk:
    """Makes each deed of a person possible, in one company; one method for each writing door."""

    def __init__(self, side: Side, client: Client, port: int) -> None:
        self.side, self.client, self.port = side, client, port
        self.flow = side.shop.flow("Inventory Sync")
        self.stock = furnish_stock(side.shop)
        self.flow.refresh_from_db()

    def prepare(self, door: str) -> Prepared:
        if door in FORMS:
            row = next(one for one in DOORS if one.name == door)
            return address_of(row, self.side), FORMS[door]
        method: Callable[[], Prepared] = getattr(self, door)
        return method()

    def check_connection(self) -> Prepared:
        return f"/connections/{self.side.shop.connections['netsuite'].public_id}/check/", {}

    def pause_connection(self) -> Prepared:
        return f"/connections/{self.side.shop.connections['netsuite'].public_id}/pause/", {}

    def resume_connection(self) -> Prepared:
        row = self.side.shop.connections["netsuite"]
        row.state = "paused"
        row.save()
        return f"/connections/{row.public_id}/resume/", {}

    def authorize(self) -> Prepared:
        row = self.side.shop.connections["shopify"]
        needed = ask(self.port, "shopify", row.account, "connection")
        ours = {name: needed["credentials"][name] for name in ("client_id", "client_secret")}
        row.auth, row.settings = "oauth", {**needed["settings"], "shop": row.account}
        seal_credentials(row, ours)
        row.save()
        return f"/connections/{row.public_id}/authorize/", {}

    def authorized(self) -> Prepared:
        """The person has been to the vendor, and is sent back."""
        page = self.client.post(self.authorize()[0]).content.decode()
        found = re.search(r'url=([^"]+)"', page)
        assert found
        address = found[1].replace("&amp;", "&")
        back = requests.get(address, allow_redirects=False, timeout=10).headers["Location"]
        return f"{urlsplit(back).path}?{urlsplit(back).query}", {}

    def change_credentials(self) -> Prepared:
        row = self.side.shop.connections["netsuite"]
        row.auth = next(m.name for m in row.spec.auth if "token_secret" in str(m.fields))
        row.save()
        secrets = ("consumer_key", "consumer_secret", "token_id", "token_secret")
        form = {"realm": "1234567_SB1", **{name: f"{SECRET}-{name}" for name in secrets}}
        return f"/connections/{row.public_id}/credentials/", form

    def switch_flow(self) -> Prepared:
        return f"/flows/{self.side.shop.flow('Orders').public_id}/switch/", {"to": "off"}

    def stop_sync(self) -> Prepared:
        return f"/stock/syncs/{self._sync('source')}/stop/", {}

    def answer_sync(self) -> Prepared:
        return f"/stock/syncs/{self._sync('asks')}/answer/", {"answer": "go_on"}

    def _sync(self, state: str) -> str:
        return self.stock.sync(state).public_id

    def start_sync(self) -> Prepared:
        return f"/stock/flows/{self.flow.public_id}/sync/", {}

    def set_formula(self) -> Prepared:
        form = {"base": "available", "buffer": "3", "least_percent": "80"}
        form |= {"most_to_zero_percent": "20", "read_back_hours": "24"}
        return f"/stock/flows/{self.flow.public_id}/formula/", form

    def set_stock_places(self) -> Prepared:
        from flows.queries.stock.settings import get_settings

        place = next(one for one in get_settings(self.flow).places if one.external_id == STORE)
        return f"/stock/flows/{self.flow.public_id}/places/", {place.id: SHOP}

    def add_kit(self) -> Prepared:
        form = {"kit": "SET-02", "part": "LAMP-02", "quantity": "2"}
        return f"/stock/flows/{self.flow.public_id}/kits/", form

    def remove_kit(self) -> Prepared:
        part = KitPart.objects.get()
        return f"/stock/flows/{self.flow.public_id}/kits/remove/", {"part": part.public_id}

    def replay_group(self) -> Prepared:
        return f"/dead-letters/{list_dead_groups()[0].key}/replay/", {}

    def replay_delivery(self) -> Prepared:
        return f"/deliveries/{self.side.dead.public_id}/replay/", {}

    def cancel_delivery(self) -> Prepared:
        return f"/deliveries/{self.side.parked.public_id}/cancel/", {}

    def edit_delivery(self) -> Prepared:
        edited = {**self.side.dead.standard, "note": SECRET}
        return f"/deliveries/{self.side.dead.public_id}/edit/", {"standard": json.dumps(edited)}

    def mark_done(self) -> Prepared:
        event = self.side.dead.event
        Event.objects.filter(pk=event.pk).update(state=EventState.ASKS)
        return f"/events/{event.public_id}/done/", {}

    def switch_visits(self) -> Prepared:
        return "/visits/switch/", {"to": "off"}

    def leave(self) -> Prepared:
        """Not the last owner."""
        add_member(self.side.company.tenant, Role.OWNER, "heir")
        return "/team/leave/", {}

    def end_member_sessions(self) -> Prepared:
        sign_in(self.side.company.viewer)
        door = next(one for one in DOORS if one.name == "end_member_sessions")
        return address_of(door, self.side), {"session": "all"}

    def stock_csv(self) -> Prepared:
        return "/stock/csv/", {}

    def sync_csv(self) -> Prepared:
        return f"/stock/syncs/{self._sync('done')}/csv/", {}

    def audit_csv(self) -> Prepared:
        return "/audit/csv/", {}


WRITING = [door.name for door in DOORS if door.to] + ["stock_csv", "sync_csv", "audit_csv"]
BY_GET = {"authorized", "stock_csv", "sync_csv", "audit_csv"}


@pytest.mark.parametrize("door", WRITING)
def test_every_deed_leaves_one_entry_without_a_secret(
    here: Side, owner: Client, sandbox: int, door: str
) -> None:
    with tenant_scope(here.company.tenant):
        desk = Desk(here, owner, sandbox)
        address, form = desk.prepare(door)
        known = set(AuditEntry.objects.values_list("pk", flat=True))
    answer = owner.get(address) if door in BY_GET else owner.post(address, form)
    assert answer.status_code in (200, 302), answer.content
    with tenant_scope(here.company.tenant):
        entries = list(AuditEntry.objects.exclude(pk__in=known))
        told = str(list(AuditEntry.objects.values()))
    (entry,) = entries
    assert entry.actor == here.company.owner.email and entry.actor_kind == "person"
    assert entry.address == "127.0.0.1"
    assert SECRET not in told


@pytest.fixture
def told(here: Side) -> Side:
    """Three entries of two people and one of Ekyam itself."""
    with tenant_scope(here.company.tenant):
        with acting(Actor(Kind.PERSON, "usr_asha", "asha@juniper.example", "203.0.113.7")):
            flow = here.shop.flow("Orders")
            record(
                "flow.switched_off",
                subject=flow.public_id,
                label=flow.label,
                before={"is_on": True},
                after={"is_on": False},
            )
            record("formula.changed", label="Inventory Sync", after={"buffer": 5})
        with acting(Actor(Kind.KEY, "key_1", "=cmd|'/c calc'!A1", "198.51.100.4")):
            record("deliveries.replayed", label="rejected", after={"count": 17})
        record("visit.ended", label="staff@ekyam.example", after={"how": "by itself"})
    return here


def rows_of(client: Client, query: str) -> str:
    text = client.get(f"/audit/?{query}").content.decode()
    found = re.search(r"<tbody>.*</tbody>", text, re.DOTALL)
    return found[0] if found else ""


def test_it_says_who_did_what_and_what_became_of_it(told: Side, owner: Client) -> None:
    text = rows_of(owner, "")
    assert "asha@juniper.example" in text and "Flow switched off" in text
    assert "from 203.0.113.7" in text and "<del>yes</del>" in text and "<ins>no</ins>" in text


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("q=switched+off", "Flow switched off", "Formula changed"),
        ("q=inventory", "Formula changed", "Flow switched off"),
        ("q=198.51", "Deliveries replayed", "Formula changed"),
        ("actor=key_1", "Deliveries replayed", "Formula changed"),
        ("action=formula.changed", "Formula changed", "Deliveries replayed"),
        ("from=2001-01-01", "Formula changed", "Nothing"),
        ("to=nonsense&after=nonsense", "Formula changed", "Nothing"),
        ("from=0001-01-01&to=9999-12-31", "Formula changed", "Nothing"),
        ("after=" + "9" * 30, "Formula changed", "Nothing"),
    ],
)
def test_it_is_searched(told: Side, owner: Client, query: str, there: str, not_there: str) -> None:
    text = rows_of(owner, query)
    assert there in text and not_there not in text


@pytest.mark.parametrize("query", ["to=2001-01-01", "from=2999-01-01", "q=nobody", "subject=x"])
def test_it_says_when_nothing_is_like_that(told: Side, owner: Client, query: str) -> None:
    assert "No entry is like this" in owner.get(f"/audit/?{query}").content.decode()


def test_it_goes_on_page_by_page_and_keeps_the_filter(here: Side, owner: Client) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(120):
            record("flow.switched_on", label=f"flow {number:03}")
    seen: list[str] = []
    address = "/audit/?action=flow.switched_on"
    while address:
        text = owner.get(address).content.decode()
        seen += re.findall(r"flow (\d{3})<", text)
        found = re.search(r'href="(\?[^"]*after=[^"]*)"', text)
        address = "/audit/" + found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"{number:03}" for number in reversed(range(120))]


def test_it_is_a_table_that_a_spreadsheet_may_open(told: Side, owner: Client) -> None:
    answer = owner.get("/audit/csv/?actor=key_1")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    header, row = csv.reader(io.StringIO(text))
    found = dict(zip(header, row, strict=True))
    assert found["Who"] == "'=cmd|'/c calc'!A1" and found["What"] == "Deliveries replayed"
    assert json.loads(found["Changes"]) == {"count": [None, 17]}


def test_it_says_whether_the_chain_is_whole(told: Side, owner: Client) -> None:
    with tenant_scope(told.company.tenant):
        count = AuditEntry.objects.count()
    assert f"The chain is whole: {count} entries" in owner.get("/audit/?check=1").content.decode()
    with tenant_scope(told.company.tenant):
        last = AuditEntry.objects.order_by("-number")[0]
        AuditEntry(
            tenant=told.company.tenant, number=last.number + 2, at=last.at, digest="0" * 64
        ).save(force_insert=True)
    assert "The chain is broken" in owner.get("/audit/?check=1").content.decode()


def test_it_shows_nothing_of_another_company(told: Side, there: Side) -> None:
    text = sign_in(there.company.owner).get("/audit/").content.decode()
    assert "asha@juniper.example" not in text


def test_it_tells_nothing_of_what_was_not_done(here: Side, owner: Client) -> None:
    flow: Flow = here.shop.flow("Inventory Sync")
    with tenant_scope(here.company.tenant):
        count = AuditEntry.objects.count()
    owner.post(f"/stock/flows/{flow.public_id}/formula/", {"buffer": "-1"})
    owner.post(f"/deliveries/{here.dead.public_id}/edit/", {"standard": "{"})
    with tenant_scope(here.company.tenant):
        assert AuditEntry.objects.count() == count
