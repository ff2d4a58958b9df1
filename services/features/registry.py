"""What a feature is: one update, its parameters, and what the documentation says of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.features.row import Op, Row
from shared.facts import Field
from shared.failures import Refused

Update = Callable[[Row, Op], None]
Size = Callable[..., int]
Warm = Callable[..., int | tuple[int, ...]]
SPELLING: Final = re.compile(r"([a-z]+\d?(?:_[a-z]+)*)((?:_\d+(?:\.\d+)?)*)(?:\.([a-z]+(?:_[a-z]+)*))?")
SUBJECTS: Final = ("market", "sector", "vix")
"""Series of `facts` on which a feature may be asked for as `market.return_20`."""
CALL: Final = re.compile(r"([a-z_]+\d?)\(([\d., ]*)\)((?:\.[a-z_]+)?)")
WHOLE_HISTORY: Final = None
"""A feature that never forgets: its value depends on where its history starts."""


NEXT_SESSION: Final = -1
"""A feature that forgets when a session starts."""


class Parameter(NamedTuple):
    """A number that a feature can be asked for with, and the range it may lie in."""

    name: str
    default: float
    low: float
    high: float
    whole: bool = True


def bars(default: int, name: str = "bars", low: int = 2, high: int = 2_000) -> Parameter:
    """A number of bars."""
    return Parameter(name, default, low, high)


def number(name: str, default: float, low: float, high: float) -> Parameter:
    """A number that need not be whole."""
    return Parameter(name, default, low, high, whole=False)


def nothing(*_: float) -> int:
    """No places, or no bars."""
    return 0


def next_session(*_: float) -> int:
    """Forgets when a session starts."""
    return NEXT_SESSION


def at_once(*_: float) -> int:
    """From the first bar on."""
    return 1


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One line of the registry; sizes and bars are functions of the parameters.

    A feature's state starts with a note of each of the `fields` that it listens to; one with `peers` looks
    at the market and the sector beside the bar.
    """

    name: str
    update: Update
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[str, ...] = ("",)
    formula: str
    unit: str
    warm: Warm = at_once
    forgets: Size | None = nothing
    state: Size = nothing
    reach: Size = at_once
    fields: tuple[Field, ...] = ()
    peers: bool = False

    @property
    def needs_facts(self) -> bool:
        """Whether bars alone do not suffice."""
        return self.peers or bool(self.fields)

    def warm_up(self, values: tuple[float, ...], output: str) -> int:
        """Bars until an output has a value."""
        found = self.warm(*values)
        return found if isinstance(found, int) else found[self.outputs.index(output)]

    def settled(self, values: tuple[float, ...], output: str) -> int | None:
        """Bars after which an output no longer depends on where its history started, to nine digits.

        None if it always does, `NEXT_SESSION` if a new session makes it forget.
        """
        if self.forgets is None:
            return None
        bars_ = self.forgets(*values)
        return bars_ if bars_ == NEXT_SESSION else max(self.warm_up(values, output), bars_)


class Choice(NamedTuple):
    """An output of a feature with its parameters, by its one spelling, and of which series if not its own."""

    feature: Feature
    values: tuple[float, ...]
    output: str
    subject: str = ""

    @property
    def name(self) -> str:
        """`macd_12_26_9.signal`: no sign that a file of values or a model's text would have to quote."""
        said = "".join(f"_{value}" if isinstance(value, int) else f"_{value:g}" for value in self.values)
        named = f"{self.feature.name}{said}{'.' if self.output else ''}{self.output}"
        return f"{self.subject}.{named}" if self.subject else named


def choose_of_series(text: str, known: dict[str, Feature]) -> Choice:
    """Reads `market.rsi_14`: a feature of the market's, the sector's or the VIX's own series."""
    subject, _, named = text.strip().partition(".")
    return choose(named, known)._replace(subject=subject)


def choose(text: str, known: dict[str, Feature]) -> Choice:
    """Reads `rsi_14`, `rsi(14)`, or `rsi` with what is usual; what makes no sense is refused."""
    called = CALL.fullmatch(text.strip())
    if called:
        name, given, output = called.groups()
        text = "_".join([name, *re.split(r"[, ]+", given.strip())]).rstrip("_") + output
    found = SPELLING.fullmatch(text.strip())
    if not found or found[1] not in known:
        raise Refused(f"features must be known and named once, found {text}")
    feature = known[found[1]]
    output = found[3] or feature.outputs[0]
    if output not in feature.outputs:
        raise Refused(f"{feature.name} gives {', '.join(feature.outputs)}, found {text}")
    return Choice(feature, _values(feature, [float(part) for part in found[2].split("_")[1:]], text), output)


def _values(feature: Feature, given: list[float], text: str) -> tuple[float, ...]:
    """The given parameters and the usual rest, each within its range, whole ones as integers."""
    wanted = feature.parameters
    if len(given) > len(wanted):
        names = ", ".join(parameter.name for parameter in wanted) or "no parameters"
        raise Refused(f"{feature.name} takes {names}, found {text}")
    values = (*given, *(parameter.default for parameter in wanted[len(given) :]))
    for value, parameter in zip(values, wanted, strict=True):
        low, high = parameter.low, parameter.high
        if not low <= value <= high or (parameter.whole and value != int(value)):
            kind = "whole " if parameter.whole else ""
            raise Refused(
                f"{text}: {parameter.name} is a {kind}number from {low:g} to {high:g}, found {value:g}"
            )
    return tuple(
        int(value) if parameter.whole else value for value, parameter in zip(values, wanted, strict=True)
    )
