"""Which role the provider's groups give: a pure decision, made anew at each sign-in."""

from collections.abc import Collection, Mapping

from ekyam.tenants.models import Role

# The most that a group gives is what counts.
_BY_WEIGHT = tuple(Role)


def decide_role(
    groups: Collection[str],
    *,
    roles: Mapping[str, str],
    default: str = "",
    current: str = "",
    must_stay_owner: bool = False,
) -> str:
    """Return the role to give, or "" for none.

    `roles` holds group: role. Without any, who has a role keeps it. Owners are made and unmade by
    groups only where a group gives that role, for only an owner can have said so; the last owner,
    and the one of last resort, stay.
    """
    given = {roles[group] for group in groups if group in roles}
    found = next((role.value for role in _BY_WEIGHT if role in given), default)
    keeps_owner = must_stay_owner or Role.OWNER not in roles.values()
    if current == Role.OWNER and keeps_owner:
        return current
    if current and not roles:
        return current
    return found
