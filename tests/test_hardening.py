"""What every answer says to browsers, what no page takes, and what an error never tells."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client

from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery
from tests.portal.conftest import Side, furnish, sign_in
from tests.portal.test_isolation import DOORS, Door, address_of
from tests.verified import verify
from tests.world import PASSWORD, World

ALONE = (
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/signup/",
    "/nowhere/",
    "/healthz",
)
WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def here(world: World) -> Side:
    return furnish(world.here)


PAGES = [door for door in DOORS if (not door.to or door.form) and not door.back]
every_page = pytest.mark.parametrize("door", PAGES, ids=lambda door: door.name)


def directives(answer: Any) -> dict[str, str]:
    parts = answer["Content-Security-Policy"].split(";")
    named = (part.strip().partition(" ") for part in parts)
    return {name: value for name, _, value in named}


def is_strict(answer: Any) -> bool:
    found = directives(answer)
    assert found["default-src"] == "'none'" and found["frame-ancestors"] == "'none'"
    assert found["script-src"] == found["style-src"] == "'self'"
    assert not re.search(r"unsafe|\*|https?:|nonce|strict-dynamic", str(found))
    return True


@every_page
def test_every_page_carries_the_headers(here: Side, door: Door) -> None:
    answer = sign_in(here.company.owner).get(address_of(door, here))
    assert {name: answer.get(name) for name in WANTED} == WANTED
    assert "camera=()" in answer["Permissions-Policy"] and is_strict(answer)


@pytest.mark.parametrize("address", ALONE)
def test_pages_that_stand_alone_carry_them_too(db: None, address: str) -> None:
    answer = Client().get(address)
    wanted = {name: value for name, value in WANTED.items() if name != "Cache-Control"}
    assert {name: answer.get(name) for name in wanted} == wanted
    assert "no-store" in answer["Cache-Control"] and is_strict(answer)
    assert inline_of(answer.content.decode()) == []


class Inline(HTMLParser):
    """Collects what a strict policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._open = tag if tag in ("script", "style") and "src" not in given else ""
        if given.get("type") in ("application/json", "application/ld+json"):
            self._open = ""
        for name, value in given.items():
            is_code = name.startswith(("on", "hx-on")) or name == "style"
            if is_code or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.found.append(f"<{self._open}>{data.strip()[:60]}")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def inline_of(page: str) -> list[str]:
    parser = Inline()
    parser.feed(page)
    return parser.found


@every_page
def test_no_page_holds_a_script_or_a_style_of_its_own(here: Side, door: Door) -> None:
    answer = sign_in(here.company.owner).get(address_of(door, here))
    if answer["Content-Type"].startswith("text/html"):
        assert inline_of(answer.content.decode()) == []


@pytest.mark.parametrize(
    "page",
    [
        "<script>x()</script>",
        "<style>b{}</style>",
        '<p style="color:red">',
        '<a onclick="x()">',
        '<a href=" javascript:x()">',
        '<a hx-on:click="x()">',
    ],
)
def test_it_would_notice_one(page: str) -> None:
    assert inline_of(page)
    assert inline_of('<script src="/static/js/portal.js"></script><p class="a">text</p>') == []


def test_staff_pages_are_as_strict(world: World) -> None:
    person = User.objects.create_superuser("staff@ekyam.example", PASSWORD)
    client = verify(sign_in(person), person)
    for address in (
        "/admin/",
        "/admin/tenants/tenant/",
        "/admin/tenants/user/add/",
        "/components/",
    ):
        answer = client.get(address)
        assert answer.status_code == 200 and directives(answer)["script-src"] == "'self'"
        assert "no-store" in answer["Cache-Control"]


HARDENED = {
    "EKYAM_ENVIRONMENT": "production",
    "SECRET_KEY": "check only, and long enough to be taken: 0123456789 abcdefghijklmnop",
    "VAULT_KEYS": "one:" + "QUFB" * 10 + "QUE=",
    "DATABASE_URL": "postgresql://ekyam_app@127.0.0.1:9/ekyam",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "PUBLIC_URL": "https://ekyam.example",
    "ALLOWED_HOSTS": "ekyam.example",
    "METRICS_TOKEN": "test-token",
    "BEHIND_TLS_PROXY": "true",
}


def run_hardened(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project.BASE_DIR,
        env={"PATH": os.environ["PATH"], **HARDENED},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_check_deploy_is_clean() -> None:
    done = run_hardened("manage.py", "check", "--deploy", "--fail-level", "DEBUG")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout and "silenced" in done.stdout


ASK = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "ekyam.settings"
import django; django.setup()
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage")
settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
from django.test import Client
print("plain", Client().get("/accounts/login/", headers={"host": "ekyam.example"}).status_code)
safe = Client(headers={"host": "ekyam.example", "x-forwarded-proto": "https"})
answer = safe.get("/accounts/login/")
for name, value in answer.headers.items():
    print(name, value)
print(answer.cookies.output())
for name in ("SESSION", "CSRF"):
    print(name, *(getattr(settings, f"{name}_COOKIE_{what}")
                  for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN", "PATH")))
other = Client(headers={"host": "evil.example", "x-forwarded-proto": "https"})
answer = other.get("/accounts/login/")
print("other host", answer.status_code, "evil" in answer.content.decode())
"""


def test_a_hardened_site_speaks_tls_and_binds_its_cookies() -> None:
    done = run_hardened("-c", ASK)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "plain 301" in text
    assert "Strict-Transport-Security max-age=31536000; includeSubDomains; preload" in text
    assert "upgrade-insecure-requests" in text
    cookie = re.search(r"Set-Cookie: __Host-csrf=.*", text)
    assert cookie
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert word in cookie[0]
    assert "Domain" not in cookie[0]
    assert "SESSION __Host-session True True Lax None /" in text
    assert "CSRF __Host-csrf True True Lax None /" in text
    assert "other host 400 False" in text


MACHINES = """
from ekyam.wsgi import application
def knock(**more):
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/hooks/con_0", "SERVER_NAME": "x",
               "SERVER_PORT": "80", "HTTP_HOST": "ekyam.example", "wsgi.url_scheme": "http",
               "wsgi.input": __import__("io").BytesIO(), "CONTENT_LENGTH": "0", **more}
    def start(status, headers):
        print(status, dict(headers))
    b"".join(application(environ, start))
knock()
knock(HTTP_X_FORWARDED_PROTO="https")
knock(HTTP_X_FORWARDED_PROTO="https", HTTP_HOST="evil.example")
"""


def test_the_machines_door_is_hardened_too() -> None:
    done = run_hardened("-c", MACHINES)
    plain, safe, other = done.stdout.splitlines()
    assert plain.startswith("301") and "https://ekyam.example/hooks/con_0" in plain
    assert safe.startswith("404") and "nosniff" in safe and "Strict-Transport-Security" in safe
    assert other.startswith("400") and "evil" not in other


EVIL = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "http://testserver@evil.example/",
    "\thttps://evil.example",
    "https://evil.example#testserver",
)


@pytest.mark.parametrize("target", EVIL)
def test_it_sends_nobody_elsewhere(here: Side, target: str) -> None:
    """`next` of the sign-in, of the sign-out, and `back` of a button."""
    user = here.company.owner
    form = {"login": user.email, "password": PASSWORD, "next": target}
    delivery = f"/deliveries/{here.dead.public_id}/replay/"
    client = Client()
    answers = [
        client.post("/accounts/login/", form),
        sign_in(user).get("/accounts/login/", {"next": target}),
        sign_in(user).post("/accounts/logout/", {"next": target}),
        sign_in(user).post(delivery, {"back": target}),
    ]
    for answer in answers:
        assert answer.status_code in (200, 302)
        where = answer.get("Location", "/")
        assert where.startswith("/") and not where.startswith(("//", "/\\")), where
        assert "evil" not in where or "next=" in where


def test_it_takes_no_more_than_a_page_needs(here: Side, settings: Any) -> None:
    settings.SITE_BODY_BYTES = 1024
    client = sign_in(here.company.owner)
    address = f"/deliveries/{here.dead.public_id}/edit/"
    answer = client.post(address, {"standard": "x" * 2000})
    assert answer.status_code == 413 and "This is too large" in answer.content.decode()
    many = {f"field-{number}": "x" for number in range(1500)}
    settings.SITE_BODY_BYTES = 2**20
    assert client.post(address, many).status_code == 400


def test_it_takes_few_files(here: Side) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = sign_in(here.company.owner)
    files = {f"file{number}": SimpleUploadedFile("a.txt", b"x") for number in range(9)}
    answer = client.post(f"/deliveries/{here.dead.public_id}/edit/", files)
    assert answer.status_code == 400


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_it_understands_no_nul(here: Side, door: Door) -> None:
    """Neither in the query nor in a field, at any door: a 400 that says so, and never a 500."""
    client = sign_in(here.company.owner)
    address = address_of(door, here)
    mark = "&" if "?" in address else "?"
    for answer in (
        client.get(f"{address}{mark}after=%00&q=a%00b"),
        client.post(address, {"standard": "a\x00b", "to": "\x00"}),
        client.get(f"{address}%00"),
    ):
        assert answer.status_code == 400
        assert "cannot be understood" in answer.content.decode()


JUNK = (
    "[" * 100_000,
    '{"a":' * 5000 + "1" + "}" * 5000,
    '{"note": NaN}',
    '{"note": Infinity}',
    '{"note": 1e999}',
    '{"note": ' + "9" * 5000 + "}",
    '{"note": "\\u0000"}',
    '{"note": "\\ud800"}',
    "\\",
    "",
    "null",
    '"text"',
)


@pytest.mark.parametrize("text", JUNK, ids=range(len(JUNK)))
def test_it_takes_no_json_that_could_not_be_kept(here: Side, text: str) -> None:
    client = sign_in(here.company.owner)
    answer = client.post(f"/deliveries/{here.dead.public_id}/edit/", {"standard": text})
    assert answer.status_code == 200 and 'role="alert"' in answer.content.decode()
    with tenant_scope(here.company.tenant):
        row = Delivery.objects.get(pk=here.dead.pk)
    assert (row.state, row.standard) == (here.dead.state, here.dead.standard)


def test_an_error_page_tells_no_details(here: Side, settings: Any) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(here.company.owner, backend="django.contrib.auth.backends.ModelBackend")
    settings.ROOT_URLCONF = "tests.broken_urls"
    answer = client.get("/broken/")
    text = answer.content.decode()
    assert answer.status_code == 500 and "ours to mend" in text
    assert "RuntimeError" not in text and "hush-hush" not in text and "Traceback" not in text


def test_a_form_of_another_site_is_refused_in_plain_words(here: Side) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(here.company.owner, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/visits/switch/", {"to": "off"})
    text = answer.content.decode()
    assert answer.status_code == 403 and "This form is too old" in text
    assert inline_of(text) == [] and "CSRF" not in text


def test_nothing_is_sent_in_a_cookie_but_the_session(here: Side) -> None:
    """Messages and choices stay on the server's side."""
    client = sign_in(here.company.owner)
    client.post(f"/deliveries/{here.dead.public_id}/replay/")
    client.get("/orders/")
    assert set(client.cookies) <= {project.SESSION_COOKIE_NAME, project.CSRF_COOKIE_NAME}
