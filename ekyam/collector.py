"""The garbage collector, kept from what stays for as long as the process does."""

import gc
from pathlib import Path

from django.template.engine import Engine
from django.template.loader import get_template
from django.urls import get_resolver

MANY = 50_000  # objects, which a full collection looks at within some 20 ms


def spare_what_stays() -> None:
    """Put all that is loaded by now out of the collector's sight.

    A full collection looks at each of some 200,000 objects of code and holds every thread for
    150 ms meanwhile; after this it looks at what requests and tasks have made alone.
    """
    gc.collect()
    gc.freeze()
    gc.callbacks.append(_spare_more)


def _spare_more(phase: str, info: dict[str, int]) -> None:
    """What is loaded by and by, such as forms and the document of the API, stays as well.

    A full collection has just taken all garbage away. It happens often while little is in sight:
    so only much is spared, lest what is at work at the moment be kept for ever.
    """
    if phase == "stop" and info["generation"] == 2 and len(gc.get_objects(generation=2)) > MANY:
        gc.freeze()


def load_pages() -> None:
    """All addresses with what stands behind them, and every page of ours: nobody waits for one to
    be read, and they are among what stays."""
    _ = get_resolver().url_patterns
    for folder in Engine.get_default().dirs:
        for one in Path(folder).rglob("*.html"):
            get_template(str(one.relative_to(folder)))
