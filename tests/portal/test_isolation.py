"""Who may enter by which door: one row for each, and no door without a row."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils.http import urlencode

from connectors.models import SetUp
from ekyam.sso.models import IdentityProvider
from ekyam.team.invitations import invite
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import RIGHTS, Right
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import (
    Delivery,
    LookupRow,
    Run,
    SavedView,
)
from flows.operations.versions import find_edition, save_draft
from flows.queries.dead_letters import list_dead_groups
from flows.states import State
from portal.web.urls import urlpatterns
from tests.portal.conftest import Side, sign_in
from tests.portal.letters_desk import bulk_act_of
from tests.portal.rows_of import alerts_of, programs_of, shadow_of
from tests.portal.stock_rows import Stock
from tests.world import add_member


@dataclass(frozen=True)
class Door:
    """`of` says whose id is in the address, `to` the right that it asks for if it writes, `see` the
    one for looking."""

    name: str
    of: str = ""
    to: Right | None = None
    see: Right = Right.LOOK
    form: bool = False  # writes by POST, and shows its form by GET
    back: bool = False  # writes by GET, for a vendor sends a person back to it; its state guards it


DOORS = [
    Door("home"),
    Door("connections"),
    Door("connection", of="connection"),
    Door("check_connection", of="connection", to=Right.CONNECT),
    Door("pause_connection", of="connection", to=Right.CONNECT),
    Door("resume_connection", of="connection", to=Right.CONNECT),
    Door("authorize", of="shop", to=Right.CONNECT),
    Door("authorized", to=Right.CONNECT, back=True),
    Door("change_credentials", of="connection", to=Right.CONNECT, form=True),
    Door("set_ups", see=Right.CONNECT),
    Door("begin_set_up", to=Right.CONNECT),
    Door("set_up", of="set_up", see=Right.CONNECT),
    Door("discard_set_up", of="set_up", to=Right.CONNECT),
    Door("choose_uses", of="set_up", to=Right.CONNECT),
    Door("agree_set_up", of="set_up", to=Right.CONNECT),
    Door("finish_set_up", of="set_up", to=Right.CONNECT),
    Door("set_up_connect", of="set_up", to=Right.CONNECT, form=True),
    Door("check_set_up", of="set_up", to=Right.CONNECT),
    Door("connect_sandbox", of="set_up", to=Right.CONNECT),
    Door("set_up_map", of="set_up", see=Right.CONNECT),
    Door("set_up_stream", of="set_up", see=Right.CONNECT),
    Door("read_samples", of="set_up", to=Right.CONNECT),
    Door("open_mapping", of="set_up", to=Right.CONFIGURE),
    Door("set_up_writer", of="set_up", see=Right.CONNECT),
    Door("set_up_flows", of="set_up", to=Right.CONFIGURE, form=True),
    Door("set_up_live", of="set_up", see=Right.CONNECT),
    Door("preview_flow", of="set_up", see=Right.CONNECT),
    Door("turn_on_flows", of="set_up", to=Right.CONFIGURE, form=True),
    Door("flows"),
    Door("workflow_part"),
    Door("flow", of="flow"),
    Door("add_flows", to=Right.CONFIGURE, form=True),
    Door("flow_part", of="flow"),
    Door("switch_flow", of="flow", to=Right.CONFIGURE, form=True),
    Door("suggestions", of="flow"),
    Door("answer_suggestion", of="flow", to=Right.CONFIGURE),
    Door("mapping", of="flow"),
    Door("mapping_list", of="flow"),
    Door("change_lines", of="flow", to=Right.CONFIGURE),
    Door("edit_line", of="flow", to=Right.CONFIGURE, form=True),
    Door("publish_flow", of="flow", to=Right.CONFIGURE, form=True),
    Door("discard_flow", of="flow", to=Right.CONFIGURE, form=True),
    Door("versions", of="flow"),
    Door("version", of="version"),
    Door("roll_back", of="flow", to=Right.CONFIGURE, form=True),
    Door("verify_flow", of="flow"),
    Door("shadow_runs", of="flow"),
    Door("start_shadow", of="flow", to=Right.CONFIGURE),
    Door("shadow_run", of="shadow"),
    Door("shadow_part", of="shadow"),
    Door("stop_shadow", of="shadow", to=Right.CONFIGURE),
    Door("shadow_difference", of="difference"),
    Door("rules", of="flow"),
    Door("change_rules", of="flow", to=Right.CONFIGURE),
    Door("edit_rule", of="flow", to=Right.CONFIGURE, form=True),
    Door("flow_code", of="flow"),
    Door("flow_yaml", of="flow"),
    Door("import_code", of="flow", to=Right.CONFIGURE, form=True),
    Door("orders"),
    Door("orders_csv"),
    Door("save_view", to=Right.LOOK),
    # It is shared, and somebody else's: one's own view everybody may remove.
    Door("remove_view", of="view", to=Right.OPERATE),
    Door("journey", of="order"),
    Door("hold_order", of="order", to=Right.OPERATE, form=True),
    Door("release_order", of="order", to=Right.OPERATE, form=True),
    Door("journey_part", of="order"),
    Door("search"),
    Door("palette"),
    Door("stock"),
    Door("stock_csv"),
    Door("stock_sku", of="sku"),
    Door("syncs"),
    Door("sync", of="sync"),
    Door("sync_part", of="sync"),
    Door("sync_csv", of="sync"),
    Door("stop_sync", of="sync", to=Right.OPERATE),
    Door("answer_sync", of="sync", to=Right.OPERATE),
    Door("stock_flow", of="stock_flow"),
    Door("start_sync", of="stock_flow", to=Right.OPERATE),
    Door("set_formula", of="stock_flow", to=Right.CONFIGURE),
    Door("set_stock_places", of="stock_flow", to=Right.CONFIGURE),
    Door("add_kit", of="stock_flow", to=Right.CONFIGURE),
    Door("remove_kit", of="stock_flow", to=Right.CONFIGURE),
    Door("runs"),
    Door("runs_csv"),
    Door("runs_part"),
    Door("run", of="run"),
    Door("sandbox", see=Right.CONFIGURE),
    Door("sandbox_system", of="connection", see=Right.CONFIGURE),
    Door("sandbox_part", of="connection", see=Right.CONFIGURE),
    Door("sandbox_act", of="connection", to=Right.CONFIGURE),
    Door("sandbox_break", of="connection", to=Right.CONFIGURE),
    Door("sandbox_mend", of="connection", to=Right.CONFIGURE),
    Door("dead_letters"),
    Door("dead_group", of="cause"),
    Door("dead_letters_csv"),
    Door("mend_letters", of="cause", to=Right.OPERATE, form=True),
    Door("assign_cause", of="cause", to=Right.OPERATE),
    Door("comment_cause", of="cause", to=Right.OPERATE),
    Door("bulk_act", of="bulk"),
    Door("bulk_part", of="bulk"),
    Door("stop_bulk", of="bulk", to=Right.OPERATE),
    Door("held"),
    Door("release_all", to=Right.OPERATE, form=True),
    Door("reject_all", to=Right.OPERATE, form=True),
    Door("release_held", of="delivery", to=Right.OPERATE, form=True),
    Door("reject_held", of="delivery", to=Right.OPERATE, form=True),
    Door("lookup_tables"),
    Door("lookup_table", of="table"),
    Door("table_csv", of="table"),
    Door("import_table", to=Right.CONFIGURE, form=True),
    Door("set_row", to=Right.CONFIGURE),
    Door("remove_row", of="row", to=Right.CONFIGURE),
    Door("rates"),
    Door("rates_csv"),
    Door("import_rates", to=Right.CONFIGURE, form=True),
    Door("delivery", of="delivery"),
    Door("exchanges", of="delivery"),
    Door("replay_delivery", of="delivery", to=Right.OPERATE, form=True),
    Door("cancel_delivery", of="delivery", to=Right.OPERATE, form=True),
    Door("edit_delivery", of="delivery", to=Right.OPERATE, form=True),
    Door("vendor_text", of="delivery"),
    Door("assign_letter", of="delivery", to=Right.OPERATE),
    Door("comment_letter", of="delivery", to=Right.OPERATE),
    Door("payload", of="event"),
    Door("mark_done", of="event", to=Right.OPERATE),
    Door("alerts"),
    Door("alert_rules"),
    Door("edit_alert_rule", of="alert_rule", to=Right.CONFIGURE, form=True),
    Door("add_alert_channel", to=Right.CONFIGURE, form=True),
    Door("test_alert_channel", of="alert_channel", to=Right.CONFIGURE),
    Door("remove_alert_channel", of="alert_channel", to=Right.CONFIGURE),
    Door("acknowledge_alert", of="alert", to=Right.OPERATE),
    Door("sign_in_policy", to=Right.SECURITY, form=True),
    Door("keys", see=Right.DEVELOP),
    Door("new_key", to=Right.DEVELOP, form=True),
    Door("rotate_key", of="key", to=Right.DEVELOP, form=True),
    Door("revoke_key", of="key", to=Right.DEVELOP, form=True),
    Door("new_application", to=Right.DEVELOP, form=True),
    Door("application", of="application", see=Right.DEVELOP),
    Door("new_secret", of="application", to=Right.DEVELOP, form=True),
    Door("revoke_application", of="application", to=Right.DEVELOP, form=True),
    Door("revoke_secret", of="secret", to=Right.DEVELOP, form=True),
    Door("team"),
    Door("leave", to=Right.LOOK, form=True),
    Door("invite", to=Right.PEOPLE),
    Door("resend_invitation", of="invitation", to=Right.PEOPLE),
    Door("call_off_invitation", of="invitation", to=Right.PEOPLE),
    Door("member", of="member"),
    Door("change_role", of="member", to=Right.PEOPLE),
    Door("remove_member", of="member", to=Right.PEOPLE, form=True),
    Door("end_member_sessions", of="member", to=Right.PEOPLE),
    Door("audit", see=Right.AUDIT),
    Door("audit_csv", see=Right.AUDIT),
    Door("visits", see=Right.SECURITY),
    Door("switch_visits", to=Right.SECURITY),
    Door("identity_providers", see=Right.SECURITY),
    Door("add_provider", to=Right.SECURITY, form=True),
    Door("identity_provider", of="provider", see=Right.SECURITY),
    Door("change_provider", of="provider", to=Right.SECURITY),
    Door("try_provider", of="provider", to=Right.SECURITY),
    Door("switch_provider", of="provider", to=Right.SECURITY),
    Door("require_provider", of="provider", to=Right.SECURITY),
    Door("remove_provider", of="provider", to=Right.SECURITY),
    Door("add_domain", of="provider", to=Right.SECURITY),
    Door("verify_domain", of="provider", to=Right.SECURITY),
    Door("release_domain", of="provider", to=Right.SECURITY),
    Door("give_group_role", of="provider", to=Right.SECURITY),
    Door("take_group_role", of="provider", to=Right.SECURITY),
    Door("unlink_identity", of="provider", to=Right.SECURITY),
]
# Doors of a person and not of a company; tested by themselves below.
PERSONAL = {
    "tenants",
    "components",
    "sign_in_with",
    "leave_visit",
    "sessions",
    "end_session",
    "join",
    "follow_invitation",
}
# Doors for whoever is not signed in yet; tested in tests/sso.
OPEN = {
    *("sso", "sso_offer", "sso_start", "sso_return"),
    *("sso_acs", "sso_finish", "sso_metadata"),
}

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


def address_of(door: Door, side: Side) -> str:
    if not door.of:
        return reverse(door.name)
    with tenant_scope(side.company.tenant):
        found = {
            "connection": side.shop.connections["netsuite"].public_id,
            "shop": side.shop.connections["shopify"].public_id,
            "flow": side.shop.flow("Orders").public_id,
            "order": side.shipped.public_id,
            "run": Run.objects.exclude(delivered=None)[0].public_id,
            "cause": list_dead_groups()[0].key,
            "delivery": side.dead.public_id,
            "event": side.dead.event.public_id,
            "stock_flow": side.shop.flow("Inventory Sync").public_id,
        }
        if door.of == "set_up":
            erp = side.shop.connections["netsuite"]
            found["set_up"] = SetUp.objects.create(
                tenant=side.company.tenant, connector="netsuite", connection=erp
            ).public_id
        if door.of == "member":
            found["member"] = Membership.objects.get(user=side.company.viewer).public_id
        if door.of == "view":
            mine: Any = {"tenant": side.company.tenant, "owner": side.company.owner}
            view, _ = SavedView.objects.get_or_create(**mine, name="Stuck", is_shared=True)
            found["view"] = view.public_id
        if door.of == "invitation":
            sent = {"email": f"guest@{side.company.tenant.slug}.example", "role": Role.VIEWER}
            found["invitation"] = invite(by=side.company.owner, **sent)[0].public_id
        if door.of == "provider":
            found["provider"] = IdentityProvider.objects.create(
                tenant=side.company.tenant, kind="oidc", label="Okta"
            ).public_id
        if door.of == "version":
            flow = side.shop.flow("Orders")
            found["version"] = save_draft(flow, Logic(), edition=find_edition(flow)).public_id
        if door.of in ("shadow", "difference"):
            found |= shadow_of(side)
        if door.of == "bulk":
            found["bulk"] = bulk_act_of(found["cause"])
        if door.of.startswith("alert"):
            found |= alerts_of(side)
        if door.of == "sync":
            flow = side.shop.flow("Inventory Sync")
            found["sync"] = Stock(side.shop, flow).sync("asks").public_id
        if door.of in ("key", "application", "secret"):
            found |= programs_of(side)
        if door.of in ("table", "row"):
            table = f"{side.company.tenant.slug} carriers"
            named = {"table": table, "key": "dhl"}
            row, _ = LookupRow.objects.get_or_create(
                tenant=side.company.tenant, **named, defaults={"value": "7"}
            )
            found["row"] = row.public_id
            if door.of == "table":
                return f"{reverse(door.name)}?{urlencode({'table': table})}"
        if door.of == "sku":
            # Another name than any SKU of the other company has.
            sku = f"{side.company.tenant.slug} lamp"
            Stock(side.shop, side.shop.flow("Inventory Sync")).level("whiplash", sku, "4", 3)
            return f"{reverse(door.name)}?{urlencode({'sku': sku})}"
    if door.of == "cause":
        return reverse(door.name, kwargs={"key": found["cause"]})
    return reverse(door.name, kwargs={"id": found[door.of]})


def knock(client: Client, door: Door, address: str) -> int:
    return int(enter(client, door, address).status_code)


def enter(client: Client, door: Door, address: str) -> Any:
    return client.post(address) if door.to and not door.back else client.get(address)


def test_it_has_a_row_for_every_door() -> None:
    names = {found.name for found in urlpatterns if isinstance(found, URLPattern)}
    assert len(names) == len(urlpatterns)
    assert names == {door.name for door in DOORS} | PERSONAL | OPEN


@every_door
def test_it_sends_strangers_to_sign_in(here: Side, door: Door) -> None:
    address = address_of(door, here)
    answer = enter(Client(), door, address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    if door.to and not door.back:
        # What was sent is not sent again, and to look there may be nothing to see.
        assert answer["Location"] == "/accounts/login/?next=/"


@every_door
def test_it_shows_outsiders_nothing(here: Side, there: Side, door: Door) -> None:
    """The owner of another company knows the address, and it may as well not exist."""
    outsider = sign_in(there.company.owner)
    if door.of == "cause":
        with tenant_scope(there.company.tenant):
            Delivery.objects.filter(state=State.DEAD).update(reason="Another reason.")
    if door.of:
        assert knock(outsider, door, address_of(door, here)) == 404
    else:
        answer = outsider.get(address_of(door, here))
        assert here.company.tenant.name not in answer.getvalue().decode()


@pytest.mark.parametrize("role", Role)
@every_door
def test_it_lets_each_role_do_what_the_table_says(here: Side, door: Door, role: Role) -> None:
    address = address_of(door, here)
    client = sign_in(add_member(here.company.tenant, role, "colleague"))
    may = (door.to or door.see) in RIGHTS[role]
    if door.form:
        assert client.get(address).status_code == (200 if may else 403)
    assert (knock(client, door, address) != 403) == may


@every_door
def test_it_lets_the_owner_in(here: Side, owner: Client, door: Door) -> None:
    address = address_of(door, here)
    if not door.to or door.form:
        assert owner.get(address).status_code == 200
    if door.back:
        assert owner.get(address)["Location"] == "/connections/"
    elif door.to and not door.form:
        answer = owner.get(address)
        assert answer.status_code == 405 and b"There is nothing to see" in answer.content


POSTING = [door for door in DOORS if door.to and not door.back]


@pytest.mark.parametrize("door", POSTING, ids=lambda door: door.name)
def test_it_refuses_what_comes_from_another_site(here: Side, door: Door) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(here.company.owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(address_of(door, here)).status_code == 403


def test_it_shows_the_components_to_staff_only(owner: Client, here: Side) -> None:
    assert owner.get("/components/").status_code == 403
    here.company.owner.is_staff = True
    here.company.owner.save()
    assert owner.get("/components/").status_code == 200
