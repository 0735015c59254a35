"""Signs XML with xmlsec, for providers of the tests: the library that pysaml2 calls is a program
that is not everywhere, and this one comes as a wheel."""

import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from tests.sso.openid_server import rsa_key

NAMES = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}


@dataclass(frozen=True)
class Signer:
    """`method` and `digest` are names of xmlsec's transforms."""

    key: bytes
    certificate: bytes
    method: str = "RSA_SHA256"
    digest: str = "SHA256"
    canonical: str = "EXCL_C14N"

    def sign(self, element: Any) -> None:
        """Put a signature over the element into it, behind its issuer, where SAML wants it."""
        identity = element.get("ID")
        signature = xmlsec.template.create(
            element,
            getattr(xmlsec.Transform, self.canonical),
            getattr(xmlsec.Transform, self.method),
        )
        element.insert(1, signature)
        reference = xmlsec.template.add_reference(
            signature, getattr(xmlsec.Transform, self.digest), uri=f"#{identity}"
        )
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        self.fill(element, signature)

    def fill(self, element: Any, signature: Any) -> None:
        """Compute a signature whose template stands there already."""
        xmlsec.tree.add_ids(element, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(self.key, xmlsec.KeyFormat.PEM)
        context.sign(signature)


def sign_statement(key_file: str, statement: bytes, node_id: str) -> str:
    """As pysaml2 asks for it: the template is in the statement, in the node of this id."""
    tree = etree.fromstring(statement)
    (node,) = tree.xpath("//*[@ID=$id]", id=node_id)
    (signature,) = node.xpath("ds:Signature", namespaces=NAMES)
    Signer(Path(key_file).read_bytes(), b"").fill(node, signature)
    return str(etree.tostring(tree).decode())


@cache
def make_signer(name: str) -> Signer:
    key = rsa_key(name)
    return Signer(private_pem(key), make_certificate(key))


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def make_certificate(key: rsa.RSAPrivateKey) -> bytes:
    """Self-signed, as those of identity providers are."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
