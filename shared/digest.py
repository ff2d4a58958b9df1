"""One number for a whole run: the same orders, fills and money give the same digest, however they came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from shared.block import Block, join


class PositionLine(NamedTuple):
    """What one owner holds of one instrument at the end."""

    account: int
    book: int
    strategy: int
    tag: int
    instrument: int
    lots: int
    cost: int
    realised: int
    fees: int


class CashLine(NamedTuple):
    """How much cash of one currency an account holds at the end."""

    account: int
    currency: int
    amount: int


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def ledger_digest(
    verdicts: Sequence[Block],
    orders: Sequence[Block],
    fills: Sequence[Block],
    positions: Iterable[PositionLine],
    cash: Iterable[CashLine],
) -> str:
    """The SHA-256 of everything that was decided, asked, done and owned, in canonical form."""
    digest = hashlib.sha256()
    for name, blocks in (("verdicts", verdicts), ("orders", orders), ("fills", fills)):
        _add_rows(digest, name, blocks)
    _add_lines(digest, "positions", positions)
    _add_lines(digest, "cash", cash)
    return digest.hexdigest()


def rows_digest(name: str, blocks: Sequence[Block]) -> str:
    """The SHA-256 of one stream's rows, to say where two runs part."""
    digest = hashlib.sha256()
    _add_rows(digest, name, blocks)
    return digest.hexdigest()


def _add_rows(digest: _Hash, name: str, blocks: Sequence[Block]) -> None:
    filled = [block for block in blocks if len(block)]
    rows = sum(len(block) for block in filled)
    digest.update(f"{name}:{rows}\n".encode())
    if not filled:
        return
    columns = _canonical(join(filled))
    for column, values in columns.items():
        digest.update(f"{column}:{values.dtype.str}\n".encode())
        digest.update(values.tobytes())


def _canonical(block: Block) -> dict[str, npt.NDArray[Any]]:
    """The columns that count, little-endian, rows sorted by the merge key and then by all the rest."""
    stream = block.stream
    counted = {c.name: _plain(block[c.name], c.numpy) for c in stream.columns if c.digest}
    rest = [name for name in counted if name not in stream.order and counted[name].ndim == 1]
    keys = [*(name for name in stream.order if name in counted), *rest]
    index = _order_of([counted[name] for name in keys], len(keys) - len(rest))
    return {name: values[index] for name, values in counted.items()}


def _order_of(keys: Sequence[npt.NDArray[Any]], first: int) -> npt.NDArray[np.intp]:
    """The rows sorted by all keys; where fewer tell all rows apart, only those are looked at."""
    for count in (first, first + 2):
        if 0 < count < len(keys):
            index = np.lexsort(keys[:count][::-1])
            if _rises([key[index] for key in keys[:count]]):
                return index
    return np.lexsort(keys[::-1])


def _rises(keys: Sequence[npt.NDArray[Any]]) -> bool:
    """Whether each row comes after the one before it by these keys alone, the first one counting most."""
    rises = np.zeros(max(len(keys[0]) - 1, 0), np.bool_)
    for key in reversed(keys):
        rises = (key[:-1] < key[1:]) | ((key[:-1] == key[1:]) & rises)
    return bool(rises.all())


def _plain(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The same numbers with one NaN and one zero, so that equal rows have equal bytes."""
    array = np.ascontiguousarray(values, dtype=dtype)
    if dtype.kind != "f":
        return array
    return np.where(np.isnan(array), np.nan, array + 0.0).astype(dtype)


def _add_lines(digest: _Hash, name: str, lines: Iterable[tuple[int, ...]]) -> None:
    texts = sorted(tuple(int(value) for value in line) for line in lines)
    digest.update(f"{name}:{len(texts)}\n".encode())
    for values in texts:
        digest.update((",".join(map(str, values)) + "\n").encode())
