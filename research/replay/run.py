"""A recorded tape through the whole line in strict mode, on an engine of your choice."""

from __future__ import annotations

from collections.abc import Callable

from research.replay.inprocess import replay_in_process
from research.replay.on_redis import replay_on_redis
from research.replay.options import ReplayOptions
from research.replay.result import ReplayResult
from shared.failures import Refused

ENGINES: dict[str, Callable[[ReplayOptions], ReplayResult]] = {
    "inprocess": replay_in_process,
    "redis": replay_on_redis,
}


def replay(options: ReplayOptions) -> ReplayResult:
    """Runs the tape and says what came of it."""
    engine = ENGINES.get(options.engine)
    if engine is None:
        raise Refused(f"no engine {options.engine!r}; there are {', '.join(ENGINES)}")
    return engine(options)
