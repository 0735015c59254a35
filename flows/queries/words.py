"""Words that several answers share: a vendor's sentence, a capped number, a list of names."""

from collections.abc import Sequence

from django.utils.translation import gettext

from flows.queries.work import MOST


def sentence(text: str) -> str:
    """End with a full stop, whatever the vendor's words end with."""
    text = text.strip() or gettext("no reason was given")
    return text if text.endswith((".", "!", "?")) else f"{text}."


def because(said: str, reason: str) -> str:
    """What is so, and why, if anybody has said why: «Shop is paused: by Asha.»"""
    return f"{said}: {reason}" if reason else f"{said}."


def capped(count: int) -> str:
    """Beyond what is counted, it is only said that there are more."""
    return f"{MOST:,}+" if count > MOST else f"{count:,}"


def listed(names: Sequence[str]) -> str:
    """«Shop, ERP and Warehouse»."""
    if len(names) < 2:
        return "".join(names)
    return gettext("{several} and {last}").format(several=", ".join(names[:-1]), last=names[-1])
