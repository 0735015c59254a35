"""The step for what no other can say: a function of the connector's own."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from connectors.steps.step import Here, Step

_functions: dict[str, tuple[Callable[..., Any], bool]] = {}


class Function(Step, frozen=True, tag="function"):
    """A function of the connector, where a path cannot say it."""

    label, group = "Function of the connector", "Links"

    name: Annotated[str, Meta(title="Function", max_length=120)]
    arguments: Annotated[dict[str, Any], Meta(title="Arguments")] = {}
    takes_none: Annotated[bool, Meta(title="Also where there is no value")] = False  # type: ignore[misc]

    def check(self) -> None:
        """The connector must have been loaded, as `get_connector` does."""
        if self.name not in _functions:
            raise ValueError(f"calls «{self.name[:80]}», which no connector has")
        function, wants_context = _functions[self.name]
        given = {**self.arguments, "context": None} if wants_context else self.arguments
        try:
            inspect.signature(function).bind(None, **given)
        except TypeError as error:
            raise ValueError(f"gives «{self.name}» what it does not take: {error}") from error

    def apply(self, value: Any, here: Here) -> Any:
        known = _functions.get(self.name)
        if known is None:
            raise ValueError(f"cannot be given to «{self.name}», which no connector has")
        function, wants_context = known
        if wants_context:
            return function(value, here.context, **self.arguments)
        return function(value, **self.arguments)


def call(function: Callable[..., Any], *, takes_none: bool = False, **arguments: Any) -> Function:
    """The step that calls `function(value)`, or `function(value, context)` if it names it so.

    Its name as data is that of its folder, its module and its own, as «netsuite.records.address».
    """
    name = ".".join([*function.__module__.split(".")[-2:], function.__name__])
    wants_context = "context" in inspect.signature(function).parameters
    known = _functions.setdefault(name, (function, wants_context))
    if known[0] is not function:
        raise TypeError(f"Two functions are called {name}.")
    return Function(name, arguments, takes_none)
