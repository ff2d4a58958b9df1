"""How a command ends: a result for people or machines, or one line and an exit code that means something."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from shared.failures import BadInput, Corrupt, Fenced, Refused, Unavailable, Wiped

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
BAD_CONFIG: Final = 3
UNREACHABLE: Final = 4
DATA_MISSING: Final = 5
REFUSED_BY_RISK: Final = 6
INTERRUPTED: Final = 130


class DataMissing(Refused):
    """What was asked for is not there."""


class Unreachable(Refused):
    """Something we depend on does not answer."""


class RefusedByRisk(Refused):
    """Risk says no."""


def code_of(failure: BaseException) -> int | None:
    """The exit code of a failure that deserves one line; None for a bug of ours."""
    from shared.config import BadConfig

    codes: tuple[tuple[type[BaseException], int], ...] = (
        (BadConfig, BAD_CONFIG),
        (DataMissing, DATA_MISSING),
        (Unreachable, UNREACHABLE),
        (RefusedByRisk, REFUSED_BY_RISK),
        (Unavailable, UNREACHABLE),
        (KeyboardInterrupt, INTERRUPTED),
        (Refused, FAILED),
        (BadInput, FAILED),
        (Fenced, FAILED),
        (Wiped, FAILED),
        (Corrupt, FAILED),
    )
    return next((code for kind, code in codes if isinstance(failure, kind)), None)


def give(result: object, *, as_json: bool, show: Callable[[], None]) -> None:
    """Prints JSON alone, or what people like to read."""
    if as_json:
        json.dump(result, sys.stdout, default=_plain, ensure_ascii=False, indent=None if _piped() else 2)
        sys.stdout.write("\n")
    else:
        show()


def complain(failure: BaseException) -> None:
    """One line a problem, on stderr."""
    text = str(failure) or "stopped"
    for line in text.splitlines():
        sys.stderr.write(f"tapeline: {line}\n")


def _piped() -> bool:
    return not sys.stdout.isatty()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    import msgspec

    return msgspec.to_builtins(value)
