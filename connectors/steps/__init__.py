"""The steps of mapping lines. Each kind is declared once, with its parameters."""

from connectors.steps.choices import Choose, Constant, Default, Lookup, Setting
from connectors.steps.functions import Function, call
from connectors.steps.links import LinkTo
from connectors.steps.numbers import Absolute, ToBoolean, ToDecimal, ToMoney, ToNumber, ToWhole
from connectors.steps.step import Here, Step
from connectors.steps.texts import Fit, Lower, ToText, Trim, Upper
from connectors.steps.times import FormatTime, ToTime

AnyStep = (
    Absolute
    | Choose
    | Constant
    | Default
    | Fit
    | FormatTime
    | Function
    | LinkTo
    | Lookup
    | Lower
    | Setting
    | ToBoolean
    | ToDecimal
    | ToMoney
    | ToNumber
    | ToText
    | ToTime
    | ToWhole
    | Trim
    | Upper
)

__all__ = [
    "Absolute",
    "AnyStep",
    "Choose",
    "Constant",
    "Default",
    "Fit",
    "FormatTime",
    "Function",
    "Here",
    "LinkTo",
    "Lookup",
    "Lower",
    "Setting",
    "Step",
    "ToBoolean",
    "ToDecimal",
    "ToMoney",
    "ToNumber",
    "ToText",
    "ToTime",
    "ToWhole",
    "Trim",
    "Upper",
    "call",
]
