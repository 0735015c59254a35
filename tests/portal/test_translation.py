"""Every word of a page stands inside `translate` or `blocktranslate`, or goes there by `_("…")`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, Token, TokenType

ROOT = Path(settings.BASE_DIR) / "templates"
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))

# What no language says in another way: products, formats, keys, and the names of a protocol.
NAMES = {
    *("Ekyam", "Shopify", "NetSuite", "Whiplash", "Slack", "Valkey"),
    *("Okta", "Microsoft Entra ID", "Google Workspace", "PingOne"),
    *("API", "CSV", "JSON", "YAML", "OpenAPI", "SAML", "OAuth", "SCIM", "URL", "ms"),
    *("Ctrl", "Esc", "Enter", "client_id", "client_secret", "webhook-id"),
    "is-wide",  # a class, which a page hands to its frame as a block
    "record.total > 500 &amp;&amp; record.currency == 'INR'",  # the language of rules
}

# One character that is no letter stands for what the template puts there.
PUT = "\N{REPLACEMENT CHARACTER}"
WORD = re.compile(r"[^\W\d_]{2,}")
ENTITY = re.compile(r"&#?\w+;")
ADDRESS = re.compile(r"(?:\b[A-Z]+ )?\bhttps?://\S+")
COMMENT = re.compile(r"<!--.*?-->|<!doctype[^>]*>", re.DOTALL | re.IGNORECASE)
# Drawings and scripts have no words of ours; what is pressed or typed is the same everywhere.
UNSPOKEN = re.compile(r"<(script|style|kbd|code)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"""</?[a-z][^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*>""", re.IGNORECASE)
SPOKEN = re.compile(
    r"""(?<=\s)(?:aria-label|placeholder|title|alt|data-none|data-all|data-ticked|data-say-\w+)"""
    r"""=(?:"([^"]*)"|'([^']*)')"""
)
# Blocks whose inside is said elsewhere: to the translators, or to nobody.
SILENT = {"comment", "blocktranslate", "blocktrans"}
LITERAL = r"""("[^"]*"|'[^']*')"""
GIVEN = re.compile(
    rf"\b(?:title|text|label|link_label|crumb_label|answer|submit|first|further|caption)={LITERAL}"
)
FILTERED = re.compile(rf"\|(?:default|default_if_none|add|yesno|pluralize):{LITERAL}")
# A sentence that is put together of halves cannot be said in another order; «bulk_» is a name.
JOINED = re.compile(r"""((?:_\()?"[^"]*[^"_]"\)?)\|add:""")
SECOND = re.compile(rf"^(?:chip|when|nav_link)\s+\S+\s+{LITERAL}")
# What an attribute or an address is made of, and not what it says.
VALUES = {"true,false", "off,on", "one-time-code", "/oauth/token"}


def unmarked(text: str) -> Iterator[tuple[int, str]]:
    """Line and words of all that a template says by itself."""
    bare, faults = "", []
    inside = ""
    for token in Lexer(text).tokenize():
        name = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if inside:
            inside = "" if name == f"end{inside}" else inside
            bare += PUT + "\n" * token.contents.count("\n")
        elif token.token_type == TokenType.TEXT:
            bare += token.contents
        else:
            inside = name if name in SILENT else ""
            faults += [(token.lineno or 0, words) for words in _literals(token)]
            bare += PUT
    yield from sorted([*faults, *_texts(bare)])


def _literals(token: Token) -> Iterator[str]:
    """What a tag or a filter is given to say; `_("…")` is let pass, unless more is joined to it."""
    found = [*GIVEN.findall(token.contents), *FILTERED.findall(token.contents)]
    found += [*SECOND.findall(token.contents), *JOINED.findall(token.contents)]
    for literal in found:
        if literal[1:-1] not in VALUES and _has_words(literal):
            yield literal


def _texts(bare: str) -> Iterator[tuple[int, str]]:
    bare = UNSPOKEN.sub(_lines, COMMENT.sub(_lines, bare))
    for tag in TAG.finditer(bare):
        for spoken in SPOKEN.finditer(tag[0]):
            if _has_words(spoken[0].partition("=")[2]):
                yield bare.count("\n", 0, tag.start() + spoken.start()) + 1, spoken[0]
    between = TAG.sub(lambda tag: _lines(tag) + "\0", bare)
    for text in re.finditer(r"[^\0]+", between):
        if _has_words(text[0]):
            first = WORD.search(text[0])
            start = text.start() + (first.start() if first else 0)
            yield between.count("\n", 0, start) + 1, " ".join(text[0].split())


def _lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _has_words(text: str) -> bool:
    for name in NAMES:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)
    return bool(WORD.search(ENTITY.sub("", ADDRESS.sub("", text))))


@pytest.mark.parametrize("page", PAGES)
def test_it_can_be_translated(page: str) -> None:
    found = unmarked((ROOT / page).read_text())
    assert [f"templates/{page}:{line}: {words}" for line, words in found] == []


SAYS = [
    ("<p>Orders</p>", 1),
    ("<p>\n{{ count }} of\n<b>{{ all }}</b></p>", 2),
    ("{% block title %}Orders{% endblock %}", 1),
    ("{% if one %}\n{% else %}\n<i class='a'>none</i>{% endif %}", 3),
    ('<a\n class="x"\n title="Go {{ there }}">{{ one }}</a>', 3),
    ("<input {% if x %}checked{% endif %} placeholder='Find'>", 1),
    ("{% comment %}of\nno matter{% endcomment %}<p>Matter</p>", 2),
    ("{% blocktranslate %}of\nmatter{% endblocktranslate %} and this", 2),
    ('{% include "a.html" with rows=rows title="Orders" %}', 1),
    ("{% include 'a.html' with link_label='See them' %}", 1),
    ('{% with title="Orders" %}{{ title }}{% endwith %}', 1),
    ('{{ name|default:"nobody" }}', 1),
    ('{{ count|pluralize:"y,ies" }}', 1),
    ('{% with line="Order "|add:number %}{{ line }}{% endwith %}', 1),
    ('{% include "a.html" with title=_("Order ")|add:number %}', 1),
    ('{% chip "off" "Not yet" %}', 1),
    ('{% when at "not yet" %}', 1),
    ('<a data-all="All of it">{{ one }}</a>', 1),
]


@pytest.mark.parametrize(("text", "line"), SAYS)
def test_it_finds_words(text: str, line: int) -> None:
    assert [found for found, _ in unmarked(text)] == [line]


SILENCE = [
    '<p>{% translate "Orders" %}</p>',
    "<p title=\"{% translate 'Orders' %}\">{{ one }} {{ two }}, 5 x 3 &nbsp; &amp;</p>",
    "{% blocktranslate count n=n %}{{ n }} order{% plural %}{{ n }} orders{% endblocktranslate %}",
    '{% include "a.html" with title=_("Orders") rows=rows name="orders" %}',
    '{{ name|default:_("nobody") }}{{ rows|join:", " }}{{ at|date:"H:i" }}{{ a|add:"-10" }}',
    '{% chip "off" %}{% chip "off" _("Not yet") %}{% url "orders" as above %}',
    '<a class="button" href="{% url "orders" %}" data-do="undo" {% if x %}disabled{% endif %}></a>',
    "{# why #}{% comment %}why{% endcomment %}<!-- why --><!doctype html>",
    "<kbd>Ctrl</kbd> <code>total</code> <a>CSV</a> <b>Ekyam</b>",
    '{% with state="bulk_"|add:act.state %}{% chip state %}{% endwith %}',
    '{% include "a.html" with title="POST https://erp.example/orders" %}',
    '<script type="module">go()</script>',
]


@pytest.mark.parametrize("text", SILENCE)
def test_it_lets_pass_what_says_nothing(text: str) -> None:
    assert list(unmarked(text)) == []
