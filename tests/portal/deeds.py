"""What people do at the portal's writing doors: where each knocks, and with what."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import requests
from django.test import Client
from django.utils import timezone

from connectors.credentials import seal_credentials
from ekyam.sso.models import EmailDomain, GroupRole, Identity, IdentityProvider
from ekyam.team.models import Invitation
from ekyam.tenants.models import Role
from flows.models import Event, KitPart
from flows.models.event import EventState
from flows.queries.dead_letters import list_dead_groups
from tests.portal.conftest import Side, sign_in
from tests.portal.stock_rows import SHOP, STORE, furnish_stock
from tests.portal.test_isolation import DOORS, address_of
from tests.sandboxes import ask
from tests.world import add_member

Prepared = tuple[str, dict[str, str]]  # where to knock, and with what
SECRET = "a-value-that-no-log-may-hold"

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
    "call_off_invitation": {},
    "change_role": {"role": "operator"},
    "remove_member": {},
    "sign_in_policy": {"remembered_days": "7", "idle_minutes": "30", "absolute_hours": "10"},
    "add_provider": {"label": "Okta", "kind": "oidc"},
    "switch_provider": {"to": "off"},
    "require_provider": {"to": "optional"},
    "remove_provider": {},
    "add_domain": {"domain": "juniper.example"},
    "give_group_role": {"group": "Warehouse", "role": "operator"},
}
# What another system must say first; that it is told is tested where that system stands.
ELSEWHERE = {
    "change_provider": "tests/sso/test_settings.py",
    "verify_domain": "tests/sso/test_domains.py",
}
SILENT = {"try_provider"}  # sends a person away, and writes nothing until they are back


class Desk:
    """Makes each deed of a person possible, in one company; one method for each writing door."""

    def __init__(self, side: Side, client: Client, port: int) -> None:
        self.side, self.client, self.port = side, client, port
        self.flow = side.shop.flow("Inventory Sync")
        self.stock = furnish_stock(side.shop)
        self.flow.refresh_from_db()

    def prepare(self, door: str) -> Prepared:
        if door in FORMS:
            return self._address(door), FORMS[door]
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
        return self._address("end_member_sessions"), {"session": "all"}

    def resend_invitation(self) -> Prepared:
        """Not within the minute."""
        address = self._address("resend_invitation")
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=5))
        return address, {}

    def _address(self, door: str) -> str:
        return address_of(next(one for one in DOORS if one.name == door), self.side)

    def _provider(self, door: str) -> tuple[str, IdentityProvider]:
        return self._address(door), IdentityProvider.objects.get()

    def release_domain(self) -> Prepared:
        address, provider = self._provider("release_domain")
        domain = EmailDomain.objects.create(
            tenant=provider.tenant, provider=provider, domain="juniper.example", proof="x"
        )
        return address, {"domain": domain.public_id}

    def take_group_role(self) -> Prepared:
        address, provider = self._provider("take_group_role")
        group = GroupRole.objects.create(
            tenant=provider.tenant, provider=provider, group="Warehouse", role=Role.OPERATOR
        )
        return address, {"group": group.public_id}

    def unlink_identity(self) -> Prepared:
        address, provider = self._provider("unlink_identity")
        person = Identity.objects.create(
            tenant=provider.tenant,
            provider=provider,
            subject="00u1",
            user=self.side.company.viewer,
            seen_at=timezone.now(),
        )
        return address, {"person": person.public_id}

    def stock_csv(self) -> Prepared:
        return "/stock/csv/", {}

    def sync_csv(self) -> Prepared:
        return f"/stock/syncs/{self._sync('done')}/csv/", {}

    def audit_csv(self) -> Prepared:
        return "/audit/csv/", {}
