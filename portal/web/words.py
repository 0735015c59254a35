"""States in the reader's words, each with its tone; colours and icons follow from the tone."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from flows import state_words
from flows.queries.spans import STEPS

TONES = {
    # deliveries
    "pending": ("busy", state_words.DELIVERY["pending"]),
    "sending": ("busy", state_words.DELIVERY["sending"]),
    "retrying": ("warn", state_words.DELIVERY["retrying"]),
    "in_doubt": ("warn", state_words.DELIVERY["in_doubt"]),
    "parked": ("warn", state_words.DELIVERY["parked"]),
    "held_by_rule": ("warn", gettext_lazy("Held for review")),
    "lacks_row": ("warn", gettext_lazy("Waits for a row")),
    "on_hold": ("warn", gettext_lazy("Held by a person")),
    "succeeded": ("good", state_words.DELIVERY["succeeded"]),
    "unchanged": ("good", state_words.DELIVERY["unchanged"]),
    "dead": ("bad", state_words.DELIVERY["dead"]),
    "superseded": ("quiet", state_words.DELIVERY["superseded"]),
    "cancelled": ("quiet", state_words.DELIVERY["cancelled"]),
    "unneeded": ("quiet", gettext_lazy("Not needed there")),
    "healed": ("warn", gettext_lazy("Failed, mended since")),
    # events
    "received": ("busy", gettext_lazy("Received")),
    "routed": ("good", gettext_lazy("Received")),
    "ignored": ("quiet", gettext_lazy("Not used")),
    "failed": ("bad", gettext_lazy("Unreadable")),
    "asks": ("warn", gettext_lazy("Needs a person")),
    # connections
    "active": ("good", gettext_lazy("Healthy")),
    "unchecked": ("quiet", gettext_lazy("Not checked yet")),
    "needs_reauthorization": ("bad", gettext_lazy("Needs authorisation")),
    "paused": ("warn", gettext_lazy("Paused")),
    "failing": ("warn", gettext_lazy("Failing")),
    # lights of flows
    "on": ("good", gettext_lazy("On")),
    "quiet": ("quiet", gettext_lazy("On, nothing yet")),
    "held": ("warn", gettext_lazy("On, held up")),
    "broken": ("bad", gettext_lazy("On, broken")),
    "off": ("quiet", gettext_lazy("Off")),
    # what a light is earned by
    "need_good": ("good", gettext_lazy("Met")),
    "need_quiet": ("quiet", gettext_lazy("Not yet")),
    "need_warn": ("warn", gettext_lazy("Not met")),
    "need_bad": ("bad", gettext_lazy("Not met")),
    # identity providers
    "provider_required": ("good", gettext_lazy("On, required")),
    "domain_verified": ("good", gettext_lazy("Verified")),
    "domain_claimed": ("warn", gettext_lazy("Not verified yet")),
    # stock, by SKU
    "stock_as_offered": ("good", gettext_lazy("As offered")),
    "stock_correcting": ("busy", gettext_lazy("Being corrected")),
    "stock_stuck": ("bad", gettext_lazy("Stuck")),
    "stock_absent": ("warn", gettext_lazy("Not in the shop")),
    "stock_unmapped": ("warn", gettext_lazy("Not mapped")),
    "stock_differs": ("warn", gettext_lazy("Differs")),
    "stock_gone": ("warn", gettext_lazy("Gone from the shop")),
    "stock_left_out": ("quiet", gettext_lazy("Not offered")),
    # full comparisons
    "sync_target": ("busy", gettext_lazy("Reading the target back")),
    "sync_source": ("busy", gettext_lazy("Reading the source")),
    "sync_asks": ("warn", gettext_lazy("Asks a person")),
    "sync_writing": ("busy", gettext_lazy("Writing what differs")),
    "sync_done": ("good", gettext_lazy("Done")),
    "sync_stopped": ("quiet", gettext_lazy("Stopped")),
    "sync_failed": ("bad", gettext_lazy("Failed")),
    "sync_drift": ("warn", gettext_lazy("Stock differed")),
    "sync_late": ("warn", gettext_lazy("Late")),
    "ends_soon": ("warn", gettext_lazy("Ends soon")),
    "ends_over": ("bad", gettext_lazy("Has ended")),
    "silent": ("warn", gettext_lazy("Silent")),
    "unfinished": ("quiet", gettext_lazy("Not published")),
    # alerts
    "alert_open": ("bad", gettext_lazy("Open")),
    "alert_acknowledged": ("busy", gettext_lazy("Acknowledged")),
    "rule_on": ("good", gettext_lazy("On")),
    "rule_off": ("quiet", gettext_lazy("Off")),
    "channel_works": ("good", gettext_lazy("Works")),
    "channel_new": ("quiet", gettext_lazy("Nothing sent yet")),
    "channel_failed": ("bad", gettext_lazy("Did not leave")),
    # keys, applications and their secrets
    "key_live": ("good", gettext_lazy("Live")),
    "key_asleep": ("warn", gettext_lazy("Asleep: its maker has left")),
    "key_expired": ("quiet", gettext_lazy("Expired")),
    "key_revoked": ("quiet", gettext_lazy("Revoked")),
    # people
    "invitation_invited": ("busy", gettext_lazy("Invited")),
    "invitation_expired": ("warn", gettext_lazy("Too old")),
    "invitation_void": ("warn", gettext_lazy("Void")),
    "factor_yes": ("good", gettext_lazy("Set up")),
    "factor_no": ("warn", gettext_lazy("None")),
    "person_off": ("quiet", gettext_lazy("Deactivated")),
    "right_yes": ("good", gettext_lazy("Yes")),
    "session_here": ("good", gettext_lazy("This browser")),
    # versions, and attributes that must be filled
    "version_draft": ("busy", state_words.VERSION["draft"]),
    "version_published": ("good", state_words.VERSION["published"]),
    "version_retired": ("quiet", state_words.VERSION["retired"]),
    "needed_filled": ("good", gettext_lazy("Filled")),
    "needed_empty": ("bad", gettext_lazy("Empty in the sample")),
    "needed_none": ("bad", gettext_lazy("No line gives it")),
    "needed_mapped": ("quiet", gettext_lazy("Has a line")),
    "change_added": ("good", gettext_lazy("Added")),
    "change_removed": ("bad", gettext_lazy("Removed")),
    "change_changed": ("warn", gettext_lazy("Changed")),
    "change_moved": ("quiet", gettext_lazy("Moved")),
    # what Verify finds, and what comes of records
    "verify_filled": ("good", gettext_lazy("Filled")),
    "verify_empty": ("quiet", gettext_lazy("Empty")),
    "verify_wrong_type": ("bad", gettext_lazy("Wrong type")),
    "verify_not_allowed": ("bad", gettext_lazy("Not allowed")),
    "verify_lost": ("warn", gettext_lazy("Loses something")),
    "verify_waits": ("warn", gettext_lazy("Waits")),
    "outcome_sent": ("good", gettext_lazy("Sent")),
    "outcome_held": ("warn", gettext_lazy("Held")),
    "outcome_rejected": ("bad", gettext_lazy("Rejected")),
    "outcome_routed": ("busy", gettext_lazy("Goes another way")),
    "outcome_waits": ("warn", gettext_lazy("Waits")),
    "outcome_failed": ("bad", gettext_lazy("Fails")),
    "outcome_absent": ("quiet", gettext_lazy("Does not come here")),
    # shadow runs, and what a draft does to records
    "shadow_running": ("busy", state_words.WORK["running"]),
    "shadow_done": ("good", state_words.WORK["done"]),
    "shadow_stopped": ("quiet", state_words.WORK["stopped"]),
    "shadow_failed": ("bad", state_words.WORK["failed"]),
    "shadow_identical": ("good", gettext_lazy("Identical")),
    "shadow_changed": ("warn", gettext_lazy("Changes")),
    "shadow_unreadable": ("bad", gettext_lazy("Unreadable")),
    "shadow_still_held": ("quiet", gettext_lazy("As before")),
    "shadow_still_rejected": ("quiet", gettext_lazy("As before")),
    "shadow_still_routed": ("quiet", gettext_lazy("As before")),
    "shadow_still_waits": ("quiet", gettext_lazy("As before")),
    "shadow_still_failed": ("quiet", gettext_lazy("As before")),
    "shadow_now_sent": ("good", gettext_lazy("Goes through")),
    "shadow_now_absent": ("warn", gettext_lazy("Left out")),
    "shadow_now_routed": ("warn", gettext_lazy("Another way")),
    "shadow_now_waits": ("warn", gettext_lazy("Waits")),
    "shadow_now_held": ("warn", gettext_lazy("Held")),
    "shadow_now_rejected": ("bad", gettext_lazy("Rejected")),
    "shadow_now_failed": ("bad", gettext_lazy("Fails")),
    # what is done to many dead letters
    "bulk_running": ("busy", state_words.WORK["running"]),
    "bulk_done": ("good", state_words.WORK["done"]),
    "bulk_stopped": ("quiet", state_words.WORK["stopped"]),
    "bulk_failed": ("bad", state_words.WORK["failed"]),
    # parts of a check, runs and orders
    "ok": ("good", gettext_lazy("Passed")),
    "not_ok": ("bad", gettext_lazy("Did not pass")),
    "skipped": ("quiet", gettext_lazy("Not asked")),
    "not_needed": ("quiet", gettext_lazy("Not needed")),
    # set-ups
    "permission_needed": ("busy", gettext_lazy("Needed")),
    "permission_unneeded": ("quiet", gettext_lazy("Not needed")),
    "permission_optional": ("quiet", gettext_lazy("Optional")),
    "stream_good": ("good", gettext_lazy("Fits")),
    "stream_doubtful": ("warn", gettext_lazy("Fits, with doubts")),
    "stream_bad": ("bad", gettext_lazy("Lacks something")),
    "stream_example": ("quiet", gettext_lazy("By example")),
    "stream_none": ("quiet", gettext_lazy("No record yet")),
    "set_up_open": ("busy", gettext_lazy("Not finished")),
    "source": ("good", gettext_lazy("Source")),
    "done": ("good", gettext_lazy("Done")),
    "open": ("busy", gettext_lazy("Under way")),
    "none": ("quiet", gettext_lazy("Nothing to do")),
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
    "tenant": gettext_lazy("This is yours to mend."),
    "remote": gettext_lazy("The other system must recover; Ekyam goes on trying while it may."),
    "ekyam": gettext_lazy("This is ours to mend: Ekyam has been told."),
    "nobody": gettext_lazy("Nobody has to do anything."),
}

ORIGINS = {
    "webhook": gettext_lazy("A message"),
    "poll": gettext_lazy("Asking"),
    "sync": gettext_lazy("A full comparison"),
    "manual": gettext_lazy("A person"),
    "replay": gettext_lazy("A replay"),
}

ACTORS = {
    "person": "",
    "key": gettext_lazy("API key"),
    "application": gettext_lazy("application"),
    "staff": gettext_lazy("Ekyam's staff"),
    "ekyam": gettext_lazy("by itself"),
}


def deed(action: str) -> str:
    """«Flow switched on», of `flow.switched_on`."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def told(value: Any) -> str:
    """A value of the audit log."""
    if value is None:
        return gettext("nothing")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(told(item) for item in value) or gettext("none")
    if isinstance(value, dict):
        return "; ".join(f"{name}: {told(item)}" for name, item in value.items()) or gettext("none")
    return str(value) if value != "" else gettext("empty")


def ago(at: datetime, now: datetime) -> str:
    """«12 min ago», «in 30 s»; static/js/times.js says the same."""
    seconds = (now - at).total_seconds()
    passed = abs(seconds)
    if passed < 5:
        return gettext("now")
    size, unit = next((size, unit) for limit, size, unit in STEPS if passed < limit)
    amount = f"{int(passed // size)} {unit}"
    said = gettext("in {amount}") if seconds < 0 else gettext("{amount} ago")
    return said.format(amount=amount)


def at_least(number: int, has_more: bool) -> str:
    """«40+», where not all could be counted."""
    return f"{number:,}+" if has_more else f"{number:,}"


def at_most(number: int, most: int) -> str:
    """«10,000+», where no more than that was counted."""
    return f"{most:,}+" if number > most else f"{number:,}"
