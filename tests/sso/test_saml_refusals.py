"""Forged, expired, misdirected and malformed responses: one plain answer, and nobody is in."""

import base64
import dataclasses
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ekyam.sso import saml
from ekyam.sso.failures import NotProven
from ekyam.tenants.models import User
from tests.sso.conftest import SamlVisitor, is_plain_refusal, is_signed_in, told
from tests.sso.saml_server import Change, SamlLies, SamlServer
from tests.sso.xml_signature import NAMES, make_signer
from tests.world import World

DATA = "//saml:SubjectConfirmationData"
CONDITIONS = "//saml:Conditions"


def at(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def setting(path: str, name: str, value: str | None) -> Change:
    def change(tree: Any) -> None:
        for node in tree.xpath(path, namespaces=NAMES):
            node.attrib.pop(name, None)
            if value is not None:
                node.set(name, value)

    return change


def extending(path: str, name: str, more: str) -> Change:
    def change(tree: Any) -> None:
        for node in tree.xpath(path, namespaces=NAMES):
            node.set(name, node.get(name) + more)

    return change


def saying(path: str, text: str) -> Change:
    def change(tree: Any) -> None:
        for node in tree.xpath(path, namespaces=NAMES):
            node.text = text

    return change


def without(path: str) -> Change:
    def change(tree: Any) -> None:
        for node in tree.xpath(path, namespaces=NAMES):
            node.getparent().remove(node)

    return change


def failing(tree: Any) -> None:
    setting("//samlp:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")(tree)


FIRST, STRANGER = make_signer("first"), make_signer("stranger")
LONG_AGO, FAR = at(minutes=5), at(minutes=-24 * 60)  # whenever in a long run this is
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
HOLDER = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"

LIES = {
    "another issuer": SamlLies(saying("//saml:Issuer", "https://evil.example")),
    "another issuer of the assertion": SamlLies(
        saying("//saml:Assertion/saml:Issuer", "https://evil.example")
    ),
    "another audience": SamlLies(saying("//saml:Audience", "https://another.example")),
    "no audience": SamlLies(without("//saml:AudienceRestriction")),
    "no conditions": SamlLies(without(CONDITIONS)),
    "expired": SamlLies(setting(CONDITIONS, "NotOnOrAfter", LONG_AGO)),
    "not valid yet": SamlLies(setting(CONDITIONS, "NotBefore", FAR)),
    "confirmed too long ago": SamlLies(setting(DATA, "NotOnOrAfter", LONG_AGO)),
    "confirmed for ever": SamlLies(setting(DATA, "NotOnOrAfter", None)),
    "no time": SamlLies(setting(DATA, "NotOnOrAfter", "soon")),
    "another recipient": SamlLies(setting(DATA, "Recipient", "https://another.example/acs/")),
    "a recipient that begins like ours": SamlLies(extending(DATA, "Recipient", "x")),
    "no recipient": SamlLies(setting(DATA, "Recipient", None)),
    "another request": SamlLies(setting(DATA, "InResponseTo", "_another")),
    "no request": SamlLies(setting(DATA, "InResponseTo", None)),
    "no confirmation": SamlLies(without("//saml:SubjectConfirmation")),
    "another confirmation": SamlLies(setting("//saml:SubjectConfirmation", "Method", HOLDER)),
    "another destination": SamlLies(setting("/*", "Destination", "https://another.example/")),
    "a destination that begins like ours": SamlLies(extending("/*", "Destination", "x")),
    "a name that changes": SamlLies(setting("//saml:NameID", "Format", TRANSIENT)),
    "an empty name": SamlLies(saying("//saml:NameID", "")),
    "a name too long to keep": SamlLies(saying("//saml:NameID", "u" * 501)),
    "an id too long to keep": SamlLies(setting("//saml:Assertion", "ID", "_" * 301)),
    "no name": SamlLies(without("//saml:NameID")),
    "no statement": SamlLies(without("//saml:AuthnStatement")),
    "a failure": SamlLies(failing),
    "another version": SamlLies(setting("/*", "Version", "1.1")),
    "nothing signed": SamlLies(signs=""),
    "the response signed alone": SamlLies(signs="/samlp:Response"),
    "signed by a stranger": SamlLies(signer=STRANGER),
    "signed by SHA-1": SamlLies(signer=dataclasses.replace(FIRST, method="RSA_SHA1")),
    "a digest by SHA-1": SamlLies(signer=dataclasses.replace(FIRST, digest="SHA1")),
    "canonical in another way": SamlLies(signer=dataclasses.replace(FIRST, canonical="C14N")),
    "a name changed afterwards": SamlLies(after=saying("//saml:NameID", "u-2")),
    "a group added afterwards": SamlLies(after=saying("//saml:AttributeValue", "Admins")),
    "the signature taken out": SamlLies(after=without("//ds:Signature")),
    "an empty signature": SamlLies(after=saying("//ds:SignatureValue", "")),
    "a reference to all": SamlLies(after=setting("//ds:Reference", "URI", "")),
    "a reference elsewhere": SamlLies(
        after=setting("//ds:Reference", "URI", "https://evil.example")
    ),
    "no XML": SamlLies(text="this is no XML"),
    "another document": SamlLies(text="<html/>"),
    "nothing": SamlLies(text=""),
    "half of it": SamlLies(text="<samlp:Response xmlns:samlp='x'><saml:Assertion"),
    "entities": SamlLies(text='<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'),
    "a file of ours": SamlLies(
        text='<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'
    ),
    "deep": SamlLies(text="<a>" * 5000 + "</a>" * 5000),
}


@pytest.mark.parametrize("lies", LIES.values(), ids=LIES)
def test_it_refuses(
    saml_visitor: SamlVisitor, saml_site: SamlServer, world: World, lies: SamlLies
) -> None:
    saml_site.lies = lies
    assert is_plain_refusal(saml_visitor.sign_in())
    assert not is_signed_in(saml_visitor.client)
    assert not User.objects.filter(email="asha@juniper.example").exists()
    assert len(told(world.here.tenant, "person.sign_in_refused")) == 1


@pytest.mark.parametrize("signs", ["//saml:Assertion", "//saml:Assertion | /samlp:Response"])
def test_it_takes_the_same_response_without_a_lie(
    saml_visitor: SamlVisitor, saml_site: SamlServer, signs: str
) -> None:
    """So each of the above is refused for its lie, and not for how the tests sign."""
    saml_site.lies = SamlLies(signs=signs)
    assert saml_visitor.sign_in().status_code == 302
    assert is_signed_in(saml_visitor.client)


def test_it_forgives_a_clock_that_is_a_minute_wrong(
    saml_visitor: SamlVisitor, saml_site: SamlServer
) -> None:
    saml_site.lies = SamlLies(setting(CONDITIONS, "NotBefore", at(seconds=-50)))
    assert saml_visitor.sign_in().status_code == 302


def test_it_forgives_no_more(saml_visitor: SamlVisitor, saml_site: SamlServer) -> None:
    saml_site.lies = SamlLies(setting(CONDITIONS, "NotBefore", at(seconds=-75)))
    assert is_plain_refusal(saml_visitor.sign_in())


def test_it_takes_no_changed_byte_for_another_person(
    saml_visitor: SamlVisitor, saml_site: SamlServer
) -> None:
    """Whatever is changed, it is refused, or says the same as before."""
    provider, chance = saml_visitor.provider, random.Random(7)
    right = base64.b64decode(saml_visitor.fetch())
    asked = saml.read_request_id(base64.b64encode(right).decode())
    person = saml.prove(provider, base64.b64encode(right).decode(), request_id=asked).person
    refused = 0
    for _ in range(400):
        changed = bytearray(right)
        for _ in range(chance.choice((1, 1, 1, 4, 40))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            found = saml.prove(provider, base64.b64encode(changed).decode(), request_id=asked)
        except NotProven:
            refused += 1
        else:
            assert found.person == person
    assert refused > 300


@pytest.mark.parametrize(
    "encoded", ["", "%%%", "YWJj", "A" * 300_000, base64.b64encode(b"\x00\xff" * 9).decode()]
)
def test_it_refuses_what_is_no_response(saml_visitor: SamlVisitor, encoded: str) -> None:
    assert is_plain_refusal(saml_visitor.post(encoded))
