"""The second factor as a stage of allauth's login: until it is passed, nobody is signed in."""

from typing import Any

from allauth.account.internal.stagekit import stash_login
from allauth.account.stages import LoginStage
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.addresses import address_of
from ekyam.people import limits, send
from ekyam.people.demands import demands_of
from ekyam.people.models import PhoneFactor
from ekyam.people.models.sent import TooSoon
from ekyam.people.remembered import find_remembered
from ekyam.people.ways import Way, list_factors, list_ways
from ekyam.tenants.models import User


class SecondFactorStage(LoginStage):  # type: ignore[misc]
    key = "second_factor"
    urlname = "second_factor"

    def handle(self) -> tuple[Any, bool]:
        """Go on where nothing is asked, or it was shown already; else lead to the page."""
        user, demands = self.login.user, demands_of(self.login.user)
        if getattr(user, "otp_device", None):
            return None, True
        if not demands.requiring and not list_factors(user):
            return None, True
        if found := find_remembered(self.request, user, days=demands.remembered_days):
            user.otp_device = found
            return None, True
        self._begin(user)
        return redirect("second_factor"), True

    def is_still_meant(self) -> bool:
        """Not after the password was changed, or the person shut out, in the meantime."""
        user = self.login.user
        return bool(
            user and user.is_active and self.state.get("bound") == user.get_session_auth_hash()
        )

    def keep(self) -> None:
        """What was put into `state` is to be there in the next request."""
        stash_login(self.request, self.login)

    def _begin(self, user: User) -> None:
        way = list_ways(user)[0]
        self.state.update(way=way, bound=user.get_session_auth_hash())
        self.state["trouble"] = send_by(way, user, address=address_of(self.request))


def send_by(way: Way, user: User, *, address: str, is_again: bool = False) -> str:
    """Send the code, if this way needs one; return what went wrong, in words for the person."""
    try:
        if way is Way.SMS:
            send.text_code(PhoneFactor.objects.get(user=user, confirmed=True), address=address)
        elif way is Way.MAIL:
            send.mail_code(user)
    except TooSoon as error:
        # Whoever comes to the page finds the last code still good; who asks for another waits.
        return in_words(error) if is_again or not error.is_live else ""
    except limits.TooMany as error:
        return gettext(
            "Too many codes were sent. Another one can be sent in {minutes} min."
        ).format(minutes=error.minutes)
    except send.NotSent as error:
        return str(error)
    return ""


def in_words(error: TooSoon) -> str:
    seconds = max(1, round((error.at - timezone.now()).total_seconds()))
    wait = f"{seconds} s" if seconds < 90 else f"{-(-seconds // 60)} min"
    return gettext("Another code can be sent in {wait}.").format(wait=wait)
