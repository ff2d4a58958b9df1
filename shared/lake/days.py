"""A stream of the lake in its order, without ever holding more than the files of a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from shared.block import Block, join
from shared.failures import Refused
from shared.lake.folders import files_of
from shared.lake.parquet import read_file
from shared.stream import Stream
from shared.time import BEFORE_TAPE, END_OF_TAPE

PREFIX = "day="


def read_days(
    lake: Path, stream: Stream, told: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Block]:
    """The rows of `read_stream` in the same order, a block for each day that has files.

    A file holds nothing from before its day, so that what lies before the next day's files is complete.
    """
    files = files_of(lake, stream)
    if not files:
        raise Refused(f"{lake} holds no {stream.name}: record some, or write history first")
    days = [(day, list(paths)) for day, paths in groupby(files, key=lambda path: path.parent.parent.name)]
    starts_ns = [_start_ns(day) for day, _ in days[1:]] + [END_OF_TAPE]
    done, total = 0, sum(path.stat().st_size for path in files)
    rest = stream.empty(watermark_ns=BEFORE_TAPE)
    for (_, paths), next_ns in zip(days, starts_ns, strict=True):
        rows = join([rest, *(read_file(stream, path) for path in paths)]).sorted()
        known = int(np.searchsorted(rows["event_time_ns"], next_ns))
        rest = rows.take(np.arange(known, len(rows)))
        done += sum(path.stat().st_size for path in paths)
        yield rows.rows(0, known).until(int(rows["event_time_ns"][known - 1]) if known else BEFORE_TAPE)
        told(done, total)


def _start_ns(day: str) -> int:
    return int(np.datetime64(day.removeprefix(PREFIX), "ns").astype(np.int64))


def span_of(lake: Path, stream: Stream) -> tuple[int, int]:
    """The first and last time of a lake's rows, by what its files say of themselves."""
    import pyarrow.parquet as pq

    lows, highs = list[int](), list[int]()
    for path in files_of(lake, stream):
        about = pq.read_metadata(path)
        place = about.schema.names.index("event_time_ns")
        for group in range(about.num_row_groups):
            found = about.row_group(group).column(place).statistics
            lows.append(int(found.min))
            highs.append(int(found.max))
    if not lows:
        raise Refused(f"{lake} holds no {stream.name}: record some, or write history first")
    return min(lows), max(highs)
