"""Makes each writing door of the portal open for a deed that succeeds."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from django.test import Client
from django.utils import timezone

from connectors.credentials import seal_credentials
from ekyam.sso.domains import claim_domain, record_of
from ekyam.sso.models import GroupRole, Identity, IdentityProvider
from ekyam.team.invitations import BETWEEN_TWO
from ekyam.team.models import Invitation
from ekyam.tenants.models import Membership, Role
from flows.mapping.logic import Logic
from flows.models import Event, KitPart, OrderHold, SavedView
from flows.models.event import EventState
from flows.operations.shadow.start import start_shadow
from flows.operations.versions import publish, save_draft
from flows.queries.offers import list_between
from flows.queries.suggestions import Found, Offer, keep_found, place_of
from flows.rules.rule import Compare, Hold, Rule
from tests.portal.conftest import Side, sign_in
from tests.portal.letters_desk import LettersDesk, Prepared
from tests.portal.set_up_desk import SetUpDesk
from tests.portal.stock_rows import SHOP, STORE, furnish_stock
from tests.portal.test_isolation import DOORS, address_of
from tests.sandboxes import TOKEN, ask, sandbox_server
from tests.signing_in.conftest import add_totp
from tests.sso.conftest import add_domain, make_provider
from tests.sso.name_server import NameServer, name_server
from tests.sso.openid_server import CLIENT_ID, OpenIdServer, openid_server
from tests.world import add_member

SECRET = "a-value-that-no-log-may-hold"


@dataclass(frozen=True)
class Outside:
    """Whom a deed may have to ask: the port of the sandboxes, a provider, and the name servers."""

    port: int
    openid: OpenIdServer
    names: NameServer


@contextmanager
def reach_outside(settings: Any) -> Iterator[Outside]:
    person = {"sub": "00u1", "email": "asha@juniper.example", "name": "Asha Rao", "groups": []}
    with sandbox_server() as port, openid_server(**person) as openid, name_server() as names:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{port}", TOKEN
        settings.DNS_URL = names.url
        settings.SSO_PRIVATE_URLS = [openid.issuer, names.url]
        yield Outside(port, openid, names)


# Doors that need no more than the row that the matrix makes for them, with what is sent.
FORMS: dict[str, dict[str, str]] = {
    "import_table": {"table": "carriers", "text": "key,value\ndhl,7", "do": "apply"},
    "set_row": {"table": "carriers", "key": "dhl", "value": "7"},
    "remove_row": {},
    "table_csv": {},
    "import_rates": {"text": "base,quote,day,rate\nEUR,INR,2026-05-01,98.5", "do": "apply"},
    "new_key": {"name": "Till", "rights": "look", "days": "30"},
    "rotate_key": {},
    "revoke_key": {},
    "new_application": {"name": "Till", "rights": "look"},
    "new_secret": {},
    "revoke_application": {},
    "revoke_secret": {},
    "invite": {"email": "new@juniper.example", "role": "viewer"},
    "call_off_invitation": {},
    "change_role": {"role": "operator"},
    "remove_member": {},
    "sign_in_policy": {"remembered_days": "7", "idle_minutes": "45", "absolute_hours": "20"},
    "add_provider": {"label": "Okta", "kind": "oidc"},
    "remove_provider": {},
    "add_domain": {"domain": "lamps.example"},
    "edit_alert_rule": {
        "is_on": "",
        "threshold": "3",
        "quiet_minutes": "60",
        "escalate_minutes": "0",
        "edition": "1",
    },
    "add_alert_channel": {"kind": "email", "label": "Desk", "address": "desk@juniper.example"},
    "test_alert_channel": {},
    "remove_alert_channel": {},
    "acknowledge_alert": {},
    "give_group_role": {"group": "Till", "role": "operator"},
}


class Desk(LettersDesk, SetUpDesk):
    """Makes each deed of a person possible, in one company; one method for each writing door."""

    def __init__(self, side: Side, client: Client, outside: Outside) -> None:
        self.side, self.client, self.outside = side, client, outside
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

    def sandbox_act(self) -> Prepared:
        address = self._of_sandbox("shopify", "act")
        return address, {"do": "place_order", "order": "kind-0"}

    def sandbox_break(self) -> Prepared:
        return self._of_sandbox("netsuite", "break"), {"what": "down", "times": "1"}

    def sandbox_mend(self) -> Prepared:
        return self._of_sandbox("netsuite", "mend"), {}

    def _of_sandbox(self, slug: str, deed: str) -> str:
        return f"/sandbox/{self.side.shop.connections[slug].public_id}/{deed}/"

    def authorize(self) -> Prepared:
        row = self.side.shop.connections["shopify"]
        needed = ask(self.outside.port, "shopify", row.account, "connection")
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
        given = ask(self.outside.port, "netsuite", row.account, "connection_tba", {})
        row.auth, row.settings = given["auth"], given["settings"]
        row.save()
        return f"/connections/{row.public_id}/credentials/", given["credentials"]

    def switch_flow(self) -> Prepared:
        return f"/flows/{self.side.shop.flow('Orders').public_id}/switch/", {"to": "off"}

    def add_flows(self) -> Prepared:
        ends = [self.side.shop.connections[name] for name in ("netsuite", "shopify")]
        offer = next(one for one in list_between(*ends) if not one.flow_id)
        return "/flows/add/", {"flow": offer.key}

    def answer_suggestion(self) -> Prepared:
        """Something was found, some minutes ago."""
        flow = self.side.shop.flow("Orders")
        offers: dict[str, tuple[Offer, ...]] = {"currency": (Offer("currency", 0.9, (), ()),)}
        keep_found(place_of(flow, "reader"), Found(offers, has_records=True))
        form = {"do": "accept", "side": "reader", "attribute": "currency", "source": "currency"}
        return f"/flows/{flow.public_id}/suggestions/answer/", form

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

    def change_lines(self) -> Prepared:
        return self._of_orders("mapping/lines"), {"do": "down:reader:0"}

    def edit_line(self) -> Prepared:
        line = {"side": "reader", "at": "+", "target": "reference", "source": "note"}
        return self._of_orders("mapping/line"), {**line, "do": "save"}

    def publish_flow(self) -> Prepared:
        self._draft()
        return self._of_orders("publish"), {}

    def discard_flow(self) -> Prepared:
        self._draft()
        return self._of_orders("discard"), {}

    def roll_back(self) -> Prepared:
        self._draft()
        publish(self.side.shop.flow("Orders"))
        return self._of_orders("versions/back"), {"to": "0"}

    def start_shadow(self) -> Prepared:
        self._draft()
        return self._of_orders("shadow/start"), {}

    def stop_shadow(self) -> Prepared:
        self._draft()
        run = start_shadow(self.side.shop.flow("Orders"), since=timezone.now() - timedelta(days=1))
        return f"/shadow/{run.public_id}/stop/", {}

    def change_rules(self) -> Prepared:
        self._draft()
        return self._of_orders("rules/change"), {"do": "off:1"}

    def edit_rule(self) -> Prepared:
        form = {"ready": "cod_above", "ready-amount": "500", "ready-currency": "INR"}
        return self._of_orders("rules/edit"), {**form, "do": "save"}

    def import_code(self) -> Prepared:
        page = self.client.get(self._of_orders("code/yaml")).content.decode()
        return self._of_orders("code/import"), {"text": page, "do": "apply"}

    def _of_orders(self, page: str) -> str:
        return f"/flows/{self.side.shop.flow('Orders').public_id}/{page}/"

    def _draft(self) -> None:
        rule = Rule("Large", Compare("total", "above", 500), (Hold("Look at it"),))
        save_draft(self.side.shop.flow("Orders"), Logic(rules=(rule,)), edition=0)

    def replay_delivery(self) -> Prepared:
        return f"/deliveries/{self.side.dead.public_id}/replay/", {}

    def hold_order(self) -> Prepared:
        return f"/orders/{self.side.shipped.public_id}/hold/", {"reason": "A test of ours."}

    def release_order(self) -> Prepared:
        values = {"tenant": self.side.company.tenant, "record": self.side.shipped}
        OrderHold.objects.create(**values, reason="A test of ours.", held_by="asha")
        return f"/orders/{self.side.shipped.public_id}/release/", {}

    def save_view(self) -> Prepared:
        return "/orders/views/", {"name": "Stuck", "filters": "state=dead", "shared": "1"}

    def remove_view(self) -> Prepared:
        owner = self.side.company.owner
        row = SavedView.objects.create(tenant=self.side.company.tenant, owner=owner, name="Stuck")
        return f"/orders/views/{row.public_id}/remove/", {}

    def orders_csv(self) -> Prepared:
        return "/orders/csv/", {}

    def cancel_delivery(self) -> Prepared:
        return f"/deliveries/{self.side.parked.public_id}/cancel/", {}

    def edit_delivery(self) -> Prepared:
        edited = {**self.side.dead.standard, "note": SECRET}
        form = {"standard": json.dumps(edited), "do": "keep"}
        return f"/deliveries/{self.side.dead.public_id}/edit/", form

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

    def resend_invitation(self) -> Prepared:
        """Not within a minute of the last time."""
        door = next(one for one in DOORS if one.name == "resend_invitation")
        address = address_of(door, self.side)
        Invitation.objects.update(sent_at=timezone.now() - 2 * BETWEEN_TWO)
        return address, {}

    def change_provider(self) -> Prepared:
        form = {"label": "Okta", "issuer": self.outside.openid.issuer, "client_id": "another"}
        form |= {"client_secret": SECRET, "group_claim": "groups", "default_role": "viewer"}
        return self._at(self._provider(is_on=False), "change"), form

    def try_provider(self) -> Prepared:
        return self._at(self._provider(is_on=False), "try"), {}

    def tried_provider(self) -> Prepared:
        """The person has been to the provider, and is sent back."""
        page = self.client.post(self.try_provider()[0]).content.decode()
        found = re.search(r'href="(http[^"]+)" rel="noreferrer"', page)
        assert found
        address = found[1].replace("&amp;", "&")
        back = requests.get(address, allow_redirects=False, timeout=10).headers["Location"]
        return f"{urlsplit(back).path}?{urlsplit(back).query}", {}

    def switch_provider(self) -> Prepared:
        return self._at(self._provider(is_on=False), "switch"), {"to": "on"}

    def require_provider(self) -> Prepared:
        """The last resort has a second factor."""
        owner = self.side.company.owner
        add_totp(owner)
        named = Membership.objects.get(user=owner).public_id
        return self._at(self._provider(), "require"), {"to": "required", "last_resort": named}

    def verify_domain(self) -> Prepared:
        provider = self._provider()
        domain = claim_domain(provider, "lamps.example")
        self.outside.names.records[domain.domain] = [f'"{record_of(domain)}"']
        return self._at(provider, "domains/verify"), {"domain": domain.public_id}

    def release_domain(self) -> Prepared:
        """Not the last one of a provider that is on."""
        provider = self._provider()
        domain = add_domain(provider, "lamps.example")
        return self._at(provider, "domains/release"), {"domain": domain.public_id}

    def take_group_role(self) -> Prepared:
        provider = self._provider()
        row = GroupRole.objects.create(
            tenant=self.side.company.tenant, provider=provider, group="Till", role=Role.OPERATOR
        )
        return self._at(provider, "groups/remove"), {"group": row.public_id}

    def unlink_identity(self) -> Prepared:
        provider = self._provider()
        row = Identity.objects.create(
            tenant=self.side.company.tenant,
            provider=provider,
            subject="00u1",
            user=self.side.company.viewer,
            seen_at=timezone.now(),
        )
        return self._at(provider, "people/unlink"), {"person": row.public_id}

    def _provider(self, *, is_on: bool = True) -> IdentityProvider:
        """Tried, and with a domain, so that it may be turned on."""
        values = {"kind": "oidc", "issuer": self.outside.openid.issuer, "client_id": CLIENT_ID}
        return make_provider(self.side.company.tenant, "juniper.example", is_on=is_on, **values)

    def _at(self, provider: IdentityProvider, door: str) -> str:
        return f"/single-sign-on/{provider.public_id}/{door}/"

    def stock_csv(self) -> Prepared:
        return "/stock/csv/", {}

    def sync_csv(self) -> Prepared:
        return f"/stock/syncs/{self._sync('done')}/csv/", {}

    def rates_csv(self) -> Prepared:
        return "/rates/csv/", {}

    def runs_csv(self) -> Prepared:
        return "/runs/csv/?out=done", {}

    def audit_csv(self) -> Prepared:
        return "/audit/csv/", {}
