"""What a role may do: the one table, for the portal, the API and whoever else asks.

A person has the rights of a role. A key or an application has rights as its scopes, and never more
than the person who made it.
"""

from django.db import models
from django.utils.translation import gettext_lazy

from ekyam.tenants.models import Role


class Right(models.TextChoices):
    """`value` is also the name of the API's scope."""

    LOOK = "look", gettext_lazy("See connections, flows, orders, stock and dead letters")
    OPERATE = "operate", gettext_lazy("Retry, edit, release and cancel; start and stop full syncs")
    CONFIGURE = "configure", gettext_lazy("Switch flows, and change mappings, rules and formulas")
    CONNECT = "connect", gettext_lazy("Connect systems, and change their credentials")
    DEVELOP = "develop", gettext_lazy("Keys, applications and webhook endpoints")
    PEOPLE = "people", gettext_lazy("Invite people, change their roles, end their sessions")
    SECURITY = (
        "security",
        gettext_lazy("The second factor, single sign-on, what Ekyam's staff may see"),
    )
    AUDIT = "audit", gettext_lazy("Read the audit log")
    OWN = "own", gettext_lazy("Make and unmake owners")


_LOOKS = frozenset({Right.LOOK})
_SETS_UP = _LOOKS | {Right.OPERATE, Right.CONFIGURE, Right.CONNECT, Right.DEVELOP}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.ADMIN: frozenset(Right) - {Right.OWN},
    Role.INTEGRATOR: _SETS_UP,
    Role.OPERATOR: _LOOKS | {Right.OPERATE},
    Role.DEVELOPER: _LOOKS | {Right.DEVELOP},
    Role.VIEWER: _LOOKS,
}


def rights_of(role: str) -> frozenset[Right]:
    """Raises ValueError for a role that is none."""
    return RIGHTS[Role(role)]
