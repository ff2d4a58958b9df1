"""Workers that make sets side by side, each a process: one that dies costs the set it had, and no other."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from research.training.sets import Begun, Done, Name
from shared.failures import BadInput, Corrupt, Refused
from shared.leash import tie_to_parent

Make = Callable[[Name], Done]
Begin = Callable[[], Make]
"""Makes what a worker needs once, and gives what it does with each name."""


@dataclass
class Worker:
    """A process, our end of its pipe, and the set that it has."""

    process: BaseProcess
    pipe: Connection
    name: Name | None = None


@dataclass
class Crew:
    """So many workers at most; who leaves is replaced while there is something to do."""

    begin: Begin
    size: int
    idle: list[Worker] = field(default_factory=list)
    busy: dict[Connection, Worker] = field(default_factory=dict)

    def make(self, names: Sequence[Name]) -> Generator[Begun | Done]:
        """Each set as it is begun and as it is done; no worker outlives this."""
        waiting = deque(names)
        try:
            while waiting or self.busy:
                while waiting and len(self.busy) < self.size:
                    name = waiting.popleft()
                    self._give(name)
                    yield Begun(name)
                for pipe in connection.wait(list(self.busy)):
                    assert isinstance(pipe, Connection)
                    yield self._taken(self.busy.pop(pipe))
        finally:
            self._dismiss()

    def _give(self, name: Name) -> None:
        worker = self.idle.pop() if self.idle else self._hire()
        worker.name = name
        self.busy[worker.pipe] = worker
        try:
            worker.pipe.send(name)
        except OSError:
            return  # it has died: its pipe has ended, which is found where answers are awaited

    def _taken(self, worker: Worker) -> Done:
        """The worker's answer, or why there will never be one."""
        name = worker.name
        assert name is not None
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            return Done(name, None, _lost(worker.process.exitcode), found=False)
        self.idle.append(worker)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Done)
        return answer

    def _hire(self) -> Worker:
        """Ctrl-C is ours to answer: a worker is born with that signal blocked, and ends when we do."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, os.getpid(), self.begin), daemon=True)
        resource_tracker.ensure_running()  # it starts with the first worker else, and unblocks the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return Worker(process, ours)

    def _dismiss(self) -> None:
        for worker in (*self.idle, *self.busy.values()):
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        self.idle.clear()
        self.busy.clear()


def _work(pipe: Connection, parent: int, begin: Begin) -> None:
    """A worker's life."""
    tie_to_parent()
    if os.getppid() != parent:
        return
    os.dup2(2, 1)  # libraries talk to stdout, which is for results alone
    try:
        make = begin()
    except (Refused, BadInput, Corrupt) as failure:
        pipe.recv()
        pipe.send(failure)
        return
    while True:
        try:
            name = pipe.recv()
        except EOFError:
            return
        pipe.send(make(name))


def _lost(code: int | None) -> str:
    """Why a worker is no more."""
    if code == -signal.SIGKILL:
        return "its worker was killed; where memory is short, fewer --jobs want less of it"
    if code is not None and code < 0:
        return f"its worker died of {signal.Signals(-code).name}"
    return f"its worker ended with code {code}; what it said stands above"
