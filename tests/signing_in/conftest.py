"""People with factors, and the codes that they enter."""

import re
from datetime import UTC, datetime
from typing import Any

from django.core import mail
from django.test import Client

from ekyam.people import codes, inbox
from ekyam.people.models import PhoneFactor, SignInPolicy, TotpFactor
from ekyam.people.operations import add_factor, begin_phone, begin_totp
from ekyam.tenants.models import Tenant, User
from ekyam.tenants.scope import tenant_scope
from tests.world import PASSWORD

NOW = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)
HERE = "203.0.113.7"
NUMBER = "+919876543210"


def add_totp(user: User) -> TotpFactor:
    factor = begin_totp(user)
    add_factor(factor, address=HERE)
    return factor


def add_phone(user: User) -> PhoneFactor:
    factor = begin_phone(user, NUMBER)
    add_factor(factor, address=HERE)
    return factor


def code_of(factor: TotpFactor, at: datetime | None = None, *, steps: int = 0) -> str:
    """What the person's app shows at that moment."""
    step = codes.step_at((at or datetime.now(UTC)).timestamp()) + steps
    return codes.totp(factor.unseal("secret") or b"", step)


def texted() -> str:
    """The code of the last text message."""
    text = next(one for one in inbox.list_messages() if one.kind == "text").text
    return digits_in(text)


def mailed() -> str:
    return digits_in(str(mail.outbox[-1].body))


def digits_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found
    return found[0]


def require(tenant: Tenant, **policy: Any) -> None:
    with tenant_scope(tenant):
        values = {"requires_second_factor": True, **policy}
        SignInPolicy.objects.update_or_create(tenant=tenant, defaults=values)


def enter_password(user: User, client: Client | None = None) -> Client:
    """Somebody who knows the password, and no more."""
    client = client or Client(REMOTE_ADDR=HERE)
    form = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200
