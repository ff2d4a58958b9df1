"""Risk as a processor: fills, bars, predictions and commands in; verdicts, signals and orders out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.risk.config import RiskConfig
from services.risk.decision import decide
from services.risk.facts import take_bars, take_fills, take_predictions
from services.risk.splits import act
from services.risk.state import BOOK, HOLDING, Trading, open_desk
from shared.actions import rows_of
from shared.block import Block
from shared.failures import BadInput
from shared.kernels import readonly
from shared.kernels import warm as warm_kernels
from shared.market import Instrument, Instruments
from shared.streams import BARS, CONTROL, CORPORATE_ACTIONS, FILLS, ORDERS, PREDICTIONS, SIGNALS, VERDICTS
from shared.time import BEFORE_TAPE

FILL_COLUMNS: Final = ("instrument", "order_id", "leg", "side", "quantity", "price", "fee", "left")
BAR_COLUMNS: Final = ("instrument", "event_time_ns", "high", "low", "close")
PREDICTION_COLUMNS: Final = ("instrument", "event_time_ns", "model", "flags", "horizon_ns")
HALT, RESUME, NEW_LIMITS, NEW_MODEL = 1, 2, 3, 4
CLASSES: Final = 3
VERSION: Final = 1


class Saved(msgspec.Struct, frozen=True):
    """A snapshot: the records as they lie in memory, and whose they are."""

    version: int
    config: int
    watermark_ns: int
    book: bytes
    holdings: bytes


class RiskProcessor:
    """Decides for one account; a position is what fills say, never what an order hoped."""

    reads = (FILLS, BARS, PREDICTIONS, CONTROL, CORPORATE_ACTIONS)
    writes = (VERDICTS, SIGNALS, ORDERS)

    def __init__(
        self, config: RiskConfig, instruments: Instruments, account: int, trading: Trading = Trading.ON
    ) -> None:
        self.config, self.account = config, account
        self.universe = universe_of(config, instruments)
        self.slots = slots_of(self.universe)
        self.desk = open_desk(config, self.universe, account, trading)
        self._record, self._commanded = trading, Trading.ON
        self.watermark_ns = BEFORE_TAPE
        count = len(self.universe)
        self._pages = tuple(np.zeros(count, s.dtype) for s in (VERDICTS, SIGNALS, ORDERS))

    @property
    def trading(self) -> Trading:
        """Whether the kill switch lets this book trade."""
        return Trading(int(self.desk.book["trading"][0]))

    def handle(self, block: Block) -> Iterator[Block]:
        """Learns from any block; a block of predictions is what asks for a decision."""
        name = block.stream.name
        if name == PREDICTIONS.name:
            yield from self._predictions(block)
        elif name == BARS.name:
            self._bars(block)
        elif name == FILLS.name:
            self._fills(block)
        elif name == CONTROL.name:
            self._control(block)
        elif name == CORPORATE_ACTIONS.name:
            for row in rows_of(block):
                act(self.desk, self.slots, row)
        else:
            raise BadInput(
                f"risk reads fills, bars, predictions, control and corporate actions, this block is {name}"
            )

    def learn(self, bars: Block) -> None:
        """Takes closes from before the run: ranges are warm, and nothing of it is decided."""
        take_bars(self.desk, self.slots, tuple(readonly(bars[name]) for name in BAR_COLUMNS), 0, len(bars))
        self.desk.book["decided_ns"] = self.desk.book["close_ns"]

    def _fills(self, fills: Block) -> None:
        self._must_be_ours(fills)
        known = [0 <= i < len(self.slots) and self.slots[i] >= 0 for i in fills["instrument"].tolist()]
        if not all(known):
            strange = int(fills["instrument"][known.index(False)])
            raise BadInput(f"account {self.account} has a fill of instrument {strange}, outside its universe")
        if len(fills):
            take_fills(self.desk, self.slots, tuple(readonly(fills[name]) for name in FILL_COLUMNS))

    def _bars(self, bars: Block) -> None:
        if not len(bars):
            return
        self._must_be_one_close(bars)
        take_bars(self.desk, self.slots, tuple(readonly(bars[name]) for name in BAR_COLUMNS), 0, len(bars))

    def _predictions(self, rows: Block) -> Iterator[Block]:
        if len(rows):
            self._must_be_one_close(rows)
            chances = readonly(rows["probabilities"])
            if chances.shape[1] != CLASSES:
                raise BadInput(
                    f"predictions want sell, hold, buy; a row has {chances.shape[1]} probabilities"
                )
            columns = tuple(readonly(rows[name]) for name in PREDICTION_COLUMNS)
            take_predictions(self.desk, self.slots, columns, chances, 0, len(rows))
        book = self.desk.book[0]
        if book.decided_ns < book.close_ns <= rows.watermark_ns:
            count = decide(self.desk, *self._pages)
            yield from self._output((len(self.universe), count, count), rows.watermark_ns)
        elif rows.watermark_ns > self.watermark_ns:
            yield from self._output((0, 0, 0), rows.watermark_ns)

    def _output(self, counts: tuple[int, int, int], watermark_ns: int) -> Iterator[Block]:
        self.watermark_ns = watermark_ns
        for stream, page, count in zip(self.writes, self._pages, counts, strict=True):
            if count:
                yield stream.records(page[:count], watermark_ns=watermark_ns, partition=self.account)
            else:
                yield stream.empty(watermark_ns=watermark_ns, partition=self.account)

    def _control(self, commands: Block) -> None:
        self._must_be_ours(commands)
        for command, argument in zip(
            commands["command"].tolist(), commands["argument"].tolist(), strict=True
        ):
            self._commanded = self._obey(command, argument)
            if command == RESUME:
                self._record = Trading.ON
            self.desk.book["trading"] = int(max(self._record, self._commanded))

    def _obey(self, command: int, argument: int) -> Trading:
        """Halts on anything that it does not understand or cannot do while it runs."""
        if command == RESUME:
            return Trading.ON
        if command == NEW_MODEL or (command == NEW_LIMITS and argument == self.config.hash):
            return self._commanded
        return Trading.HALTED

    def _must_be_ours(self, block: Block) -> None:
        if len(block) and (block["account"] != self.account).any():
            found = sorted(set(block["account"].tolist()))
            raise BadInput(f"{block.stream.name} of account {self.account} wanted, found accounts {found}")

    def _must_be_one_close(self, block: Block) -> None:
        times = block["event_time_ns"]
        decided, open_close = (int(self.desk.book[name][0]) for name in ("decided_ns", "close_ns"))
        if times[0] != times[-1] or times[0] <= decided or (decided < open_close != times[0]):
            raise BadInput(
                f"{block.stream.name} want the rows of one undecided close, found {int(times[0])} to "
                f"{int(times[-1])} after {decided}"
            )

    def snapshot(self) -> bytes:
        """Cash, positions, ranges and what waits for the next decision."""
        book, holdings = self.desk.book.copy(), self.desk.holdings.tobytes()
        book["trading"] = int(self._commanded)
        return msgspec.msgpack.encode(
            Saved(VERSION, self.config.hash, self.watermark_ns, book.tobytes(), holdings)
        )

    def restore(self, state: bytes) -> None:
        """Continues where a twin stopped; a halt in the record holds whatever the twin believed."""
        saved = msgspec.msgpack.decode(state, type=Saved)
        if (saved.version, saved.config) != (VERSION, self.config.hash):
            raise BadInput(
                f"a book of version {VERSION} and limits {self.config.hash:016x} cannot take a snapshot "
                f"of version {saved.version} and limits {saved.config:016x}"
            )
        book, holdings = _records(saved.book, BOOK), _records(saved.holdings, HOLDING)
        if [row.instrument for row in self.universe] != holdings["instrument"].tolist():
            raise BadInput(f"the snapshot holds other instruments than the {len(self.universe)} of this book")
        self._commanded = Trading(int(book["trading"][0]))
        book["trading"] = int(max(self._record, self._commanded))
        self.desk = self.desk._replace(book=book, holdings=holdings)
        self.watermark_ns = saved.watermark_ns


def universe_of(config: RiskConfig, instruments: Instruments) -> list[Instrument]:
    """The instruments that the book decides on, in their order."""
    if not config.universe:
        return [row for row in instruments if row.currency == config.currency]
    unknown = [i for i in config.universe if i not in instruments]
    foreign = [i for i in config.universe if i not in unknown and instruments[i].currency != config.currency]
    if unknown or foreign:
        raise ValueError(f"universe: {unknown} are unknown, {foreign} are not quoted in {config.currency}")
    return [instruments[i] for i in sorted(config.universe)]


def slots_of(universe: list[Instrument]) -> npt.NDArray[Any]:
    """Which holding an instrument id is, -1 outside the universe."""
    ids = [row.instrument for row in universe]
    if min(ids, default=0) < 0 or max(ids, default=0) > 10_000_000:
        raise ValueError(f"instrument ids {min(ids)} to {max(ids)} are not within 0 and 10,000,000")
    slots = np.full(max(ids, default=0) + 1, -1, np.int64)
    slots[ids] = np.arange(len(ids))
    return slots


def _records(state: bytes, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.frombuffer(state, dtype).copy()


def warm() -> None:
    """Compiles risk's kernels, or loads them from the cache."""
    universe = [Instrument(instrument=1, symbol="WARM")]
    desk, slots = open_desk(RiskConfig(), universe, 0, Trading.ON), slots_of(universe)
    pages = tuple(np.zeros(1, stream.dtype) for stream in (VERDICTS, SIGNALS, ORDERS))
    chances = readonly(np.empty((0, CLASSES)))
    warm_kernels(
        [
            (decide, (desk, *pages)),
            (take_fills, (desk, slots, _columns(FILLS.dtype, FILL_COLUMNS))),
            (take_bars, (desk, slots, _columns(BARS.dtype, BAR_COLUMNS), 0, 0)),
            (take_predictions, (desk, slots, _columns(PREDICTIONS.dtype, PREDICTION_COLUMNS), chances, 0, 0)),
        ]
    )


def _columns(dtype: np.dtype[Any], names: tuple[str, ...]) -> tuple[npt.NDArray[Any], ...]:
    return tuple(readonly(np.empty(0, dtype[name])) for name in names)
