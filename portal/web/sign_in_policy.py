"""How people sign in to this company: the second factor, remembered browsers, sessions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from ekyam.people.models import SignInPolicy
from ekyam.people.policies import change_policy, get_policy
from ekyam.tenants.rights import Right
from portal.web.access import SeatedRequest, form_page


def _within_bounds(field: Any, **more: Any) -> forms.Field | None:
    """By the model's own bounds: the form's would be 0 and whatever the database can keep."""
    for one in field.validators:
        if isinstance(one, MinValueValidator):
            more["min_value"] = one.limit_value
        elif isinstance(one, MaxValueValidator):
            more["max_value"] = one.limit_value
    found: forms.Field | None = field.formfield(**more)
    return found


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SignInPolicy
        formfield_callback = _within_bounds
        fields = ("requires_second_factor", "remembered_days", "idle_minutes", "absolute_hours")
        labels = {
            "requires_second_factor": gettext_lazy("Everybody needs a second factor"),
            "remembered_days": gettext_lazy("Days for which a browser may be remembered"),
            "idle_minutes": gettext_lazy("Minutes without a click until a session ends"),
            "absolute_hours": gettext_lazy("Hours until every session ends"),
        }
        help_texts = {
            "requires_second_factor": gettext_lazy(
                "Whoever has none is led through setting one up."
            ),
            "remembered_days": gettext_lazy(
                "0: the second factor is asked for each time. At most 90."
            ),
            "absolute_hours": gettext_lazy("Even of somebody who is at work. At most 720."),
        }


@form_page(Right.SECURITY)
def sign_in_policy(request: SeatedRequest) -> HttpResponse:
    policy = get_policy()
    is_required = policy.requires_second_factor  # a form that is not valid changes the row
    form = PolicyForm(request.POST or None, instance=policy)
    if form.is_valid():
        change_policy(**form.cleaned_data)
        messages.success(request, gettext("This is how people sign in from now on."))
        return redirect("sign_in_policy")
    context = {"form": form, "is_required": is_required}
    return render(request, "portal/sign_in_policy.html", context)
