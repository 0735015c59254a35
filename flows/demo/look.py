"""What the simulated systems show of themselves, read within seconds or not at all."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from flows.demo.breakage import Broken, read_fault
from flows.demo.remote import Remote, Row, SandboxAway, SandboxRefused

SECONDS = 4.0  # somebody waits for the page


@dataclass(frozen=True)
class Seen:
    """`away` says why nothing is known of it."""

    rows: list[Row] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    away: str = ""


def remote_of(slug: str, account: str) -> Remote:
    return Remote(slug, account, seconds=SECONDS)


def look_at(slug: str, account: str, *, with_rows: bool = True) -> Seen:
    remote = remote_of(slug, account)
    try:
        faults = [read_fault(one) for one in remote.look("faults")]
        rows = remote.look("ledger") if with_rows else []
    except SandboxAway:
        return Seen(
            away="It does not answer. «bin/demo» starts it; nothing here is lost meanwhile."
        )
    except (SandboxRefused, ValueError, KeyError, TypeError):
        return Seen(away="It answers, but not as a simulated system does. Is SANDBOX_URL right?")
    return Seen(rows, faults)


def look_at_all(accounts: Iterable[tuple[str, str]]) -> list[Seen]:
    """Of each what is broken there, all at once."""
    asked = list(accounts)
    if not asked:
        return []
    with ThreadPoolExecutor(min(8, len(asked))) as threads:
        return list(threads.map(lambda one: look_at(*one, with_rows=False), asked))
