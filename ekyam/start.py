"""The rules that a hardened environment must meet before any process of it starts."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured

ENVIRONMENTS = ("dev", "demo", "staging", "production")
HARDENED_ENVIRONMENTS = ("staging", "production")

Settings = Mapping[str, Any]


class Rule(NamedTuple):
    id: str
    is_broken: Callable[[Settings], bool]
    message: str


def _lacks(name: str) -> Callable[[Settings], bool]:
    return lambda settings: not settings.get(name)


RULES = (
    Rule(
        "ekyam.E002",
        lambda settings: len(settings.get("SECRET_KEY") or "") < 50,
        "SECRET_KEY is missing, or shorter than 50 characters.",
    ),
    Rule("ekyam.E003", _lacks("VAULT_KEYS"), "VAULT_KEYS is missing."),
    Rule("ekyam.E004", _lacks("DATABASE_URL"), "DATABASE_URL is missing."),
    Rule("ekyam.E005", _lacks("REDIS_URL"), "REDIS_URL is missing."),
    Rule(
        "ekyam.E006",
        lambda settings: not str(settings.get("PUBLIC_URL") or "").startswith("https://"),
        "PUBLIC_URL is missing, or is not https.",
    ),
    Rule(
        "ekyam.E007",
        lambda settings: not settings.get("ALLOWED_HOSTS") or "*" in settings["ALLOWED_HOSTS"],
        "ALLOWED_HOSTS is missing, or allows every host.",
    ),
    Rule("ekyam.E008", lambda settings: bool(settings.get("DEBUG")), "DEBUG is on."),
    Rule(
        "ekyam.E009",
        lambda settings: bool(settings.get("SANDBOX_URL")),
        "SANDBOX_URL is set: a sandbox has no place here.",
    ),
    Rule("ekyam.E010", _lacks("METRICS_TOKEN"), "METRICS_TOKEN is missing."),
    Rule(
        "ekyam.E040",
        lambda settings: settings.get("SMS_GATEWAY") not in ("", None, "twilio"),
        "SMS_GATEWAY is not twilio: codes would be shown to everybody.",
    ),
    Rule(
        "ekyam.E041",
        lambda settings: (
            settings.get("SMS_GATEWAY") == "twilio"
            and not all(
                settings.get(name)
                for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
            )
        ),
        "SMS_GATEWAY is twilio, without TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.",
    ),
    Rule(
        "ekyam.E042",
        lambda settings: "InboxBackend" in str(settings.get("EMAIL_BACKEND") or ""),
        "EMAIL_BACKEND is the inbox of development.",
    ),
    Rule(
        "ekyam.E043",
        lambda settings: any(
            kind in str(settings.get("EMAIL_BACKEND") or "")
            for kind in (".console.", ".filebased.", ".locmem.", ".dummy.")
        ),
        "EMAIL_BACKEND sends nothing: links that open accounts would stay in logs and files.",
    ),
    Rule(
        "ekyam.E011",
        lambda settings: bool(settings.get("SSO_PRIVATE_URLS")),
        "SSO_PRIVATE_URLS is set: identity providers must be on the public internet.",
    ),
    Rule(
        "ekyam.E012",
        lambda settings: bool(settings.get("ALERT_PRIVATE_URLS")),
        "ALERT_PRIVATE_URLS is set: alerts may go to the public internet alone.",
    ),
)
UNKNOWN_ENVIRONMENT = Rule(
    "ekyam.E001",
    lambda settings: settings.get("EKYAM_ENVIRONMENT") not in ENVIRONMENTS,
    f"EKYAM_ENVIRONMENT is none of {', '.join(ENVIRONMENTS)}.",
)


def find_broken_rules(settings: Settings) -> list[Rule]:
    """Return the rules that these settings break; only E001 applies outside production."""
    if UNKNOWN_ENVIRONMENT.is_broken(settings):
        return [UNKNOWN_ENVIRONMENT]
    if settings["EKYAM_ENVIRONMENT"] not in HARDENED_ENVIRONMENTS:
        return []
    return [rule for rule in RULES if rule.is_broken(settings)]


def refuse_unless_ready(settings: Settings) -> None:
    """Raise from within the settings, so that web, worker and beat all refuse alike."""
    if broken := find_broken_rules(settings):
        facts = "\n".join(f"  {rule.id}: {rule.message}" for rule in broken)
        raise ImproperlyConfigured(f"This environment is not ready to start:\n{facts}")
