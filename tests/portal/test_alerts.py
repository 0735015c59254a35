"""The first page and the pages of alerts: what they say, ask of the database, and refuse."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import Connection
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.models import Alert, AlertChannel, AlertRule, Flow, FlowHour, Version
from flows.operations.alerts.arrange import ensure_rules
from flows.operations.alerts.evaluate import evaluate
from flows.operations.count_hours import count_hours
from flows.rhythm import HOUR, WEEK, start_of_hour
from tests.portal import build
from tests.portal.conftest import Side

MOST_QUERIES = 15


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def count_queries(client: Client, address: str) -> int:
    """Only in tests do savepoints stand for what begins and ends a transaction, and is the setting
    of a scope put back after it: what is asked of tables is counted."""
    with CaptureQueriesContext(connection) as found:
        read(client, address)
    return sum(" FROM " in one["sql"] for one in found.captured_queries)


@pytest.fixture
def rule(here: Side) -> AlertRule:
    with tenant_scope(here.company.tenant):
        ensure_rules(here.company.tenant.pk)
        return AlertRule.objects.get(kind="dead_letters")


def find_alerts(side: Side) -> list[Alert]:
    evaluate(side.company.tenant.pk, timezone.now())
    with tenant_scope(side.company.tenant):
        return list(Alert.objects.filter(cleared_at=None))


def furnish_needs(side: Side) -> None:
    """Something of each kind."""
    tenant, now = side.company.tenant, timezone.now()
    with tenant_scope(tenant):
        build.hold(build.waiting(side.shop, "4001"))
        build.lack_row(build.waiting(side.shop, "4002"), "carriers", "dhl")
        flow = side.shop.flow("Customers")
        for week in range(1, 5):
            hour = start_of_hour(now) - HOUR - WEEK * week
            FlowHour.objects.create(tenant=tenant, flow=flow, hour=hour, made=40)
        Version.objects.create(
            tenant=tenant, flow=flow, number=1, logic={}, created_at=now - timedelta(days=2)
        )
        Connection.objects.filter(connector="netsuite").update(
            state="needs_reauthorization", state_reason="The token was revoked."
        )
    count_hours(hours=26)


def test_home_names_what_needs_a_person_and_draws_the_day(owner: Client, here: Side) -> None:
    furnish_needs(here)
    text = read(owner, "/")
    for part in (
        "Look at NetSuite",
        "1 dead letter</strong>",
        "1 held by «Large»",
        "«dhl» has none in carriers",
        "in which 40 records usually come",
        "A change was begun",
        "1 flow is silent",
    ):
        assert part in text, part
    assert 'role="img" aria-label="Orders: ' in text and "bars-down" in text


def test_home_asks_the_same_however_much_there_is(owner: Client, here: Side) -> None:
    furnish_needs(here)
    before = count_queries(owner, "/")
    assert before <= MOST_QUERIES
    with tenant_scope(here.company.tenant):
        known = Connection.objects.get(connector="shopify")
        for number in range(30):
            shop = Connection.objects.create(
                tenant=known.tenant,
                connector="shopify",
                label=f"Shop {number}",
                environment="sandbox",
                auth=known.auth,
                account=f"shop-{number}",
            )
            orders = here.shop.flow("Orders")
            Flow.objects.create(
                tenant=known.tenant,
                label=f"Orders {number}",
                source=shop,
                stream=orders.stream,
                target=orders.target,
                action=orders.action,
                is_on=True,
            )
        for number in range(5000, 5008):
            build.refused(here.shop, str(number))
    count_hours(hours=26)
    assert count_queries(owner, "/") == before
    assert "more flows" in read(owner, "/")


def test_alerts_ask_the_same_however_many_there_are(owner: Client, here: Side) -> None:
    (alert,) = find_alerts(here)
    before = [count_queries(owner, address) for address in ("/alerts/", "/alerts/rules/")]
    assert max(before) <= MOST_QUERIES
    with tenant_scope(here.company.tenant):
        for number in range(60):
            said = {"opened_at": timezone.now(), "last_at": timezone.now()}
            over = {"cleared_at": timezone.now()} if number % 2 else {}
            Alert.objects.create(
                tenant=alert.tenant, rule=alert.rule, cause=str(number), **said, **over
            )
    assert [count_queries(owner, one) for one in ("/alerts/", "/alerts/rules/")] == before


def test_an_alert_is_acknowledged_once(owner: Client, viewer: Client, here: Side) -> None:
    (alert,) = find_alerts(here)
    assert "I am at it" in read(owner, "/alerts/")
    assert "I am at it" not in read(viewer, "/alerts/")
    for _ in range(2):
        assert owner.post(f"/alerts/{alert.public_id}/acknowledge/").status_code == 302
    text = read(owner, "/alerts/")
    assert "You are at it." in text and "somebody else is at it already" in text
    with tenant_scope(here.company.tenant):
        assert AuditEntry.objects.filter(action="alert.acknowledged").count() == 1


def form_of(rule: AlertRule, **changes: object) -> dict[str, object]:
    with tenant_scope(rule.tenant_id):
        channel = AlertChannel.objects.get().public_id
    said = {"is_on": "on", "threshold": 3, "quiet_minutes": 15, "escalate_minutes": 30}
    return {**said, "edition": 1, "channels": [channel], "further": [channel], **changes}


def test_two_who_change_one_rule_do_not_undo_each_other(
    owner: Client, here: Side, rule: AlertRule
) -> None:
    address = f"/alerts/rules/{rule.public_id}/"
    assert owner.post(address, form_of(rule)).status_code == 302
    late = owner.post(address, form_of(rule, threshold=77))
    assert late.status_code == 200
    assert "Somebody else has changed this rule" in late.content.decode()
    assert 'value="77"' in late.content.decode()
    rules = read(owner, "/alerts/rules/")
    assert "From 3 of one cause on" in rules and "then All owners after 30 min" in rules


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"threshold": 0}, "greater than or equal to 1"),
        ({"threshold": "many"}, "Enter a whole number"),
        ({"channels": []}, "Choose at least one channel"),
        ({"channels": ["ach_nothing"]}, "one of the available choices"),
        ({"edition": "x"}, "open the rule again"),
    ],
)
def test_it_refuses_a_rule_in_words(
    owner: Client, rule: AlertRule, changes: dict[str, object], said: str
) -> None:
    answer = owner.post(f"/alerts/rules/{rule.public_id}/", form_of(rule, **changes))
    assert answer.status_code == 200 and said in answer.content.decode()
    with tenant_scope(rule.tenant_id):
        assert AlertRule.objects.get(pk=rule.pk).edition == rule.edition


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("email", "nobody", "This is no e-mail address."),
        ("slack", "http://hooks.example.com/x", "must start with https://"),
        ("webhook", "https://10.0.0.1/x", "not a public address"),
        ("webhook", "https://localhost/x", "not a name of the public internet"),
        ("sms", "98765", "Begin with + and the country"),
        ("owners", "x", "Select a valid choice"),
        ("email", "a" * 10_000, "at most 2000 characters"),
    ],
)
def test_it_refuses_an_address_in_words(
    owner: Client, here: Side, kind: str, address: str, said: str
) -> None:
    form = {"kind": kind, "label": "Desk", "address": address}
    answer = owner.post("/alerts/channels/add/", form)
    assert answer.status_code == 200 and said in answer.content.decode()
    with tenant_scope(here.company.tenant):
        assert not AlertChannel.objects.filter(label="Desk").exists()


def test_a_channel_is_added_once_tried_and_removed(owner: Client, here: Side) -> None:
    name = "Desk \N{SOCKS}<script>"
    form = {"kind": "email", "label": name, "address": "desk@juniper.example"}
    assert owner.post("/alerts/channels/add/", form).status_code == 302
    again = owner.post("/alerts/channels/add/", form)
    assert again.status_code == 200 and "There is a channel" in again.content.decode()
    text = read(owner, "/alerts/rules/")
    assert "&lt;script&gt;" in text and "desk@juniper" not in text and "d…@juniper" in text
    with tenant_scope(here.company.tenant):
        channel = AlertChannel.objects.get(label=name).public_id
    owner.post(f"/alerts/channels/{channel}/test/")
    assert "The test has left" in read(owner, "/alerts/rules/")
    assert mail.outbox[-1].to == ["desk@juniper.example"]
    assert mail.outbox[-1].subject.startswith("A test: ")
    assert owner.post(f"/alerts/channels/{channel}/remove/").status_code == 302
    assert owner.post(f"/alerts/channels/{channel}/remove/").status_code == 404


def test_a_webhook_shows_its_secret_once(owner: Client, here: Side) -> None:
    form = {"kind": "webhook", "label": "Pager", "address": "https://hooks.juniper.example/x"}
    text = owner.post("/alerts/channels/add/", form).content.decode()
    assert "whsec_" in text and "whsec_" not in read(owner, "/alerts/rules/")


def test_home_says_what_ends_soon(owner: Client, here: Side) -> None:
    ends = (timezone.now() + timedelta(days=5)).isoformat()
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(connector="netsuite").update(
            environment="live",
            settings={"account_id": "TSTDRV1"},
            certificate={"host": "api.example", "expires_at": ends},
        )
    text = read(owner, "/")
    assert "NetSuite: certificate of the host" in text and "Ends soon" in text
