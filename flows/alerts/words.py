"""The messages that leave. Pure."""

from dataclasses import dataclass
from textwrap import shorten

_STARTS = {
    "open": "",
    "again": "Still going on: ",
    "escalation": "Nobody has acknowledged: ",
    "clear": "All clear: ",
    "test": "A test: ",
}
LONGEST_TEXT = 300  # of a text message
LONGEST_REASON = 100  # in a headline


@dataclass(frozen=True)
class Message:
    """`subject` is one line. `since` is ISO 8601."""

    kind: str
    rule: str
    subject: str
    text: str
    count: int
    since: str
    link: str
    company: str


def headline(message: Message) -> str:
    """One line, for a subject or a text message."""
    said = f"{_STARTS.get(message.kind, '')}{message.subject}"
    if message.text:
        said += f": {shorten(message.text, LONGEST_REASON, placeholder=' …')}"
    return " ".join(f"{said} ({message.company})".split())


def body(message: Message) -> str:
    parts = [headline(message)]
    if message.kind == "clear":
        parts.append("It is over: nobody has to do anything.")
    elif message.text:
        parts.append(message.text)
    parts.append(f"See it here: {message.link}")
    return "\n\n".join(parts) + "\n"


def short(message: Message) -> str:
    room = LONGEST_TEXT - len(message.link) - 1
    return f"{headline(message)[:room]} {message.link}"


def slack_text(message: Message) -> str:
    """Slack reads &, < and > as its own signs."""
    text = body(message)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
