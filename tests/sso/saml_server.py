"""A SAML identity provider: pysaml2 reads the request and makes the response, over real HTTP."""

import base64
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree

from tests.sso.web_server import Answer, Asked, serving
from tests.sso.xml_signature import NAMES, Signer, make_signer, sign_statement

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pysaml2 imports is deprecated elsewhere
    from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
    from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
    from saml2.config import IdPConfig
    from saml2.metadata import entity_descriptor
    from saml2.saml import NAME_FORMAT_URI, NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server
    from saml2.sigver import CryptoBackend

Change = Callable[[Any], None]
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def nothing(tree: Any) -> None:
    """As it is."""


@dataclass
class SamlLies:
    """Changes before the signature are signed by it; those after it are not."""

    before: Change = nothing
    after: Change = nothing
    signer: Signer = field(default_factory=lambda: make_signer("first"))
    signs: str = "//saml:Assertion"
    text: str | None = None


class _Crypto(CryptoBackend):  # type: ignore[misc]
    version = "1.3.0"

    def sign_statement(self, statement: Any, node_name: str, key_file: str, node_id: str) -> str:
        text = statement if isinstance(statement, bytes) else str(statement).encode()
        return sign_statement(key_file, text, node_id)


@dataclass
class SamlServer:
    """`person` holds the attributes of whoever signs in next; `subject` is their NameID."""

    folder: Path
    address: str = ""
    subject: str = "u-1"
    subject_format: str = NAMEID_FORMAT_PERSISTENT
    person: dict[str, list[str]] = field(default_factory=dict)
    lies: SamlLies | None = None
    ours: str = ""  # the metadata of the service that asks
    server: Any = None

    @property
    def certificate(self) -> str:
        lines = make_signer("first").certificate.decode().splitlines()
        return "".join(line for line in lines if "-----" not in line)

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/metadata":
            return Answer(str(entity_descriptor(self._config())), kind="text/xml")
        request = self._server().parse_authn_request(
            asked.query["SAMLRequest"], BINDING_HTTP_REDIRECT
        )
        where = self._server().response_args(request.message, [BINDING_HTTP_POST])
        encoded = self.respond(request.message.id, where["destination"], where["sp_entity_id"])
        return Answer(_form(where["destination"], encoded), kind="text/html; charset=utf-8")

    def respond(self, request_id: str | None, destination: str, audience: str) -> str:
        """Return a response, encoded as a browser posts it."""
        is_honest = self.lies is None
        made = self._server().create_authn_response(
            self.person,
            request_id,
            destination,
            audience,
            name_id=NameID(format=self.subject_format, text=self.subject),
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT},
            sign_response=False,
            sign_assertion=is_honest,
            sign_alg=RSA_SHA256 if is_honest else None,
            digest_alg=SHA256 if is_honest else None,
        )
        text = str(made)
        if self.lies is not None:
            text = lie(text, self.lies)
        return base64.b64encode(text.encode()).decode()

    def _server(self) -> Any:
        if self.server is None:
            self.server = Server(config=self._config())
            self.server.sec.crypto = _Crypto()
        return self.server

    def _config(self) -> Any:
        signer = make_signer("first")
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        key.write_bytes(signer.key)
        certificate.write_bytes(signer.certificate)
        signs_in = [(f"{self.address}/sso", BINDING_HTTP_REDIRECT)]
        idp = {
            "endpoints": {"single_sign_on_service": signs_in},
            "want_authn_requests_signed": False,
            "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_URI}},
        }
        said: dict[str, Any] = {
            "entityid": f"{self.address}/metadata",
            "service": {"idp": idp},
            "key_file": str(key),
            "cert_file": str(certificate),
            "crypto_backend": "XMLSecurity",
            "allow_unknown_attributes": True,
        }
        if self.ours:
            said["metadata"] = {"inline": [self.ours]}
        return IdPConfig().load(said)


def lie(text: str, lies: SamlLies) -> str:
    tree = etree.fromstring(text.encode())
    lies.before(tree)
    # From the inside out: what holds a signature is signed with it.
    for element in reversed(tree.xpath(lies.signs, namespaces=NAMES) if lies.signs else []):
        lies.signer.sign(element)
    lies.after(tree)
    return etree.tostring(tree).decode() if lies.text is None else lies.text


def _form(address: str, encoded: str) -> str:
    """As providers do it: a form that a script sends."""
    return (
        f'<!doctype html><title>Going on</title><form method="post" action="{escape(address)}">'
        f'<input type="hidden" name="SAMLResponse" value="{encoded}">'
        "<button>Go on</button></form><script>document.forms[0].submit()</script>"
    )


@contextmanager
def saml_server(folder: Path) -> Iterator[SamlServer]:
    site = SamlServer(folder)
    with serving(site.answer) as address:
        site.address = address
        yield site
