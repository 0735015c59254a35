"""Signature wrapping (Somorovsky et al., 2012, XSW 1 to 8): what is verified is what is read.

Each takes a response that was rightly signed for one person, and adds a forged one for another, in
one of the places where a verifier finds the signed part and a reader finds the forged.
"""

from copy import deepcopy
from typing import Any

import pytest
from lxml import etree

from tests.sso.conftest import SamlVisitor, is_plain_refusal, is_signed_in, told
from tests.sso.saml_server import Change, SamlLies, SamlServer
from tests.sso.xml_signature import NAMES
from tests.world import World

SAMLP, DS = f"{{{NAMES['samlp']}}}", f"{{{NAMES['ds']}}}"


def one(tree: Any, path: str) -> Any:
    (found,) = tree.xpath(path, namespaces=NAMES)
    return found


def take_signature(element: Any) -> Any:
    signature = one(element, "ds:Signature")
    element.remove(signature)
    return signature


def forge(element: Any, *, keeps_id: bool = False) -> Any:
    """Somebody else: the owner, whom the provider never spoke of."""
    if not keeps_id:
        element.set("ID", "_forged")
    for name in element.xpath(".//saml:NameID", namespaces=NAMES):
        name.text = "owner"
    for value in element.xpath(".//saml:AttributeValue", namespaces=NAMES):
        value.text = "owner@juniper.example"
    return element


def xsw1(tree: Any) -> None:
    """The signed response inside of the forged one's signature."""
    original = deepcopy(tree)
    take_signature(original)
    forge(tree)
    one(tree, "ds:Signature").append(original)


def xsw2(tree: Any) -> None:
    """The signed response before the signature, in the forged one."""
    original = deepcopy(tree)
    take_signature(original)
    forge(tree)
    signature = one(tree, "ds:Signature")
    signature.addprevious(original)


def xsw3(tree: Any) -> None:
    """The forged assertion before the signed one."""
    signed = one(tree, "saml:Assertion")
    forged = forge(deepcopy(signed))
    take_signature(forged)
    signed.addprevious(forged)


def xsw4(tree: Any) -> None:
    """The signed assertion inside of the forged one."""
    signed = one(tree, "saml:Assertion")
    forged = forge(deepcopy(signed))
    take_signature(forged)
    signed.addprevious(forged)
    forged.append(signed)


def xsw5(tree: Any) -> None:
    """The forged one has the signature; the signed one, without it, stands at the end."""
    forged = one(tree, "saml:Assertion")
    original = deepcopy(forged)
    take_signature(original)
    forge(forged)
    tree.append(original)


def xsw6(tree: Any) -> None:
    """The same, with the signed one inside of the signature."""
    forged = one(tree, "saml:Assertion")
    original = deepcopy(forged)
    take_signature(original)
    forge(forged)
    one(forged, "ds:Signature").append(original)


def xsw7(tree: Any) -> None:
    """The forged one, under the signed one's id, among the extensions."""
    signed = one(tree, "saml:Assertion")
    forged = forge(deepcopy(signed), keeps_id=True)
    take_signature(forged)
    extensions = etree.Element(f"{SAMLP}Extensions")
    extensions.append(forged)
    one(tree, "saml:Issuer").addnext(extensions)


def xsw8(tree: Any) -> None:
    """The signed one in an object of the forged one's signature."""
    forged = one(tree, "saml:Assertion")
    original = deepcopy(forged)
    take_signature(original)
    forge(forged, keeps_id=True)
    holder = etree.SubElement(one(forged, "ds:Signature"), f"{DS}Object")
    holder.append(original)


def twice(tree: Any) -> None:
    """Two assertions, each with a signature of its own, the first of them forged."""
    signed = one(tree, "saml:Assertion")
    signed.addprevious(forge(deepcopy(signed)))


def second_reference(tree: Any) -> None:
    """A signature with one more reference, which nobody looks at."""
    reference = one(tree, "saml:Assertion/ds:Signature/ds:SignedInfo/ds:Reference")
    reference.addnext(deepcopy(reference))


def foreign_transform(tree: Any) -> None:
    """A transform that cuts the document before it is hashed."""
    transforms = one(tree, "//ds:Transforms")
    more = etree.SubElement(transforms, f"{DS}Transform")
    more.set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")


BOTH = "//saml:Assertion | /samlp:Response"
WRAPPINGS: list[tuple[Change, str]] = [
    (xsw1, BOTH),
    (xsw2, BOTH),
    (xsw3, "//saml:Assertion"),
    (xsw3, BOTH),
    (xsw4, "//saml:Assertion"),
    (xsw5, "//saml:Assertion"),
    (xsw6, "//saml:Assertion"),
    (xsw7, "//saml:Assertion"),
    (xsw8, "//saml:Assertion"),
    (twice, "//saml:Assertion"),
    (second_reference, "//saml:Assertion"),
    (foreign_transform, "//saml:Assertion"),
]


@pytest.mark.parametrize(("wrap", "signs"), WRAPPINGS, ids=lambda one: getattr(one, "__name__", ""))
def test_it_refuses_a_wrapping(
    saml_visitor: SamlVisitor, saml_site: SamlServer, world: World, wrap: Change, signs: str
) -> None:
    saml_site.lies = SamlLies(after=wrap, signs=signs)
    assert is_plain_refusal(saml_visitor.sign_in())
    assert not is_signed_in(saml_visitor.client)
    assert told(world.here.tenant, "person.signed_in") == []


def test_it_reads_a_name_past_a_comment(
    saml_visitor: SamlVisitor, saml_site: SamlServer, world: World
) -> None:
    """CVE-2017-11427 and its kin: a comment is not hashed, and must not cut the name in two."""

    def comment(tree: Any) -> None:
        name = one(tree, "//saml:NameID")
        name.text = world.here.owner.email
        mark = etree.Comment(" cut here ")
        mark.tail = ".evil.example"
        name.append(mark)

    saml_site.subject = f"{world.here.owner.email}.evil.example"
    saml_site.subject_format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    saml_site.person = {"groups": []}
    saml_site.lies = SamlLies(after=comment)
    answer = saml_visitor.sign_in()
    assert answer.status_code == 403 and not is_signed_in(saml_visitor.client)
    assert "evil.example" in told(world.here.tenant, "person.sign_in_refused")[0].after["reason"]
