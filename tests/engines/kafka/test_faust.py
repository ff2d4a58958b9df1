"""What the trial must show of Faust on a real Kafka broker: same log in, same rows out, whatever dies."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from shared.block import Block
from shared.codec import decode, encode
from shared.streams import TICKS
from tests.engines.kafka.log import Log
from tests.engines.kafka.running_volume import RunningVolume

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(1_200)]

PARTITIONS = 4
BLOCKS = 30
CRASHED, STUCK, KILLED = 70, 71, -signal.SIGKILL
PATIENCE_S = 240.0
"""When something that must come counts as lost: a busy machine takes a minute to start a worker."""
QUIET_S = 3.0
"""Without progress for so long a worker with work ends itself."""
NAMES = itertools.count(1)


def tape(blocks: int = BLOCKS) -> list[list[Block]]:
    """Numbered blocks of ticks for each partition; every fifth one only carries time, numbers skip."""
    return [list(partition_tape(partition, blocks)) for partition in range(PARTITIONS)]


def partition_tape(partition: int, blocks: int) -> Iterator[Block]:
    rng = np.random.default_rng(partition)
    seq = 0
    for index in range(1, blocks + 1):
        rows = 0 if index % 5 == 0 else int(rng.integers(1, 6))
        columns = {column.name: np.zeros(rows, column.numpy) for column in TICKS.columns}
        columns["event_time_ns"] = np.sort(rng.integers(index * 1000, index * 1000 + 900, rows))
        columns["instrument"] = (rng.integers(0, 3, rows) * PARTITIONS + partition).astype(np.int32)
        columns["kind"] = np.ones(rows, np.int8)
        columns["size"] = rng.integers(1, 100, rows)
        block = TICKS.block(columns, watermark_ns=index * 1000 + 950, partition=partition)
        prev, seq = seq, seq + 1 + index % 3
        yield block.numbered("trial", seq, prev)


def expected(blocks: list[Block]) -> list[bytes]:
    """What the processor gives when nothing is between it and the tape."""
    processor, last, payloads = RunningVolume(), 0, []
    for block in blocks:
        for out in processor.handle(block):
            payloads.append(encode(out.numbered(block.run, block.seq, last)))
            last = block.seq
    return payloads


def new_numbers(payloads: list[bytes]) -> list[bytes]:
    """What a reader keeps: it drops what is at or below the last number that it has, and checks the chain."""
    kept, last = [], 0
    for payload in payloads:
        block = decode(payload)
        if block.seq <= last:
            assert payload in kept, f"{block!r} came twice with other bytes"
            continue
        assert block.prev_seq == last, f"{block!r} leaves a gap after #{last}"
        kept.append(payload)
        last = block.seq
    return kept


class Desk:
    """A log in, a log out, and the workers between them."""

    def __init__(self, log: Log, folder: Path, faust_path: str, root: Path) -> None:
        self.log, self.folder, self.root = log, folder, root
        self.path = ":".join(part for part in (faust_path, str(root)) if part)
        self.name = f"trial-{time.monotonic_ns()}-{next(NAMES)}"
        self.source, self.sink = f"{self.name}.in", f"{self.name}.out"
        self.started: list[subprocess.Popen[str]] = []
        log.create((self.source, self.sink), PARTITIONS)

    def start(self, **fault: float) -> subprocess.Popen[str]:
        """Starts one more worker of the group."""
        places = {
            "broker": self.log.broker,
            "source": self.source,
            "sink": self.sink,
            "store": str(self.folder),
        }
        text = msgspec.json.encode({**places, "group": self.name, **fault}).decode()
        words = [sys.executable, "-m", "tests.engines.kafka.faust_worker", text]
        said = (self.folder / f"worker-{len(self.started)}.log").open("w")
        env = {"PYTHONPATH": self.path, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        worker = subprocess.Popen(words, cwd=self.root, env=env, stdout=said, stderr=said, text=True)
        said.close()
        self.started.append(worker)
        return worker

    def words(self, index: int) -> str:
        """Everything that a worker has said."""
        return (self.folder / f"worker-{index}.log").read_text()

    def partitions_of(self, index: int) -> list[str]:
        """What a worker was assigned last."""
        said = self.words(index).splitlines()
        lines = [line.partition("assigned")[2].split() for line in said if "assigned" in line]
        return lines[-1] if lines else []

    def publish(self, blocks: list[list[Block]]) -> None:
        """Writes each partition's blocks, in order."""
        self.log.publish(self.source, [[encode(block) for block in part] for part in blocks])

    def wait_for_rows(self, blocks: list[list[Block]]) -> list[list[bytes]]:
        """The log out, as soon as it holds the last expected block of every partition."""
        wanted = [expected(part)[-1] for part in blocks]
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends and any(worker.poll() is None for worker in self.started):
            found = self.log.read(self.sink, PARTITIONS)
            if all(last in part for last, part in zip(wanted, found, strict=True)):
                return found
            time.sleep(0.2)
        pytest.fail(
            "rows are missing; the workers said:\n" + "".join(map(self.words, range(len(self.started))))
        )

    def stop(self) -> None:
        """Ends every worker."""
        for worker in self.started:
            worker.kill()
            worker.wait()


@pytest.fixture
def desk(broker: str, faust_path: str, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Desk]:
    desk = Desk(Log(broker), tmp_path, faust_path, pytestconfig.rootpath)
    yield desk
    desk.stop()


def assert_same_rows(found: list[list[bytes]], blocks: list[list[Block]]) -> None:
    assert [new_numbers(part) for part in found] == [expected(part) for part in blocks]


def test_the_same_log_in_gives_the_same_rows_out(desk: Desk) -> None:
    blocks = tape()
    desk.publish(blocks)
    desk.start()
    found = desk.wait_for_rows(blocks)
    assert found == [expected(part) for part in blocks]


def test_a_kill_between_snapshot_and_acknowledgement_changes_no_row(desk: Desk) -> None:
    blocks = tape()
    desk.publish(blocks)
    assert desk.start(die_before_ack=5).wait(PATIENCE_S) == KILLED
    committed = desk.log.committed(desk.name, desk.source, PARTITIONS)
    assert sum(committed) <= 4 * 4
    desk.start()
    assert_same_rows(desk.wait_for_rows(blocks), blocks)


def test_a_kill_before_any_snapshot_repeats_the_same_bytes(desk: Desk) -> None:
    blocks = tape()
    desk.publish(blocks)
    first = desk.start(snapshot_every=1000, slow_s=0.02)
    while not any(desk.log.read(desk.sink, PARTITIONS)):
        assert first.poll() is None, desk.words(0)
    first.kill()
    desk.start()
    found = desk.wait_for_rows(blocks)
    assert sum(map(len, found)) > sum(len(expected(part)) for part in blocks), "nothing was published twice"
    assert_same_rows(found, blocks)


def test_a_second_worker_takes_partitions_over_and_back_without_a_gap(desk: Desk) -> None:
    blocks = tape(blocks=60)
    desk.publish(blocks)
    desk.start(slow_s=0.05)
    until(lambda: len(desk.partitions_of(0)) == PARTITIONS, desk)
    second = desk.start(slow_s=0.05)
    until(lambda: 0 < len(desk.partitions_of(1)) < PARTITIONS, desk)
    time.sleep(1.0)
    second.kill()
    until(lambda: len(desk.partitions_of(0)) == PARTITIONS, desk)
    assert_same_rows(desk.wait_for_rows(blocks), blocks)


def test_a_block_that_came_twice_is_dropped_by_its_number(desk: Desk) -> None:
    blocks = tape()
    desk.publish([[block for one in part for block in (one, one)] + part[:7] for part in blocks])
    desk.start()
    found = desk.wait_for_rows(blocks)
    assert found == [expected(part) for part in blocks]


def test_a_gap_ends_the_worker_and_is_never_acknowledged(desk: Desk) -> None:
    blocks = tape()
    desk.publish([part[:9] + part[10:] for part in blocks])
    assert desk.start(snapshot_every=1).wait(PATIENCE_S) == CRASHED
    assert "the last one here is #" in desk.words(0)
    assert desk.start(snapshot_every=1).wait(PATIENCE_S) == CRASHED
    assert max(desk.log.committed(desk.name, desk.source, PARTITIONS)) <= 9


def test_a_worker_that_makes_no_progress_ends_itself_and_an_idle_one_does_not(desk: Desk) -> None:
    blocks = tape()
    idle = desk.start(patience_s=QUIET_S)
    until(lambda: len(desk.partitions_of(0)) == PARTITIONS, desk)
    time.sleep(2 * QUIET_S)
    assert idle.poll() is None, desk.words(0)
    idle.kill()
    desk.publish(blocks)
    assert desk.start(patience_s=QUIET_S, freeze_at=blocks[0][10].seq).wait(PATIENCE_S) == STUCK
    desk.start()
    assert_same_rows(desk.wait_for_rows(blocks), blocks)


def until(holds: object, desk: Desk) -> None:
    assert callable(holds)
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        alive = any(worker.poll() is None for worker in desk.started)
        assert alive and time.monotonic() < ends, "\n".join(desk.words(i) for i in range(len(desk.started)))
        time.sleep(0.1)
