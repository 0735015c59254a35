"""Your security: what protects the account, and where it is remembered."""

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from ekyam.people import passkeys, sms
from ekyam.people.demands import demands_of
from ekyam.people.operations import (
    IsLast,
    forget_browsers,
    remove_factor,
    renew_recovery_codes,
)
from ekyam.people.remembered import list_remembered
from ekyam.people.ways import count_recovery_codes, list_factors
from portal.account.asked import Asked, for_fresh, for_person
from portal.account.set_up import show_codes

KINDS = {
    "totp": gettext_lazy("Authenticator app"),
    "sms": gettext_lazy("Text message"),
    "passkey": gettext_lazy("Passkey"),
}


@for_person("GET")
def security(asked: Asked) -> HttpResponseBase:
    factors = list_factors(asked.user)
    context = {
        "email": asked.user.email,
        "factors": [(factor, KINDS[factor.way]) for factor in factors],
        "codes_left": count_recovery_codes(asked.user),
        "browsers": list_remembered(asked.user),
        "requiring": demands_of(asked.user).requiring,
        "has_sms": sms.is_offered(),
        "has_phone": any(factor.way == "sms" for factor in factors),
        "has_passkeys": passkeys.site() is not None,
        "has_password": asked.user.has_usable_password(),
    }
    return render(asked.request, "people/security.html", context)


@for_fresh("GET", "POST")
def remove(asked: Asked, id: str) -> HttpResponseBase:
    """Asks first: what goes is said by its name."""
    factor = next((one for one in list_factors(asked.user) if one.public_id == id), None)
    if factor is None or asked.stage:
        raise Http404(gettext("There is no such factor."))
    if asked.request.method == "GET":
        return render(asked.request, "people/remove.html", {"name": factor.name, "id": id})
    try:
        name = remove_factor(asked.user, id, address=asked.address)
        messages.success(asked.request, gettext("{name} is removed.").format(name=name))
    except IsLast as error:
        messages.error(asked.request, str(error))
    except ObjectDoesNotExist as error:
        raise Http404(gettext("There is no such factor.")) from error
    return redirect("security")


@for_fresh("GET", "POST")
def recovery_codes(asked: Asked) -> HttpResponseBase:
    if asked.stage or not list_factors(asked.user):
        raise Http404(gettext("Recovery codes come with the first factor."))
    if asked.request.method == "GET":
        left = count_recovery_codes(asked.user)
        return render(asked.request, "people/renew_codes.html", {"left": left})
    codes = renew_recovery_codes(asked.user, address=asked.address)
    return show_codes(asked, codes, title=gettext("New recovery codes"))


@for_person("POST")
def forget(asked: Asked) -> HttpResponseBase:
    """One remembered browser, or all of them: less trust asks for no proof."""
    count = forget_browsers(
        asked.user, address=asked.address, public_id=asked.request.POST.get("id", "")
    )
    if count:
        messages.success(
            asked.request, gettext("Forgotten. The second factor is asked for there again.")
        )
    return redirect("security")
