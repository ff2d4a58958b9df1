"""Commands of people become rows of `control`, durable before anyone hears of them."""

from __future__ import annotations

import enum
from typing import Final

from shared import codec
from shared.engine.bus import number
from shared.failures import Fenced
from shared.ids import text_hash
from shared.store.contract import AuditRow, Commit, Letter, Store
from shared.streams import CONTROL

STAGE: Final = "api"


class Command(enum.IntEnum):
    """What a control row asks for."""

    HALT = 1
    RESUME = 2


class Commands:
    """The one writer of `control`: it holds a lease for each account that it has commanded."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._last: dict[int, tuple[int, int]] = {}
        self._epochs: dict[int, int] = {}

    def give(self, store: Store, command: Command, account: int, actor: str, now_ns: int) -> Letter:
        """Sets the kill state and writes row and letter; the letter is for whoever rings the bus."""
        if command is Command.HALT:
            store.halt_trading(self._run)
        try:
            letter = self._write(store, command, account, actor, now_ns)
        except Fenced:
            del self._epochs[account]
            letter = self._write(store, command, account, actor, now_ns)
        if command is Command.RESUME:
            store.allow_trading(self._run)
        self._last[account] = letter.seq, letter.watermark_ns
        store.audit(
            AuditRow(run=self._run, time_ns=now_ns, actor=actor, action=f"risk.{command.name.lower()}")
        )
        return letter

    def _write(self, store: Store, command: Command, account: int, actor: str, now_ns: int) -> Letter:
        """One commit; somebody else may have given a command since our last one, and then has the lease."""
        if account not in self._epochs:
            self._take(store, account)
        letter, commit = self._step(command, account, actor, now_ns)
        store.commit(self._run, [commit])
        return letter

    def _step(self, command: Command, account: int, actor: str, now_ns: int) -> tuple[Letter, Commit]:
        before, until_ns = self._last[account]
        time_ns = max(now_ns, until_ns + 1)
        epoch = self._epochs[account]
        count = before & ((1 << 40) - 1) if before >> 40 == epoch else 0
        columns = {
            "event_time_ns": [time_ns],
            "account": [account],
            "command": [command],
            "argument": [0],
            "actor": [text_hash(actor)],
        }
        block = CONTROL.block(columns, watermark_ns=time_ns, partition=account)
        block = block.numbered(self._run, number(epoch, count + 1), before)
        letter = Letter(
            stream=CONTROL.name,
            partition=account,
            seq=block.seq,
            prev_seq=block.prev_seq,
            watermark_ns=block.watermark_ns,
            payload=codec.encode(block),
        )
        commit = Commit(
            stage=STAGE, partition=account, epoch=epoch, seq=block.seq, outbox=(letter,), rows=(block,)
        )
        return letter, commit

    def _take(self, store: Store, account: int) -> None:
        """The lease first, then what an earlier holder has written."""
        self._epochs[account] = store.take_lease(self._run, f"{STAGE}:{account}", STAGE)
        stage = store.stage(self._run, STAGE, account)
        seq = stage.seq if stage else 0
        letters = list(store.outbox(self._run, CONTROL.name, account, seq - 1)) if seq else []
        self._last[account] = seq, max((letter.watermark_ns for letter in letters), default=0)
