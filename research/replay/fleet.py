"""The processes of one run: started, watched, started again when they die, and killed on request."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO

from shared import leash
from shared.failures import Refused

LINE = ("ingest", "features", "inference", "risk", "execution", "venue", "ledger")
"""The services of a replay, in the order of the line."""
MOST_RESTARTS = 200
USER_MISTAKE = 3
PATIENCE_S = 5.0


@dataclass(frozen=True)
class Post:
    """One place in the fleet: a service, and which of its workers."""

    service: str
    worker: int
    workers: int

    @property
    def name(self) -> str:
        """How logs and people call it."""
        return f"{self.service}-{self.worker}" if self.workers > 1 else self.service


def own_program(post: Post) -> Sequence[str]:
    """The module of a post's service, as production runs it."""
    return (f"services.{post.service}",)


class Fleet:
    """Child processes, one a post; each is `python -m services.<service>` unless a bench looks inside."""

    def __init__(
        self,
        posts: list[Post],
        environment: Mapping[str, str],
        logs: Path,
        program: Callable[[Post], Sequence[str]] = own_program,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._posts = posts
        self._program = program
        self._environment = dict(environment)
        self._logs = logs
        self._children: dict[Post, subprocess.Popen[bytes]] = {}
        self._files: dict[Post, IO[bytes]] = {}
        self.kills: dict[str, int] = {}
        self.restarts = 0

    def pids(self) -> dict[str, int]:
        """The processes that were started, by the names of their posts."""
        return {post.name: child.pid for post, child in self._children.items()}

    def start(self, last: str = "") -> None:
        """Starts every post that does not run yet, but for those of a service that comes last."""
        for post in self._posts:
            if post not in self._children and post.service != last:
                self._spawn(post)

    def tend(self) -> None:
        """Starts again what has died; a user's mistake or too many deaths end the run."""
        for post, child in list(self._children.items()):
            code = child.poll()
            if code is None:
                continue
            self.restarts += 1
            if code == USER_MISTAKE or self.restarts > MOST_RESTARTS:
                raise Refused(f"{post.name} ended with code {code}: {self._last_line(post)}")
            self._spawn(post)

    def kill(self, service: str, random: Random) -> str:
        """Kills one process without warning, of this service or of any."""
        among = [post for post in self._posts if service in ("any", post.service)]
        if not among:
            raise Refused(f"no service {service!r} to kill; there are {', '.join(LINE)} and any")
        post = random.choice(among)
        self._children[post].send_signal(signal.SIGKILL)
        self._children[post].wait()
        self.kills[post.service] = self.kills.get(post.service, 0) + 1
        return post.name

    def last_words(self) -> str:
        """The last line that each post has logged, and whether it runs."""
        told = (
            (post, "runs" if child.poll() is None else "is gone") for post, child in self._children.items()
        )
        return "; ".join(f"{post.name} {how}: {self._last_line(post)}" for post, how in told)

    def stop(self) -> None:
        """Asks every process to go, and makes those go that do not."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        for child in self._children.values():
            leash.stop(child, signal.SIGTERM, PATIENCE_S)
        for file in self._files.values():
            file.close()

    def _spawn(self, post: Post) -> None:
        file = self._files.get(post)
        if file is None:
            file = self._files[post] = (self._logs / f"{post.name}.log").open("ab")
        share = {"TAPELINE_WORKER__INDEX": str(post.worker), "TAPELINE_WORKER__COUNT": str(post.workers)}
        words = (sys.executable, "-m", *self._program(post))
        self._children[post] = leash.start(leash.Errand(words, {**self._environment, **share}, output=file))

    def _last_line(self, post: Post) -> str:
        lines = (self._logs / f"{post.name}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def posts_for(workers: int, accounts: int) -> list[Post]:
    """One worker a stage, or several for what scales by instrument and one an account for the rest."""
    shares = {"ingest": 1, "features": workers, "inference": workers}
    return [
        Post(service, worker, count)
        for service in LINE
        for count in [shares.get(service, min(workers, accounts))]
        for worker in range(count)
    ]
