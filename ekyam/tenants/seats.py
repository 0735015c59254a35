"""Who is here: a person or a program, in one company, with rights. Every door gives a seat."""

from dataclasses import dataclass
from datetime import datetime

from ekyam.audit.actors import Actor
from ekyam.tenants.models import Tenant
from ekyam.tenants.rights import Right


@dataclass(frozen=True)
class Seat:
    """`person` is the name that notes give; `has_choice`: of another company as well.

    `must_prove`: the company asks for a second factor that this session has not shown.
    `visit_until`: one of Ekyam's staff sees what the company sees, until then.
    """

    tenant: Tenant
    actor: Actor
    person: str
    rights: frozenset[Right]
    role: str = ""
    has_choice: bool = False
    must_prove: bool = False
    visit_until: datetime | None = None

    @property
    def tenant_name(self) -> str:
        return self.tenant.name

    def may(self, right: str) -> bool:
        return right in self.rights
