"""The control doors of the sandboxes: what people do in the vendors' screens, and the ledgers."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings

SHOP, ERP, WAREHOUSE = "shopify", "netsuite", "whiplash"
ACCOUNTS = {SHOP: "acme-shop", ERP: "TSTDRV1234567", WAREHOUSE: "acme-retail"}
Row = dict[str, Any]


class SandboxRefused(Exception):
    """The control door said no; the text says why."""


class SandboxAway(Exception):
    """It does not answer, or not in time: what was asked may have been done all the same."""


@dataclass
class Remote:
    """One account at one sandbox."""

    slug: str
    account: str
    url: str = field(default_factory=lambda: settings.SANDBOX_URL)
    token: str = field(default_factory=lambda: settings.SANDBOX_TOKEN)
    session: requests.Session = field(default_factory=requests.Session)
    seconds: float = 30.0  # that an answer may take

    def look(self, view: str) -> Any:
        return self._ask("GET", view, None)

    def do(self, action: str, **arguments: Any) -> Any:
        return self._ask("POST", action, arguments)

    def rows(self, kind: str) -> list[Row]:
        return [row for row in self.look("ledger") if row["kind"] == kind]

    def _ask(self, method: str, name: str, arguments: Any) -> Any:
        account = quote(self.account, safe="")
        try:
            answer = self.session.request(
                method,
                f"{self.url}/{self.slug}/{account}/_control/{name}",
                headers={"X-Sandbox-Token": self.token},
                json=arguments,
                timeout=self.seconds,
            )
        except requests.RequestException as error:
            raise SandboxAway(f"{self.slug} {name}: {type(error).__name__}") from error
        if answer.status_code != 200:
            raise SandboxRefused(f"{self.slug} {name}: {answer.text[:300]}")
        return answer.json()


@dataclass(frozen=True)
class Remotes:
    """The three systems of the demonstration."""

    shop: Remote
    erp: Remote
    warehouse: Remote
