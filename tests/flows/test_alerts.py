"""Alerts from what is found to what arrives: over real sockets, and decided by rules that hold."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.models import Connection
from ekyam import ids
from ekyam.people import inbox
from ekyam.tenants.scope import tenant_scope
from flows.alerts.decide import REST, Do, Finding, Open, Terms, bundle, decide
from flows.models import (
    Alert,
    AlertChannel,
    AlertNotice,
    AlertRoute,
    AlertRule,
    FlowHour,
    NoticeState,
)
from flows.operations.alerts.arrange import add_channel, ensure_rules, write_test
from flows.operations.alerts.evaluate import evaluate, evaluate_all
from flows.operations.alerts.forget import forget_old
from flows.operations.alerts.look import find
from flows.operations.alerts.send import CLAIM, OF_A_CHANNEL, send_due
from flows.operations.alerts.ways import Unfit
from flows.rhythm import HOUR, WEEK, start_of_hour
from tests.mail_sink import MailSink, mail_sink
from tests.portal import build
from tests.sso.web_server import Answer, Asked, serving
from tests.world import Company, World

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
quickly = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
minutes = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("abc"), st.integers(1, 9)), st.sampled_from("abc ")),
    max_size=12,
)


@quickly
@given(minutes, st.integers(0, 4), st.integers(0, 4))
def test_a_cause_is_open_once_and_all_is_clear_only_after_it_was_told(
    story: list[tuple[dict[str, int], str]], quiet: int, escalate: int
) -> None:
    """Each minute finds some causes, and somebody may acknowledge one."""
    terms = Terms(MINUTE * quiet, MINUTE * escalate if escalate else None)
    open_ones: dict[str, Open] = {}
    told_before: dict[str, datetime] = {}
    for minute, (found, acknowledged) in enumerate(story):
        now = NOW + MINUTE * minute
        findings = [Finding(cause, cause, "", count) for cause, count in found.items()]
        for step in decide(findings, open_ones.values(), terms, now, told_before=told_before):
            before = open_ones.get(step.cause)
            assert (step.do == Do.OPEN) == (before is None)
            if step.do == Do.CLEAR:
                assert before and step.cause not in found
                assert (step.tell == "clear") == bool(before.told_count)
                if before.told_at:
                    told_before[step.cause] = before.told_at
                del open_ones[step.cause]
                continue
            assert step.finding
            old = before or Open(step.cause, now, told_at=step.quiet_since)
            if step.tell:
                assert not old.is_acknowledged
                if step.tell == "again":
                    assert old.told_count and step.finding.count > old.told_count
                if step.tell in ("open", "again") and step.cause in told_before:
                    assert now - told_before[step.cause] >= terms.quiet
            open_ones[step.cause] = Open(
                step.cause,
                old.opened_at,
                told_at=now if step.tell else old.told_at,
                told_count=step.finding.count if step.tell else old.told_count,
                is_acknowledged=old.is_acknowledged,
                is_escalated=old.is_escalated or step.tell == "escalation",
            )
            if old.is_escalated:
                assert step.tell != "escalation"
        assert open_ones.keys() == found.keys()
        if acknowledged in open_ones:
            one = open_ones[acknowledged]
            open_ones[acknowledged] = Open(**{**one.__dict__, "is_acknowledged": True})


def test_nothing_is_over_because_it_was_not_looked_at() -> None:
    terms, known = Terms(MINUTE, None), [Open("a", NOW, told_count=1)]
    assert decide([], known, terms, NOW, is_whole=False) == []
    assert [step.do for step in decide([], known, terms, NOW)] == [Do.CLEAR]


@quickly
@given(st.lists(st.integers(0, 40), unique=True), st.sets(st.integers(0, 40)))
def test_a_storm_of_causes_is_bundled_and_what_is_open_stays(
    causes: list[int], known: set[int]
) -> None:
    findings = [Finding(str(one), "", "", 2) for one in causes]
    kept = bundle(findings, map(str, known), most=5)
    assert {str(one) for one in known & set(causes)} <= {one.cause for one in kept}
    assert sum(one.count for one in kept) == 2 * len(causes)
    assert len({one.cause for one in kept}) == len(kept)
    assert len([one for one in kept if one.cause != REST]) <= max(5, len(known))


@pytest.fixture
def here(transactional_db: None, world: World) -> Company:
    return world.here


@pytest.fixture
def sink(settings: Any) -> Iterator[MailSink]:
    with mail_sink() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        yield found


def open_shop(company: Company) -> build.Shop:
    with tenant_scope(company.tenant):
        ensure_rules(company.tenant.pk)
        return build.Shop(company.tenant).open()


def break_connection(company: Company, state: str = "needs_reauthorization") -> None:
    with tenant_scope(company.tenant):
        Connection.objects.filter(connector="netsuite").update(
            state=state, state_reason="The token was revoked.", state_changed_at=timezone.now()
        )


def test_a_new_company_is_told_of_a_connection_that_is_down_and_of_its_recovery(
    here: Company, sink: MailSink
) -> None:
    open_shop(here)
    break_connection(here)
    now = timezone.now()
    for minute in range(3):
        evaluate(here.tenant.pk, now + MINUTE * minute)
        send_due(now + MINUTE * minute)
    assert [to for to, _ in sink.mails] == [here.owner.email]
    assert "NetSuite needs authorisation" in sink.mails[0][1]
    assert "The token was revoked." in sink.mails[0][1]
    break_connection(here, "active")
    evaluate(here.tenant.pk, now + MINUTE * 4)
    send_due(now + MINUTE * 4)
    assert len(sink.mails) == 2 and "All clear" in sink.mails[1][1]
    with tenant_scope(here.tenant):
        assert Alert.objects.get().cleared_at == now + MINUTE * 4


def test_what_comes_and_goes_is_not_told_each_time(here: Company, sink: MailSink) -> None:
    open_shop(here)
    now = timezone.now()
    for minute in range(8):
        break_connection(here, "active" if minute % 2 else "needs_reauthorization")
        evaluate(here.tenant.pk, now + MINUTE * minute)
        send_due(now + MINUTE * minute)
    assert len(sink.mails) == 2, "once that it is down, once that all is clear"


def test_one_that_nobody_acknowledges_goes_further(here: Company, sink: MailSink) -> None:
    open_shop(here)
    break_connection(here)
    now = timezone.now()
    with tenant_scope(here.tenant):
        rule = AlertRule.objects.get(kind="connection_down")
        boss, _ = add_channel(
            tenant=here.tenant, kind="email", label="The boss", address="boss@juniper.example"
        )
        AlertRoute.objects.create(tenant=here.tenant, rule=rule, channel=boss, is_escalation=True)
    for minute in (0, 59, 60, 61):
        evaluate(here.tenant.pk, now + MINUTE * minute)
        send_due(now + MINUTE * minute)
    told = [to for to, text in sink.mails if "Nobody has acknowledged" in text]
    assert sorted(told) == sorted(["boss@juniper.example", here.owner.email])
    assert len(sink.mails) == 3


def test_dead_letters_are_one_alert_for_each_cause_with_a_count(here: Company) -> None:
    shop = open_shop(here)
    now = timezone.now()
    with tenant_scope(here.tenant):
        build.refused(shop, "1002")
    evaluate(here.tenant.pk, now)
    with tenant_scope(here.tenant):
        for number in range(3):
            build.refused(shop, str(2000 + number))
    evaluate(here.tenant.pk, now + MINUTE)
    evaluate(here.tenant.pk, now + MINUTE * 61)
    with tenant_scope(here.tenant):
        alert = Alert.objects.get()
        assert (alert.count, alert.subject) == (4, "4 dead letters")
        assert [one.kind for one in alert.notices.order_by("number")] == ["open", "again"]


def test_a_failed_notice_is_tried_again_and_a_claimed_one_by_nobody_else(
    here: Company, sink: MailSink
) -> None:
    open_shop(here)
    break_connection(here)
    now = timezone.now()
    sink.refuses = True
    evaluate(here.tenant.pk, now)
    assert send_due(now) == 1 and not sink.mails
    assert send_due(now + timedelta(seconds=1)) == 0
    sink.refuses = False
    assert send_due(now + MINUTE) == 1 and len(sink.mails) == 1
    assert send_due(now + MINUTE * 9) == 0
    with tenant_scope(here.tenant):
        # As a process leaves it that has died between its claim and its settling.
        AlertNotice.objects.update(state=NoticeState.SENDING, token=ids.new(), due_at=now + CLAIM)
    assert send_due(now + MINUTE) == 0
    assert send_due(now + CLAIM) == 1 and len(sink.mails) == 2


def test_a_webhook_is_signed_and_slack_is_told_in_its_own_form(
    here: Company, settings: Any
) -> None:
    open_shop(here)
    asked: list[Asked] = []

    def site(request: Asked) -> Answer:
        asked.append(request)
        return Answer("ok")

    with serving(site) as url, tenant_scope(here.tenant):
        with pytest.raises(Unfit):
            add_channel(tenant=here.tenant, kind="webhook", label="A", address=f"{url}/hook")
        settings.ALERT_PRIVATE_URLS = [url]
        settings.SMS_GATEWAY = "console"
        hook, secret = add_channel(
            tenant=here.tenant, kind="webhook", label="Hook", address=f"{url}/hook"
        )
        slack, _ = add_channel(
            tenant=here.tenant, kind="slack", label="Slack", address=f"{url}/slack"
        )
        phone, _ = add_channel(
            tenant=here.tenant, kind="sms", label="Phone", address="+91 98765 43210"
        )
        assert url not in hook.shown and "98765" not in phone.shown
        rule = AlertRule.objects.get(kind="connection_down")
        AlertRoute.objects.all().delete()
        for channel in (hook, slack, phone):
            AlertRoute.objects.create(tenant=here.tenant, rule=rule, channel=channel)
    break_connection(here)
    with serving(site) as url:
        settings.ALERT_PRIVATE_URLS = [url]
        with tenant_scope(here.tenant):
            for channel, path in ((hook, "hook"), (slack, "slack")):
                channel.seal("address", f"{url}/{path}")
                channel.save()
        now = timezone.now()
        evaluate_all(now)
        assert send_due(now) == 3
        by_path = {one.path: one for one in asked}
        assert json.loads(by_path["/slack"].body)["text"].startswith("NetSuite needs")
        told = by_path["/hook"]
        signed = ".".join(
            (told.headers["webhook-id"], told.headers["webhook-timestamp"], told.body)
        )
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        assert told.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert json.loads(told.body)["type"] == "alert.open"
        assert "NetSuite needs authorisation" in inbox.list_messages()[0].text
        settings.ALERT_PRIVATE_URLS = []
        break_connection(here, "active")
        evaluate_all(now + MINUTE)
        send_due(now + MINUTE)
        with tenant_scope(here.tenant):
            hook.refresh_from_db()
            assert "public internet" in hook.error
    assert len(asked) == 2


def test_it_finds_a_silence_only_where_every_week_was_busy(here: Company) -> None:
    shop = open_shop(here)
    now = timezone.now()
    with tenant_scope(here.tenant):
        flow = shop.flow("Orders")
        flow.switched_at = now - WEEK * 5
        flow.save()
        for week in range(1, 5):
            hour = start_of_hour(now) - HOUR - WEEK * week
            FlowHour.objects.create(tenant=here.tenant, flow=flow, hour=hour, made=40)
        (silent,) = find("flow_silent", 2, now).findings
        assert "40 records usually come" in silent.text
        FlowHour.objects.create(tenant=here.tenant, flow=flow, hour=start_of_hour(now), made=1)
        assert find("flow_silent", 2, now).findings == []


def test_channels_are_sealed_and_another_company_sees_none(world: World, here: Company) -> None:
    with tenant_scope(here.tenant):
        row, _ = add_channel(
            tenant=here.tenant, kind="email", label="Desk", address="desk@juniper.example"
        )
        assert b"desk@" not in bytes(row.address)
    with tenant_scope(world.there.tenant):
        assert not AlertChannel.objects.exists()


def test_a_slow_webhook_keeps_no_other_channel_waiting(here: Company, settings: Any) -> None:
    """The slow one answers only when the other has been told, or far too late."""
    open_shop(here)
    told, slow = Event(), []

    def site(request: Asked) -> Answer:
        if request.path == "/slow":
            slow.append(told.wait(timeout=5))
        else:
            told.set()
        return Answer("ok")

    with serving(site) as url:
        settings.ALERT_PRIVATE_URLS = [url]
        with tenant_scope(here.tenant):
            rule = AlertRule.objects.get(kind="connection_down")
            AlertRoute.objects.all().delete()
            for label in ("slow", "quick"):
                channel, _ = add_channel(
                    tenant=here.tenant, kind="webhook", label=label, address=f"{url}/{label}"
                )
                AlertRoute.objects.create(tenant=here.tenant, rule=rule, channel=channel)
        break_connection(here)
        now = timezone.now()
        evaluate(here.tenant.pk, now)
        with tenant_scope(here.tenant):
            first = AlertNotice.objects.filter(channel__label="slow")
            first.update(due_at=now - MINUTE)  # it is the first in the queue
        assert send_due(now) == 2
    assert slow == [True]
    with tenant_scope(here.tenant):
        assert set(AlertNotice.objects.values_list("state", flat=True)) == {NoticeState.SENT}


def test_a_channel_gets_few_notices_at_once(here: Company, sink: MailSink) -> None:
    open_shop(here)
    with tenant_scope(here.tenant):
        channel = AlertChannel.objects.get()
        for _ in range(OF_A_CHANNEL + 2):
            write_test(channel, company="Juniper Home")
    now = timezone.now()
    assert [send_due(now), send_due(now), send_due(now)] == [OF_A_CHANNEL, 2, 0]


def test_what_was_over_long_ago_is_forgotten(here: Company, sink: MailSink) -> None:
    open_shop(here)
    break_connection(here)
    now = timezone.now()
    evaluate(here.tenant.pk, now)
    assert send_due(now) == 1
    assert forget_old(now + timedelta(days=400)) == 0, "it is open"
    break_connection(here, "active")
    evaluate(here.tenant.pk, now + MINUTE)
    with tenant_scope(here.tenant):
        test = write_test(AlertChannel.objects.get(), company="Juniper Home")
    assert forget_old(now + timedelta(days=89)) == 0
    later = now + timedelta(days=91)
    forget_old(later)
    with tenant_scope(here.tenant):
        assert not Alert.objects.exists()
        assert list(AlertNotice.objects.values_list("pk", flat=True)) == [test.pk], "it waits yet"
        AlertNotice.objects.update(state=NoticeState.SENT)
    forget_old(later)
    with tenant_scope(here.tenant):
        assert not AlertNotice.objects.exists() and AlertRule.objects.exists()
