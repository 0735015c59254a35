"""The people of the company: its members, their roles and sessions, and who is invited."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy, ngettext

from ekyam.team.endings import (
    belongs_elsewhere,
    end_member_session,
    end_member_sessions,
    list_member_sessions,
)
from ekyam.team.members import NO_OWNER_LEFT, Refused, may_give
from ekyam.team.members import change_role as change_role_of
from ekyam.team.members import is_last_owner as is_last
from ekyam.team.members import leave as leave_company
from ekyam.team.members import remove_member as remove
from ekyam.team.queries import get_member, list_invitations, list_members, list_rights
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right
from ekyam.tenants.seats import Seat
from portal.web.access import SeatedRequest, act, form_page, page


class InviteForm(forms.Form):
    email = forms.EmailField(
        max_length=254,
        label=gettext_lazy("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        help_text=gettext_lazy("It can be changed later. The table below says what it may."),
    )

    def __init__(self, seat: Seat, data: Any = None) -> None:
        super().__init__(data, auto_id="invite_%s")
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices = roles_to_give(seat)
        field.initial = choices[-1][0] if choices else None


def roles_to_give(seat: Seat) -> list[tuple[str, str]]:
    return [(role.value, str(role.label)) for role in Role if may_give(seat.rights, role)]


def show_team(request: SeatedRequest, *, form: InviteForm | None = None) -> HttpResponse:
    members, invitations = list_members(request.user), list_invitations()
    context = {
        "members": members,
        "invitations": [(one, may_give(request.seat.rights, one.role)) for one in invitations],
        "rights": list_rights(),
        "roles": Role,
        "form": form or InviteForm(request.seat),
        "answer": _answer(len(members), len(invitations)),
    }
    return render(request, "portal/team.html", context)


def _answer(members: int, invited: int) -> str:
    said = ngettext(
        "{members} person belongs to this company.",
        "{members} people belong to this company.",
        members,
    ).format(members=members)
    if not invited:
        return said
    open_ones = ngettext(
        "{invited} invitation is open.", "{invited} invitations are open.", invited
    ).format(invited=invited)
    return f"{said} {open_ones}"


@page
def team(request: SeatedRequest) -> HttpResponse:
    return show_team(request)


@page
def member(request: SeatedRequest, id: str) -> HttpResponse:
    row = Membership.get_public(id)
    may_change = may_give(request.seat.rights, row.role)
    context = {
        "member": get_member(row, request.user),
        "may_change": may_change,
        "roles": roles_to_give(request.seat),
        "is_last_owner": is_last(row),
        "last_owner": NO_OWNER_LEFT,
    }
    if may_change:
        here = request.session.public_id  # type: ignore[attr-defined]
        elsewhere = belongs_elsewhere(row)
        context["sessions"] = list_member_sessions(row, here=here, elsewhere=elsewhere)
        context["is_elsewhere"] = elsewhere
    return render(request, "portal/member.html", context)


@act(Right.PEOPLE)
def change_role(request: SeatedRequest, id: str) -> HttpResponse:
    row, role = Membership.get_public(id), request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, gettext("Choose one of the roles."))
        return redirect("member", id=id)
    try:
        change_role_of(by=request.user, member=row, role=role)
        messages.success(
            request, gettext("{email} is {role} now.").format(email=row.user.email, role=role)
        )
    except Refused as reason:
        messages.error(request, str(reason))
    return redirect("member", id=id)


@form_page(Right.PEOPLE)
def remove_member(request: SeatedRequest, id: str) -> HttpResponse:
    """First what will happen; then it does."""
    row = Membership.get_public(id)
    if request.method != "POST":
        context = {"member": get_member(row, request.user), "is_last_owner": is_last(row)}
        return render(request, "portal/remove_member.html", context)
    try:
        remove(by=request.user, member=row)
    except Refused as reason:
        messages.error(request, str(reason))
        return redirect("member", id=id)
    messages.success(
        request, gettext("{email} is no member any more.").format(email=row.user.email)
    )
    return redirect("team")


@form_page(Right.LOOK)
def leave(request: SeatedRequest) -> HttpResponse:
    """For everybody but the last owner."""
    row = Membership.objects.select_related("user").get(user=request.user)
    if request.method != "POST":
        context = {"is_last_owner": is_last(row), "last_owner": NO_OWNER_LEFT}
        return render(request, "portal/leave.html", context)
    try:
        leave_company(row)
    except Refused as reason:
        messages.error(request, str(reason))
        return redirect("leave")
    messages.success(
        request,
        gettext("You have left {tenant_name}.").format(tenant_name=request.seat.tenant_name),
    )
    return redirect("tenants")


@act(Right.PEOPLE)
def end_sessions(request: SeatedRequest, id: str) -> HttpResponse:
    """One by its id, or all of them."""
    row, session = Membership.get_public(id), request.POST.get("session", "")
    try:
        if session == "all":
            end_member_sessions(by=request.user, member=row)
            messages.success(
                request, gettext("{email} is signed out everywhere.").format(email=row.user.email)
            )
        else:
            browser = end_member_session(by=request.user, member=row, session=session)
            messages.success(request, gettext("{browser} is signed out.").format(browser=browser))
    except Refused as reason:
        messages.error(request, str(reason))
    return redirect("member", id=id)
