"""Ekyam as a provider: what allauth's OpenID Connect is told of our applications and people.

allauth keeps a Client of its own for each application that people sign in to: without a secret, for
an application proves itself to us before allauth is asked, and «public», so that allauth asks each
of them for PKCE.
"""

from collections.abc import Iterable
from typing import Any, Literal

from allauth.account.models import EmailAddress
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, PrivateKey
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.utils.translation import gettext_lazy

from ekyam import ids
from ekyam.keys import signing, tokens
from ekyam.keys.models import Application, SigningKey
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import across_tenants, tenant_scope

SCOPES = {
    "openid": gettext_lazy("Know you again"),
    "profile": gettext_lazy("Your name, your company and your role in it"),
    "email": gettext_lazy("Your e-mail address"),
}


class Provider(DefaultOIDCAdapter):  # type: ignore[misc]
    """Signs with our keys, and knows nobody who is not of the application's company."""

    scope_display = SCOPES

    def get_issuer(self) -> str:
        return tokens.issuer()

    def list_private_keys(
        self, *, did_activate: Literal[True] | None = None, is_active: Literal[True] | None = None
    ) -> list[PrivateKey]:
        signing.get_current()  # there is one, then
        rows = signing.list_published()
        return [
            PrivateKey(pem=_pem(row), not_before=row.signs_from, expires_at=row.ends_at)
            for row in rows
        ]

    def get_signing_key(self) -> PrivateKey:
        return PrivateKey(pem=_pem(signing.get_current()))

    def get_user_sub(self, client: Client, user: User) -> str:
        return user.public_id

    def get_user_by_sub(self, client: Client, sub: str) -> User | None:
        """None for whoever has left since the code was given: then the code opens nothing."""
        try:
            user = User.objects.filter(pk=ids.parse("usr", sub), is_active=True).first()
        except ids.UnknownId:
            return None
        return user if user and find_membership(client.pk, user) else None

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: User,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        membership = find_membership(client.pk, user)
        claims: dict[str, Any] = {"sub": user.public_id}
        if membership and "profile" in scopes:
            claims |= {"name": user.name or user.email, "role": membership.role}
            claims |= {"company": membership.tenant.name, "company_id": membership.tenant.public_id}
        if membership and "email" in scopes:
            claims |= {"email": user.email, "email_verified": _is_verified(user)}
        return claims


def find_application(client_id: str) -> Application | None:
    """One that people may sign in to."""
    try:
        id_ = ids.parse(Application.prefix, client_id)
    except ids.UnknownId:
        return None
    with across_tenants("find the company of an application that somebody signs in to"):
        rows = Application.objects.filter(pk=id_, revoked_at=None).exclude(redirects=[])
        return rows.select_related("tenant").first()


def find_membership(client_id: str, user: User) -> Membership | None:
    """The person's, in the company of this application."""
    application = find_application(client_id)
    if application is None or not user.is_active:
        return None
    with tenant_scope(application.tenant_id):
        return Membership.objects.filter(user=user).select_related("tenant").first()


def keep_client(application: Application) -> None:
    """Tell allauth of an application; of one without redirects it need not know."""
    if not application.redirects:
        return
    client = Client(
        id=application.public_id,
        name=application.name,
        type=Client.Type.PUBLIC,
        secret=UNUSABLE_PASSWORD_PREFIX,
        skip_consent=not application.asks,
    )
    client.set_scopes(list(SCOPES))
    client.set_default_scopes(["openid"])
    client.set_redirect_uris(application.redirects)
    client.set_grant_types([Client.GrantType.AUTHORIZATION_CODE])
    client.set_response_types([Client.ResponseType.CODE])
    client.save(force_insert=True)


def forget_client(application: Application) -> None:
    """With all the tokens that allauth has given for it."""
    Client.objects.filter(pk=application.public_id).delete()


def _pem(row: SigningKey) -> str:
    pem = row.unseal("private_pem")
    assert pem is not None
    return str(pem, "ascii")


def _is_verified(user: User) -> bool:
    rows = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(rows.exists())
