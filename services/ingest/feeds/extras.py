"""Libraries of vendors: nobody needs what they do not use, and who lacks one is told the mend."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from shared.failures import Refused


def wanted(module: str, extra: str) -> ModuleType:
    """The module, imported now; one line with the mend if it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise Refused(
            f"the {extra} source wants the package {name}, which is not installed; "
            f"pip install 'tapeline[{extra}]' mends it"
        ) from error
