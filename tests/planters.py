"""The secrets of people and programs, put in or asked for at the doors that they really use."""

import re
from typing import Any, ClassVar

from django.core import mail
from django.test import Client, override_settings

from ekyam.keys.models import ApplicationSecret
from ekyam.keys.operations import Made
from ekyam.people.models import PhoneFactor, TotpFactor
from ekyam.tenants.models import Role, User
from ekyam.tenants.scope import tenant_scope
from flows.models import AlertChannel
from tests.canaries import Canaries
from tests.keys.test_sign_in_with import go, redeem, told
from tests.portal.conftest import Side, sign_in
from tests.signing_in.conftest import code_of
from tests.sso.openid_server import openid_server
from tests.world import PASSWORD, add_member

LONG = 24  # digits of a code here: six are found by chance in any time of day


class Held:
    """A gateway that hands its text messages to the test, and keeps them nowhere else."""

    texts: ClassVar[list[str]] = []

    def send(self, number: str, text: str) -> None:
        self.texts.append(text)


def digits_in(text: str) -> str:
    found = re.search(rf"\b\d{{{LONG}}}\b", text)
    assert found, text
    return found[0]


def set_up_factors(side: Side, canaries: Canaries) -> None:
    """On the way in by the mailbox: an app, a phone, the recovery codes; and a browser is kept."""
    person = add_member(side.company.tenant, Role.OPERATOR, "careful")
    client = enter(person)
    client.post("/account/prove/send/")
    first = digits_in(str(mail.outbox[-1].body))
    canaries.take("mailed code", first)
    assert client.post("/account/prove/", {"code": first}).status_code == 302
    app = set_up_app(client, person, canaries)
    set_up_phone(client, person, canaries)
    prove_again(person, app, canaries)
    prove_by_text(person, canaries)


def enter(person: User) -> Client:
    client = Client()
    form = {"login": person.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    return client


def set_up_app(client: Client, person: User, canaries: Canaries) -> TotpFactor:
    address = client.post("/account/set-up/totp/")["Location"]
    app = TotpFactor.objects.get(user=person)
    canaries.take("app's secret, as it is spelled", app.spelled())
    canaries.take("app's secret, in hex", (app.unseal("secret") or b"").hex())
    assert client.get(address).status_code == 200
    page = client.post(address, {"code": code_of(app)}).content.decode()
    codes = re.findall(r"<code>\s*([0-9a-z]{5}-[0-9a-z]{5})\s*<", page)
    assert len(codes) == 10, page
    for number, code in enumerate(codes):
        canaries.take(f"recovery code {number}", code)
        canaries.take(f"recovery code {number}, tidy", code.replace("-", ""))
    return app


def set_up_phone(client: Client, person: User, canaries: Canaries) -> None:
    address = client.post("/account/set-up/phone/", {"number": "+919876543210"})["Location"]
    code = canaries.take("texted code, to set up", digits_in(Held.texts[-1]))
    assert client.post(address, {"code": code}).status_code == 302


def prove_again(person: User, app: TotpFactor, canaries: Canaries) -> None:
    """By the app, and the browser is to be remembered."""
    TotpFactor.objects.filter(pk=app.pk).update(last_step=0)
    client = enter(person)
    client.post("/account/prove/way/", {"way": "totp"})
    form = {"code": code_of(app), "remember": "on"}
    assert client.post("/account/prove/", form).status_code == 302
    cookie = client.cookies["remembered"].value
    canaries.take("cookie of a remembered browser", cookie)
    canaries.take("its secret", cookie.split(":")[0])
    canaries.take("session key", client.cookies["session"].value)
    assert client.get("/").status_code == 200


def prove_by_text(person: User, canaries: Canaries) -> None:
    """One code that is used, one that is wrong, and one that waits."""
    for kept in ("used", "waiting"):
        PhoneFactor.objects.filter(user=person).update(sent_at=[])
        client = enter(person)
        client.post("/account/prove/way/", {"way": "sms"})
        client.post("/account/prove/send/")
        code = canaries.take(f"texted code, {kept}", digits_in(Held.texts[-1]))
        wrong = canaries.plant(f"wrong code, while one is {kept}")
        assert client.post("/account/prove/", {"code": wrong}).status_code == 200
        canaries.take(f"session key of who is to prove, {kept}", client.cookies["session"].value)
        if kept == "used":
            assert client.post("/account/prove/", {"code": code}).status_code == 302


def make_keys(side: Side, canaries: Canaries) -> None:
    """Keys and applications of the pages, by which programs then call."""
    owner = sign_in(side.company.owner)
    canaries.take("session key of the owner", owner.cookies["session"].value)
    form: dict[str, Any] = {"name": "Canary", "rights": ["look", "develop"], "days": "90"}
    key = canaries.take("API key", shown(owner.post("/keys/new/", form)))
    form = {"name": "Till", "rights": ["look"], "redirects": "https://till.example/signed-in"}
    secret = canaries.take("application's secret", shown(owner.post("/applications/new/", form)))
    call(key)
    call(canaries.plant("wrong key", "ekm_test_"), 401)
    get_tokens(side, secret, canaries)
    add_endpoint(key, canaries)


def shown(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.context["secret"])


def call(shown: str, status: int = 200) -> None:
    answer = Client().get("/api/v1/flows", headers={"authorization": f"Bearer {shown}"})
    assert answer.status_code == status, answer.content


def get_tokens(side: Side, secret: str, canaries: Canaries) -> None:
    """For the application by itself, and for a person who signs in to it."""
    with tenant_scope(side.company.tenant):
        row = ApplicationSecret.objects.select_related("application").get()
    till = Made(row, secret)
    form = {"grant_type": "client_credentials", "client_secret": secret}
    answer = Client().post("/oauth/token", {**form, "client_id": row.application.public_id})
    call(canaries.take("access token", answer.json()["access_token"]))
    Client().post("/oauth/token", {**form, "client_secret": canaries.plant("wrong secret", "ekm_")})
    code = canaries.take("sign-in code", told(go(side.company.owner, till))["code"])
    given = redeem(till, code).json()
    for name in ("access_token", "id_token"):
        canaries.take(f"sign-in {name}", given[name])
    Client().get("/oauth/userinfo", headers={"authorization": f"Bearer {given['access_token']}"})
    redeem(till, canaries.plant("wrong sign-in code"))


def add_endpoint(key: str, canaries: Canaries) -> None:
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "made-once"}
    body = {"url": "https://hooks.example.com/ekyam", "events": ["order.shipped"]}
    answer = Client().post(
        "/api/v1/webhook-endpoints", body, content_type="application/json", headers=headers
    )
    assert answer.status_code == 201, answer.content
    secret = answer.json()["secret"]
    canaries.take("webhook secret", secret)
    canaries.take("webhook secret, bare", secret.removeprefix("whsec_"))


def add_alert_channel(side: Side, canaries: Canaries) -> None:
    """A webhook whose address is a secret as well; nobody listens there."""
    owner, nowhere = sign_in(side.company.owner), "http://127.0.0.1:9"
    address = f"{nowhere}/{canaries.plant('alert address')}"
    form = {"kind": "webhook", "label": "Pager", "address": address}
    with override_settings(ALERT_PRIVATE_URLS=[nowhere]):
        secret = shown(owner.post("/alerts/channels/add/", form))
        canaries.take("alert secret", secret)
        canaries.take("alert secret, bare", secret.removeprefix("whsec_"))
        with tenant_scope(side.company.tenant):
            channel = AlertChannel.objects.get()
        owner.post(f"/alerts/channels/{channel.public_id}/test/")
    wrong = {**form, "kind": "sms", "address": canaries.plant("refused alert address")}
    owner.post("/alerts/channels/add/", wrong)


def invite_people(side: Side, canaries: Canaries) -> None:
    """One who joins with a new password, one who has yet to, one link that is wrong."""
    owner = sign_in(side.company.owner)
    links = []
    for number in range(2):
        form = {"email": f"guest{number}@juniper.example", "role": "viewer"}
        assert owner.post("/team/invitations/", form).status_code == 302
        found = re.search(r"/join/([\w-]+)/", str(mail.outbox[-1].body))
        assert found
        links.append(canaries.take(f"invitation {number}", found[1]))
    guest = Client()
    guest.get(f"/join/{links[0]}/")
    password = canaries.plant("password of who joins", "Violet-tram-")
    assert guest.post("/join/", {"name": "Gita", "password": password}).status_code == 302
    Client().get(f"/join/{canaries.plant('wrong invitation')}/")
    Client().get(f"/join/{links[0]}/")  # again: void by now, and refused
    Client().get(f"/accounts/password/reset/key/x-{canaries.plant('wrong reset key')}/nowhere")


def keep_provider(side: Side, canaries: Canaries) -> None:
    """A client secret of single sign-on, renewed once."""
    owner = sign_in(side.company.owner)
    page = owner.post("/single-sign-on/add/", {"label": "Okta", "kind": "oidc"})
    with openid_server() as server, override_settings(SSO_PRIVATE_URLS=[server.issuer]):
        values = {"label": "Okta", "issuer": server.issuer, "client_id": "x"}
        for turn in ("first", "anew"):
            form = {**values, "client_secret": canaries.plant(f"client secret, {turn}")}
            assert owner.post(f"{page['Location']}change/", form).status_code == 302


PLANTERS = (set_up_factors, make_keys, add_alert_channel, invite_people, keep_provider)
