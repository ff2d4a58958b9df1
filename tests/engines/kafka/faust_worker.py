"""One Faust worker around one processor: publish, snapshot, then acknowledge; any error ends the process.

usage: python -m tests.engines.kafka.faust_worker '{"broker": …}' (the fields of `Trial` as JSON)
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

import faust
import msgspec
from faust.types import TP, AgentT, EventT

from shared.block import Block
from shared.codec import decode, encode
from shared.failures import Corrupt
from tests.engines.kafka.running_volume import RunningVolume

CRASHED, STUCK = 70, 71
START_S = 120.0
"""How much longer than its patience a worker may take to join its group."""
LOOKS = 10
"""How often the guard looks while its patience lasts."""


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a worker reads, writes and keeps its snapshots, and the fault that it is to suffer."""

    broker: str
    group: str
    source: str
    sink: str
    store: str
    snapshot_every: int = 4
    patience_s: float = 30.0
    die_before_ack: int = 0
    """kill -9 between this snapshot's write and its acknowledgement, counted from 1."""
    freeze_at: int = 0
    """Hang for ever at the block with this number."""
    slow_s: float = 0.0
    """Time that each block takes."""


class Kept(msgspec.Struct, frozen=True):
    """A snapshot: the state after input block `seq`, and the last block that was given out."""

    seq: int
    given: int
    state: bytes


class Partition:
    """One partition's processor, its position, and the events that wait for the next snapshot."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.processor = RunningVolume()
        self.seq = self.given = 0
        self.waiting: list[EventT[bytes]] = []
        if file.is_file():
            kept = msgspec.msgpack.decode(file.read_bytes(), type=Kept)
            self.seq, self.given = kept.seq, kept.given
            self.processor.restore(kept.state)

    def step(self, block: Block) -> Block | None:
        """The numbered output of the next block; what is known already gives nothing, a gap is an error."""
        if block.seq <= self.seq:
            return None
        if block.prev_seq != self.seq:
            raise Corrupt(f"{block!r} follows #{block.prev_seq}, the last one here is #{self.seq}")
        outputs = [out.numbered(block.run, block.seq, self.given) for out in self.processor.handle(block)]
        self.seq = block.seq
        if not outputs:
            return None
        self.given = block.seq
        return outputs[0]

    def save(self) -> None:
        """Writes the snapshot, never over a newer one (a worker that lost the partition may live on)."""
        if self.file.is_file() and msgspec.msgpack.decode(self.file.read_bytes(), type=Kept).seq >= self.seq:
            return
        partial = self.file.with_suffix(f".{os.getpid()}")
        partial.write_bytes(msgspec.msgpack.encode(Kept(self.seq, self.given, self.processor.snapshot())))
        partial.replace(self.file)


class CrashOnly(faust.App):  # type: ignore[misc]
    """A restarted agent would go on behind the message that failed, so that the process ends instead."""

    async def _on_agent_error(self, agent: AgentT[bytes], exc: BaseException) -> None:
        print(f"crashed: {type(exc).__name__}: {exc}", flush=True)
        os._exit(CRASHED)


class Worker:
    """The Faust app and the partitions that it holds now."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.partitions: dict[int, Partition] = {}
        self.handled: dict[TP, int] = {}
        self.snapshots = 0
        self.left_s = trial.patience_s + START_S
        self.app = CrashOnly(
            trial.group,
            broker=f"aiokafka://{trial.broker}",
            store="memory://",
            datadir=Path(trial.store, f"faust-{os.getpid()}"),
            web_enabled=False,
            autodiscover=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            stream_wait_empty=False,
            broker_max_poll_records=500,
            broker_commit_interval=0.2,
            broker_session_timeout=6.0,
            broker_heartbeat_interval=1.0,
            consumer_auto_offset_reset="earliest",
        )
        raw = {"key_serializer": "raw", "value_serializer": "raw"}
        self.source = self.app.topic(trial.source, **raw)
        self.sink = self.app.topic(trial.sink, **raw)
        self.app.agent(self.source, concurrency=1)(self.work)
        self.app.on_partitions_assigned.connect(self.assigned)
        self.app.task(self.watch)

    async def work(self, stream: faust.Stream[bytes]) -> None:
        """Takes one event after another; acknowledgements are ours."""
        async for event in stream.noack().events():
            await self.take(event)

    async def take(self, event: EventT[bytes]) -> None:
        """Handles one block, publishes its output, and at times snapshots and acknowledges."""
        message = event.message
        partition = self.partitions.get(message.partition)
        if partition is None:
            partition = Partition(Path(self.trial.store, f"{message.partition}.snapshot"))
            self.partitions[message.partition] = partition
        block = decode(event.value)
        await self.suffer(block)
        out = partition.step(block)
        if out is not None:
            headers = {"seq": str(out.seq).encode()}
            await (await self.sink.send(partition=out.partition, value=encode(out), headers=headers))
        partition.waiting.append(event)
        if len(partition.waiting) >= self.trial.snapshot_every:
            self.acknowledge(partition)
        self.handled[message.tp] = message.offset
        self.moved()

    def acknowledge(self, partition: Partition) -> None:
        """Only what a durable snapshot holds is acknowledged."""
        partition.save()
        self.snapshots += 1
        if self.snapshots == self.trial.die_before_ack:
            os.kill(os.getpid(), signal.SIGKILL)
        for event in partition.waiting:
            event.ack()
        partition.waiting.clear()

    async def suffer(self, block: Block) -> None:
        """The faults of the trial."""
        if self.trial.slow_s:
            await asyncio.sleep(self.trial.slow_s)
        if block.seq == self.trial.freeze_at:
            await asyncio.Event().wait()

    async def assigned(self, app: faust.App, assigned: set[TP], **_: object) -> None:
        """Partitions came or went: memory may be behind, so that all start from their snapshots."""
        self.partitions.clear()
        self.moved()
        print(
            "assigned", *sorted(tp.partition for tp in assigned if tp.topic == self.trial.source), flush=True
        )

    async def watch(self) -> None:
        """Notes when there is nothing to do, so that only lag without progress counts as stuck."""
        while True:
            consumer = self.app.consumer
            behind = [tp for tp in consumer.assignment() if self.is_behind(tp)]
            if not behind:
                self.moved()
            await asyncio.sleep(self.trial.patience_s / LOOKS)

    def is_behind(self, tp: TP) -> bool:
        """Whether the broker holds blocks of this partition that were not handled here."""
        consumer = self.app.consumer
        done = max(self.handled.get(tp, -1) + 1, consumer._committed_offset.get(tp) or 0)
        return (consumer.highwater(tp) or 0) > done

    def moved(self) -> None:
        """Something went on, or there was nothing to do."""
        self.left_s = self.trial.patience_s

    def guard(self) -> None:
        """Ends a process that has work and makes no progress; a thread, because the loop may hang too.

        It counts its own looks, not the clock: while the machine let nobody here run, nobody was stuck.
        """
        while self.left_s > 0:
            time.sleep(self.trial.patience_s / LOOKS)
            self.left_s -= self.trial.patience_s / LOOKS
        print("stuck", flush=True)
        os._exit(STUCK)


def main(text: str) -> None:
    """Runs until it is stopped."""
    worker = Worker(msgspec.json.decode(text, type=Trial))
    threading.Thread(target=worker.guard, daemon=True).start()
    faust.Worker(worker.app, loglevel="warning", redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main(sys.argv[1])
