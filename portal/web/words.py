"""States in the reader's words, each with its tone; colours and icons follow from the tone."""

from datetime import datetime
from typing import Any

from flows.queries.spans import STEPS

TONES = {
    # deliveries
    "pending": ("busy", "In the queue"),
    "sending": ("busy", "Sending"),
    "retrying": ("warn", "Retrying"),
    "in_doubt": ("warn", "Being checked"),
    "parked": ("warn", "Parked"),
    "held_by_rule": ("warn", "Held for review"),
    "lacks_row": ("warn", "Waits for a row"),
    "on_hold": ("warn", "Held by a person"),
    "succeeded": ("good", "Delivered"),
    "unchanged": ("good", "Unchanged"),
    "dead": ("bad", "Dead letter"),
    "superseded": ("quiet", "Superseded"),
    "cancelled": ("quiet", "Cancelled"),
    "unneeded": ("quiet", "Not needed there"),
    "healed": ("warn", "Failed, mended since"),
    # events
    "received": ("busy", "Received"),
    "routed": ("good", "Received"),
    "ignored": ("quiet", "Not used"),
    "failed": ("bad", "Unreadable"),
    "asks": ("warn", "Needs a person"),
    # connections
    "active": ("good", "Healthy"),
    "needs_reauthorization": ("bad", "Needs authorisation"),
    "paused": ("warn", "Paused"),
    "failing": ("warn", "Failing"),
    # lights of flows
    "on": ("good", "On"),
    "quiet": ("quiet", "On, nothing yet"),
    "held": ("warn", "On, held up"),
    "broken": ("bad", "On, broken"),
    "off": ("quiet", "Off"),
    # what a light is earned by
    "need_good": ("good", "Met"),
    "need_quiet": ("quiet", "Not yet"),
    "need_warn": ("warn", "Not met"),
    "need_bad": ("bad", "Not met"),
    # identity providers
    "provider_required": ("good", "On, required"),
    "domain_verified": ("good", "Verified"),
    "domain_claimed": ("warn", "Not verified yet"),
    # stock, by SKU
    "stock_as_offered": ("good", "As offered"),
    "stock_correcting": ("busy", "Being corrected"),
    "stock_stuck": ("bad", "Stuck"),
    "stock_absent": ("warn", "Not in the shop"),
    "stock_unmapped": ("warn", "Not mapped"),
    "stock_differs": ("warn", "Differs"),
    "stock_gone": ("warn", "Gone from the shop"),
    "stock_left_out": ("quiet", "Not offered"),
    # full comparisons
    "sync_target": ("busy", "Reading the target back"),
    "sync_source": ("busy", "Reading the source"),
    "sync_asks": ("warn", "Asks a person"),
    "sync_writing": ("busy", "Writing what differs"),
    "sync_done": ("good", "Done"),
    "sync_stopped": ("quiet", "Stopped"),
    "sync_failed": ("bad", "Failed"),
    "sync_drift": ("warn", "Stock differed"),
    "sync_late": ("warn", "Late"),
    "silent": ("warn", "Silent"),
    "unfinished": ("quiet", "Not published"),
    # alerts
    "alert_open": ("bad", "Open"),
    "alert_acknowledged": ("busy", "Acknowledged"),
    "rule_on": ("good", "On"),
    "rule_off": ("quiet", "Off"),
    "channel_works": ("good", "Works"),
    "channel_new": ("quiet", "Nothing sent yet"),
    "channel_failed": ("bad", "Did not leave"),
    # keys, applications and their secrets
    "key_live": ("good", "Live"),
    "key_asleep": ("warn", "Asleep: its maker has left"),
    "key_expired": ("quiet", "Expired"),
    "key_revoked": ("quiet", "Revoked"),
    # people
    "invitation_invited": ("busy", "Invited"),
    "invitation_expired": ("warn", "Too old"),
    "invitation_void": ("warn", "Void"),
    "factor_yes": ("good", "Set up"),
    "factor_no": ("warn", "None"),
    "person_off": ("quiet", "Deactivated"),
    "right_yes": ("good", "Yes"),
    "session_here": ("good", "This browser"),
    # versions, and attributes that must be filled
    "version_draft": ("busy", "Draft"),
    "version_published": ("good", "Published"),
    "version_retired": ("quiet", "Retired"),
    "needed_filled": ("good", "Filled"),
    "needed_empty": ("bad", "Empty in the sample"),
    "needed_none": ("bad", "No line gives it"),
    "needed_mapped": ("quiet", "Has a line"),
    "change_added": ("good", "Added"),
    "change_removed": ("bad", "Removed"),
    "change_changed": ("warn", "Changed"),
    "change_moved": ("quiet", "Moved"),
    # what Verify finds, and what comes of records
    "verify_filled": ("good", "Filled"),
    "verify_empty": ("quiet", "Empty"),
    "verify_wrong_type": ("bad", "Wrong type"),
    "verify_not_allowed": ("bad", "Not allowed"),
    "verify_lost": ("warn", "Loses something"),
    "verify_waits": ("warn", "Waits"),
    "outcome_sent": ("good", "Sent"),
    "outcome_held": ("warn", "Held"),
    "outcome_rejected": ("bad", "Rejected"),
    "outcome_routed": ("busy", "Goes another way"),
    "outcome_waits": ("warn", "Waits"),
    "outcome_failed": ("bad", "Fails"),
    "outcome_absent": ("quiet", "Does not come here"),
    # shadow runs, and what a draft does to records
    "shadow_running": ("busy", "Under way"),
    "shadow_done": ("good", "Done"),
    "shadow_stopped": ("quiet", "Stopped"),
    "shadow_failed": ("bad", "Failed"),
    "shadow_identical": ("good", "Identical"),
    "shadow_changed": ("warn", "Changes"),
    "shadow_unreadable": ("bad", "Unreadable"),
    "shadow_still_held": ("quiet", "As before"),
    "shadow_still_rejected": ("quiet", "As before"),
    "shadow_still_routed": ("quiet", "As before"),
    "shadow_still_waits": ("quiet", "As before"),
    "shadow_still_failed": ("quiet", "As before"),
    "shadow_now_sent": ("good", "Goes through"),
    "shadow_now_absent": ("warn", "Left out"),
    "shadow_now_routed": ("warn", "Another way"),
    "shadow_now_waits": ("warn", "Waits"),
    "shadow_now_held": ("warn", "Held"),
    "shadow_now_rejected": ("bad", "Rejected"),
    "shadow_now_failed": ("bad", "Fails"),
    # parts of a check, runs and orders
    "ok": ("good", "Passed"),
    "not_ok": ("bad", "Did not pass"),
    "source": ("good", "Source"),
    "done": ("good", "Done"),
    "open": ("busy", "Under way"),
    "none": ("quiet", "Nothing to do"),
}

# «g» and this letter leads there; static/js/keys.js reads it off the link. «l» is light or dark.
KEYS = {
    "home": "h",
    "orders": "o",
    "stock": "s",
    "dead_letters": "d",
    "held": "e",
    "flows": "f",
    "lookup_tables": "t",
    "connections": "c",
    "runs": "r",
    "team": "p",
    "keys": "k",
    "audit": "a",
}

BLAME = {
    "tenant": "This is yours to mend.",
    "remote": "The other system must recover; Ekyam goes on trying while it may.",
    "ekyam": "This is ours to mend: Ekyam has been told.",
    "nobody": "Nobody has to do anything.",
}

ORIGINS = {
    "webhook": "A message",
    "poll": "Asking",
    "sync": "A full comparison",
    "manual": "A person",
    "replay": "A replay",
}

ACTORS = {
    "person": "",
    "key": "API key",
    "application": "application",
    "staff": "Ekyam's staff",
    "ekyam": "by itself",
}


def deed(action: str) -> str:
    """«Flow switched on», of `flow.switched_on`."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def told(value: Any) -> str:
    """A value of the audit log."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(told(item) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {told(item)}" for name, item in value.items()) or "none"
    return str(value) if value != "" else "empty"


def ago(at: datetime, now: datetime) -> str:
    """«12 min ago», «in 30 s»; static/js/times.js says the same."""
    seconds = (now - at).total_seconds()
    passed = abs(seconds)
    if passed < 5:
        return "now"
    size, unit = next((size, unit) for limit, size, unit in STEPS if passed < limit)
    amount = f"{int(passed // size)} {unit}"
    return f"in {amount}" if seconds < 0 else f"{amount} ago"
