"""The control doors of the sandboxes: what people do in the vendors' screens, and the ledgers."""

from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

SHOP, ERP, WAREHOUSE = "shopify", "netsuite", "whiplash"
ACCOUNTS = {SHOP: "acme-shop", ERP: "TSTDRV1234567", WAREHOUSE: "acme-retail"}
Row = dict[str, Any]


class SandboxRefused(Exception):
    """The control door said no; the text says why."""


@dataclass
class Remote:
    """One account at one sandbox."""

    slug: str
    account: str
    url: str = field(default_factory=lambda: settings.SANDBOX_URL)
    token: str = field(default_factory=lambda: settings.SANDBOX_TOKEN)
    session: requests.Session = field(default_factory=requests.Session)

    def look(self, view: str) -> Any:
        return self._ask("GET", view, None)

    def do(self, action: str, **arguments: Any) -> Any:
        return self._ask("POST", action, arguments)

    def rows(self, kind: str) -> list[Row]:
        return [row for row in self.look("ledger") if row["kind"] == kind]

    def _ask(self, method: str, name: str, arguments: Any) -> Any:
        answer = self.session.request(
            method,
            f"{self.url}/{self.slug}/{self.account}/_control/{name}",
            headers={"X-Sandbox-Token": self.token},
            json=arguments,
            timeout=30,
        )
        if answer.status_code != 200:
            raise SandboxRefused(f"{self.slug} {name}: {answer.text[:300]}")
        return answer.json()


@dataclass(frozen=True)
class Remotes:
    """The three systems of the demonstration."""

    shop: Remote
    erp: Remote
    warehouse: Remote
