"""What the kinds of steps declare of themselves is whole, and the page about them is of today."""

from typing import get_args

from connectors.steps import AnyStep
from connectors.steps.document import as_markdown
from connectors.steps.kinds import get_kind, kinds
from tests.architecture import ROOT


def test_it_knows_every_kind_once() -> None:
    names = [kind.name for kind in kinds()]
    assert len(names) == len(set(names)) == len(get_args(AnyStep))


def test_it_has_words_for_everything() -> None:
    for kind in kinds():
        assert kind.about.endswith("."), kind.name
        assert kind.label and kind.group
        for parameter in kind.parameters:
            assert parameter.label[0].isupper() or parameter.label.startswith("or "), kind.name
            assert parameter.label != parameter.name


def test_it_derives_parameters_from_the_fields() -> None:
    fit = get_kind("fit")
    assert fit is not None
    length, count = fit.parameters
    assert (length.type, length.required, length.least, length.most) == ("whole", True, 1, 100_000)
    assert (count.type, count.default) == ("choice", "characters")
    assert set(count.choices) == {"characters", "bytes"}
    when = get_kind("when")
    assert when is not None
    assert [one.type for one in when.parameters] == ["expression", "value", "value"]


def test_it_has_a_page_of_today() -> None:
    """python -m connectors.steps.document > docs/steps.md"""
    assert (ROOT / "docs" / "steps.md").read_text() == as_markdown()
