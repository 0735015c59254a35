"""The steps of mapping lines. Each kind is declared once, with its parameters."""

from connectors.steps.addresses import FitLines
from connectors.steps.choices import Calculate, Choose, Constant, Default, Lookup, Setting, When
from connectors.steps.currency import ConvertMoney, ToCurrency
from connectors.steps.functions import Function, call
from connectors.steps.links import LinkTo
from connectors.steps.names import FullName, NamePart
from connectors.steps.numbers import (
    Absolute,
    Round,
    ToBoolean,
    ToDecimal,
    ToMoney,
    ToNumber,
    ToWhole,
)
from connectors.steps.phones import ToPhone
from connectors.steps.pieces import Join, Split, Template
from connectors.steps.places import ToCountry, ToRegion
from connectors.steps.step import Here, Step
from connectors.steps.texts import (
    Fit,
    Lower,
    Pad,
    Replace,
    Slug,
    TitleCase,
    ToText,
    Trim,
    Upper,
)
from connectors.steps.times import FormatEpoch, FormatTime, ToTime
from connectors.steps.units import ConvertUnit

AnyStep = (
    Absolute
    | Calculate
    | Choose
    | Constant
    | ConvertMoney
    | ConvertUnit
    | Default
    | Fit
    | FitLines
    | FormatEpoch
    | FormatTime
    | FullName
    | Function
    | Join
    | LinkTo
    | Lookup
    | Lower
    | NamePart
    | Pad
    | Replace
    | Round
    | Setting
    | Slug
    | Split
    | Template
    | TitleCase
    | ToBoolean
    | ToCountry
    | ToCurrency
    | ToDecimal
    | ToMoney
    | ToNumber
    | ToPhone
    | ToRegion
    | ToText
    | ToTime
    | ToWhole
    | Trim
    | Upper
    | When
)

__all__ = [
    "Absolute",
    "AnyStep",
    "Calculate",
    "Choose",
    "Constant",
    "ConvertMoney",
    "ConvertUnit",
    "Default",
    "Fit",
    "FitLines",
    "FormatEpoch",
    "FormatTime",
    "FullName",
    "Function",
    "Here",
    "Join",
    "LinkTo",
    "Lookup",
    "Lower",
    "NamePart",
    "Pad",
    "Replace",
    "Round",
    "Setting",
    "Slug",
    "Split",
    "Step",
    "Template",
    "TitleCase",
    "ToBoolean",
    "ToCountry",
    "ToCurrency",
    "ToDecimal",
    "ToMoney",
    "ToNumber",
    "ToPhone",
    "ToRegion",
    "ToText",
    "ToTime",
    "ToWhole",
    "Trim",
    "Upper",
    "When",
    "call",
]
