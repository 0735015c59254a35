"""Signing in by SAML, the whole way over HTTP, with pysaml2 as the identity provider."""

import base64
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from lxml import etree

from ekyam.sso import handover
from ekyam.sso.failures import NotProven
from ekyam.sso.models import GroupRole, Identity, IdentityProvider, UsedAssertion
from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from tests.sso.conftest import SamlVisitor, is_plain_refusal, is_signed_in, role_of, told
from tests.sso.saml_server import SamlServer
from tests.sso.xml_signature import NAMES
from tests.world import World


def test_it_signs_a_newcomer_in_and_makes_them_a_member(
    saml_visitor: SamlVisitor, saml_site: SamlServer, world: World
) -> None:
    with tenant_scope(world.here.tenant):
        GroupRole.objects.create(
            tenant=world.here.tenant, provider=saml_visitor.provider, group="Ops", role="operator"
        )
    saml_site.person["groups"] = ["Sales", "Ops"]
    answer = saml_visitor.sign_in(next="/orders/")
    assert answer.status_code == 302 and answer["Location"] == "/orders/"
    assert "Juniper Home" in saml_visitor.client.get("/orders/").content.decode()
    assert role_of(world.here.tenant, "asha@juniper.example") == "operator"
    assert User.objects.get(email="asha@juniper.example").name == "Asha Rao"
    assert len(told(world.here.tenant, "person.signed_in")) == 1


def test_it_asks_for_an_answer_at_its_own_address(saml_visitor: SamlVisitor) -> None:
    start = f"/sso/{saml_visitor.provider.public_id}/start/"
    query = parse_qs(urlsplit(saml_visitor.client.get(start)["Location"]).query)
    request = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
    assert request.get("AssertionConsumerServiceURL") == saml_visitor.provider.address("sso_acs")
    assert request.get("Destination") == saml_visitor.provider.sign_in_url
    assert len(request.get("ID")) >= 32


def test_it_publishes_metadata_that_has_no_end(saml_visitor: SamlVisitor) -> None:
    answer = saml_visitor.client.get(f"/sso/{saml_visitor.provider.public_id}/metadata/")
    tree = etree.fromstring(answer.content)
    assert tree.get("validUntil") is None
    assert tree.get("entityID") == saml_visitor.provider.address("sso_metadata")
    descriptor = tree[0]
    assert descriptor.get("WantAssertionsSigned") == "true"


def test_it_takes_a_response_once(saml_visitor: SamlVisitor) -> None:
    encoded = saml_visitor.fetch()
    assert saml_visitor.post(encoded).status_code == 302
    assert is_plain_refusal(saml_visitor.post(encoded))


def test_it_takes_no_response_in_another_browser(saml_visitor: SamlVisitor) -> None:
    encoded = saml_visitor.fetch()
    victim = SamlVisitor(Client(), saml_visitor.provider)
    victim.fetch()
    assert is_plain_refusal(victim.post(encoded))
    assert not is_signed_in(victim.client)


def unasked(site: SamlServer, provider: IdentityProvider) -> str:
    ours = (provider.address("sso_acs"), provider.address("sso_metadata"))
    return site.respond(None, *ours)


def test_it_takes_nothing_that_was_not_asked_for(
    saml_visitor: SamlVisitor, saml_site: SamlServer
) -> None:
    assert is_plain_refusal(saml_visitor.post(unasked(saml_site, saml_visitor.provider)))


def test_it_takes_it_once_where_the_company_allows_it(
    saml_visitor: SamlVisitor, saml_site: SamlServer
) -> None:
    with tenant_scope(saml_visitor.provider.tenant_id):
        IdentityProvider.objects.update(allows_unasked=True)
    encoded = unasked(saml_site, saml_visitor.provider)
    assert saml_visitor.post(encoded).status_code == 302
    assert is_signed_in(saml_visitor.client)
    thief = SamlVisitor(Client(), saml_visitor.provider)
    assert is_plain_refusal(thief.post(encoded))
    with tenant_scope(saml_visitor.provider.tenant_id):
        (used,) = UsedAssertion.objects.all()
        assert Identity.objects.get().subject == "u-1"
        assert used.expires_at.tzinfo is not None


def test_it_takes_an_asked_one_for_no_unasked_one(saml_visitor: SamlVisitor) -> None:
    """What was caught on its way to another browser names a request, and is refused there."""
    with tenant_scope(saml_visitor.provider.tenant_id):
        IdentityProvider.objects.update(allows_unasked=True)
    caught = saml_visitor.fetch()
    thief = SamlVisitor(Client(), saml_visitor.provider)
    assert is_plain_refusal(thief.post(caught))


def test_it_reads_the_address_from_the_subject_where_that_is_one(
    saml_visitor: SamlVisitor, saml_site: SamlServer, world: World
) -> None:
    saml_site.subject = "asha@juniper.example"
    saml_site.subject_format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    saml_site.person = {"groups": []}
    saml_visitor.sign_in()
    assert role_of(world.here.tenant, "asha@juniper.example") == "viewer"


def test_it_hands_a_response_over_once_and_to_its_own_provider(entra: IdentityProvider) -> None:
    where = handover.put(entra, "a response")
    other = IdentityProvider(tenant_id=User().pk, label="Other", kind="saml")
    with pytest.raises(NotProven):
        handover.take(other, where)
    where = handover.put(entra, "a response")
    assert handover.take(entra, where) == "a response"
    for again in (where, "", "x", "0" * 32):
        with pytest.raises(NotProven):
            handover.take(entra, again)


def test_it_keeps_the_response_sealed_while_it_waits(entra: IdentityProvider) -> None:
    from django.core.cache import cache

    where = handover.put(entra, "a canary of a response")
    (key,) = (handover._key(one) for one in [__import__("uuid").UUID(hex=where)])
    kept: Any = cache.get(key)
    assert kept and b"canary" not in kept


def test_it_signs_only_the_assertion_of_a_real_provider(
    saml_visitor: SamlVisitor, saml_site: SamlServer
) -> None:
    """What pysaml2 signs is what is looked at: one signature, in the assertion."""
    tree = etree.fromstring(base64.b64decode(saml_visitor.fetch()))
    (signature,) = tree.xpath("//ds:Signature", namespaces=NAMES)
    assert signature.getparent().tag.endswith("}Assertion")
