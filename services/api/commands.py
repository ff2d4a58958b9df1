"""Commands of people become rows of `control`, durable before anyone hears of them."""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

import msgspec

from shared import codec
from shared.engine.bus import number
from shared.engine.plan import RunPlan
from shared.failures import Fenced, Refused
from shared.ids import text_hash
from shared.store.contract import AuditRow, Commit, Letter, Store
from shared.streams import CONTROL

STAGE: Final = "api"


class Command(enum.IntEnum):
    """What a control row asks for."""

    HALT = 1
    RESUME = 2
    NEW_MODEL = 4


class By(NamedTuple):
    """Who gives a command, when, and why."""

    actor: str
    now_ns: int
    why: str = ""


class Asked(NamedTuple):
    """A command, and the hash of what takes effect with it."""

    command: Command
    argument: int = 0


class Given(NamedTuple):
    """A command as it was written down: whom it reached, and when."""

    accounts: tuple[int, ...]
    time_ns: int


class Commands:
    """The one writer of `control`; the kill switch is one for the run, so each account of it is told."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._last: dict[int, tuple[int, int]] = {}
        self._epochs: dict[int, int] = {}

    def give(self, store: Store, command: Command, by: By) -> Given:
        """Sets the kill state and tells every account, all of them or none; off first, on last."""
        accounts = accounts_of(store, self._run)
        if command is Command.HALT:
            store.halt_trading(self._run)
        given = self._tell(store, Asked(command), accounts, by)
        if command is Command.RESUME:
            store.allow_trading(self._run)
        store.audit(self._row(f"risk.{command.name.lower()}", {"accounts": accounts, "why": by.why}, by))
        return given

    def announce(self, store: Store, model: int, by: By) -> Given:
        """Tells the run that the registry has moved a model, by the number that it has in predictions."""
        return self._tell(store, Asked(Command.NEW_MODEL, model), accounts_of(store, self._run), by)

    def _tell(self, store: Store, asked: Asked, accounts: tuple[int, ...], by: By) -> Given:
        try:
            letters = self._write(store, asked, accounts, by)
        except Fenced:
            self._epochs.clear()
            letters = self._write(store, asked, accounts, by)
        self._last |= {letter.partition: (letter.seq, letter.watermark_ns) for letter in letters}
        return Given(accounts, max(letter.watermark_ns for letter in letters))

    def _write(self, store: Store, asked: Asked, accounts: tuple[int, ...], by: By) -> list[Letter]:
        """One commit; somebody else may have given a command since our last one, and then has the leases."""
        for account in accounts:
            if account not in self._epochs:
                self._take(store, account)
        steps = [self._step(asked, account, by) for account in accounts]
        store.commit(self._run, [commit for _, commit in steps])
        return [letter for letter, _ in steps]

    def _row(self, action: str, told: dict[str, object], by: By) -> AuditRow:
        detail = msgspec.json.encode(told).decode()
        return AuditRow(run=self._run, time_ns=by.now_ns, actor=by.actor, action=action, detail=detail)

    def _step(self, asked: Asked, account: int, by: By) -> tuple[Letter, Commit]:
        before, until_ns = self._last[account]
        time_ns = max(by.now_ns, until_ns + 1)
        epoch = self._epochs[account]
        count = before & ((1 << 40) - 1) if before >> 40 == epoch else 0
        columns = {
            "event_time_ns": [time_ns],
            "account": [account],
            "command": [asked.command],
            "argument": [asked.argument],
            "actor": [text_hash(by.actor)],
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


def accounts_of(store: Store, run: str) -> tuple[int, ...]:
    """The accounts that this run trades, as its plan says, whatever anybody's settings name today."""
    row = store.run(run)
    if row is None:
        raise Refused(f"run {run} has not been opened, so there is nothing to command")
    return RunPlan.read(row.settings).accounts
