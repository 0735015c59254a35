"""When alerts are raised, and by which channels they are told."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.models import AlertChannel, AlertRoute, AlertRule
from flows.operations.alerts import arrange
from flows.operations.alerts.send import send
from flows.operations.alerts.ways import Unfit
from flows.queries.alerts import list_channels, list_rules
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, act_outside, form_page, page
from portal.web.alert_forms import ChannelForm, RuleForm


@page
def alert_rules(request: SeatedRequest) -> HttpResponse:
    rules = list_rules()
    on = sum(1 for one in rules if one.is_on)
    answer = (
        ngettext("{on} of {many} rules are on.", "{on} of {many} rules are on.", len(rules)).format(
            on=on, many=len(rules)
        )
        if rules
        else gettext("The rules of a new company are made within a minute.")
    )
    context = {"answer": answer, "rules": rules, "channels": list_channels()}
    return render(request, "portal/alert_rules.html", context)


@form_page(Right.CONFIGURE)
def edit_alert_rule(request: SeatedRequest, id: str) -> HttpResponse:
    rule = AlertRule.get_public(id)
    channels = [(one.id, one.label) for one in list_channels()]
    data = request.POST if request.method == "POST" else None
    form = RuleForm(data, None, "id_%s", None, _now(rule), rule=rule, channels=channels)
    if form.is_valid():
        try:
            arrange.change_rule(rule, **form.cleaned_data)
        except arrange.Conflict:
            form.add_error(
                None,
                gettext(
                    "Somebody else has changed this rule since you opened it. What you typed is "
                    "still here: open the rule in another tab to compare, and keep it from there."
                ),
            )
        else:
            messages.success(
                request, gettext("This is how «{rule}» is told of from now on.").format(rule=rule)
            )
            return redirect("alert_rules")
    context = {"form": form, "rule": rule, "crumb": reverse("alert_rules")}
    return render(request, "portal/alert_rule.html", context)


def _now(rule: AlertRule) -> dict[str, object]:
    routes = AlertRoute.objects.filter(rule=rule).select_related("channel")
    chosen: dict[bool, list[str]] = {False: [], True: []}
    for one in routes.defer("channel__address", "channel__secret"):
        chosen[one.is_escalation].append(one.channel.public_id)
    names = ("is_on", "threshold", "quiet_minutes", "escalate_minutes", "edition")
    found = {name: getattr(rule, name) for name in names}
    return {**found, "channels": chosen[False], "further": chosen[True]}


@form_page(Right.CONFIGURE)
def add_alert_channel(request: SeatedRequest) -> HttpResponse:
    form = ChannelForm(request.POST or None)
    if form.is_valid():
        try:
            row, secret = arrange.add_channel(tenant=request.seat.tenant, **form.cleaned_data)
        except Unfit as error:
            form.add_error("address", str(error))
        except IllegalMove as error:
            form.add_error("label", str(error))
        else:
            if secret:
                return render(
                    request, "portal/alert_secret.html", {"channel": row, "secret": secret}
                )
            messages.success(
                request,
                gettext("«{row}» is there. Send a test, then choose it in a rule.").format(row=row),
            )
            return redirect("alert_rules")
    return render(request, "portal/alert_channel.html", {"form": form})


@act(Right.CONFIGURE)
def remove_alert_channel(request: SeatedRequest, id: str) -> HttpResponse:
    row = AlertChannel.get_public(id)
    try:
        arrange.remove_channel(row)
    except IllegalMove as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            gettext("«{label}» is removed; nothing is told by it any more.").format(
                label=row.label
            ),
        )
    return redirect("alert_rules")


@act_outside(Right.CONFIGURE)
def test_alert_channel(request: SeatedRequest, id: str) -> HttpResponse:
    tenant = request.seat.tenant
    with tenant_scope(tenant):
        row = AlertChannel.get_public(id)
        notice = arrange.write_test(row, company=tenant.name)
    send(tenant.pk, notice.pk)
    with tenant_scope(tenant):
        notice.refresh_from_db()
    if notice.state == "sent":
        messages.success(
            request,
            gettext("The test has left by «{row}». See whether it arrives.").format(row=row),
        )
    else:
        messages.error(
            request,
            gettext("The test did not leave by «{row}»: {error}").format(
                row=row, error=notice.error
            ),
        )
    return redirect("alert_rules")
