"""System checks with stable ids: the settings' rules, and the rights of the runtime role."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from ekyam import start

TAG = "ekyam"


@register(TAG)
def check_environment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The rules that also stop the start, for those who ask by `manage.py check`."""
    values = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    return [Error(rule.message, id=rule.id) for rule in start.find_broken_rules(values)]


@register(Tags.database)
def check_runtime_role(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Row-level security does not bind superusers, BYPASSRLS roles and lenient owners."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(ROLE_FACTS)
        is_superuser, bypasses, owned = cursor.fetchone()
    return [
        Error(f"The runtime role {fact}.", hint=HINT, id=id_)
        for is_so, fact, id_ in (
            (is_superuser, "is a superuser", "ekyam.E020"),
            (bypasses, "has BYPASSRLS", "ekyam.E021"),
            (owned, f"owns tenant tables ({owned})", "ekyam.E022"),
        )
        if is_so
    ]


HINT = "Point DATABASE_URL at the role made by `manage.py create_roles`."
ROLE_FACTS = """
SELECT r.rolsuper, r.rolbypassrls,
       (SELECT string_agg(c.relname, ', ' ORDER BY c.relname)
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
         WHERE c.relkind IN ('r', 'p') AND c.relowner = r.oid)
  FROM pg_roles r WHERE r.rolname = session_user
"""
