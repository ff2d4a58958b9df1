"""The desk from its first check to its last breath: servers, preparation, services, one screen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from shared.config import Loaded
from shared.failures import Refused
from tapeline.desk.checks import checks
from tapeline.desk.child import Plan
from tapeline.desk.opening import key_to_show
from tapeline.desk.prepare import STEPS, Step, prepare
from tapeline.desk.screen import Screen
from tapeline.desk.services import free_ports, plans, surroundings
from tapeline.desk.state import DeskLock, DeskState, ServiceState, forget_state, write_state
from tapeline.desk.supervisor import Supervisor
from tapeline.desk.trading import TradingReader
from tapeline.servers.cluster import prepared
from tapeline.servers.postgres import Postgres
from tapeline.servers.redis import MEND, Redis, find_redis
from tapeline.servers.sockets import make_socket_folder, remove_socket_folder, socket_folder

LOOK_EVERY_S: Final = 0.1


@dataclass(frozen=True)
class Order:
    """What the user asked for: where, with which settings, and which of them were flags."""

    data: Path
    loaded: Loaded
    flags: Mapping[str, object]
    environ: Mapping[str, str]
    headless: bool
    steps: Sequence[Step] = STEPS
    first_key: Callable[[str, Path, str], str | None] = key_to_show
    plan: Callable[[Mapping[str, str], Mapping[str, object]], tuple[Plan, ...]] = plans


class Servers:
    """The servers of a desk: ours where no address was given."""

    def __init__(self, order: Order, sockets: Path, logs: Path) -> None:
        settings = order.loaded.settings
        self._environ = order.environ
        self.postgres = None if settings.db else Postgres(prepared(order.data, order.environ), sockets, logs)
        self.redis = None if settings.bus else Redis(_redis_program(order.environ), sockets, logs)
        self.bus = settings.bus or (self.redis.url if self.redis else "")
        self.db = settings.db or (self.postgres.url if self.postgres else "")

    def start(self) -> None:
        """Starts ours."""
        if self.postgres is not None:
            self.postgres.start()
        if self.redis is not None:
            self.redis.start(self._environ)

    def look(self) -> str:
        """Starts again what died; services wait for it and rebuild what it forgot."""
        if self.redis is not None and not self.redis.alive():
            self.redis.start(self._environ)
            return "redis had died and runs again, empty"
        if self.postgres is not None and not self.postgres.alive():
            self.postgres.start()
            return "postgres had died and runs again"
        return ""

    def stop(self) -> None:
        """Stops ours."""
        if self.redis is not None:
            self.redis.stop()
        if self.postgres is not None:
            self.postgres.stop()


def run(order: Order, console: Console) -> None:
    """Runs a desk until Ctrl-C or SIGTERM; nothing of it is left when this returns."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    refuse_if_unfit(order)
    order.data.mkdir(parents=True, exist_ok=True)
    logs = order.data / "logs"
    logs.mkdir(exist_ok=True)
    sockets = socket_folder(order.data, order.environ)
    with ExitStack() as undo:
        lock = DeskLock(order.data)
        lock.take()
        undo.callback(lock.give_back)
        undo.callback(remove_socket_folder, sockets)
        make_socket_folder(sockets)
        servers = Servers(order, sockets, logs)
        undo.callback(servers.stop)
        servers.start()
        console.print(f"[green]✓[/] servers  [dim]{_what_serves(servers)}[/]", highlight=False)
        told = _told(order, servers)
        prepare(order.steps, surroundings(order.environ, told), logs, console)
        gateway = f"http://{order.loaded.settings.api.host}:{told['api.port']}"
        _announce(order, servers, gateway, console)
        supervisor = Supervisor(order.plan(order.environ, told), logs)
        undo.callback(forget_state, order.data)
        undo.callback(supervisor.stop)
        undo.callback(_be_deaf)
        supervisor.start()
        screen = Screen(supervisor, TradingReader(servers.db, order.loaded.settings.run), gateway, console)
        _watch(order, servers, supervisor, screen)


def _announce(order: Order, servers: Servers, gateway: str, console: Console) -> None:
    """The gateway's address, and its first key if this is the first start."""
    key = order.first_key(servers.db, order.data, order.loaded.settings.api.key)
    shown = f"  key [bold]{key}[/] [dim](shown only now)[/]" if key else ""
    console.print(f"[green]✓[/] gateway  {gateway}{shown}", soft_wrap=True)


def refuse_if_unfit(order: Order) -> None:
    """Every check that fails, all in one answer."""
    found = checks(order.data, order.loaded.settings, order.environ, own_port=False)
    unfit = [check.refusal() for check in found if not check.good]
    if unfit:
        raise Refused("\n".join(unfit))


def _watch(order: Order, servers: Servers, supervisor: Supervisor, screen: Screen) -> None:
    """The loop: ends with the KeyboardInterrupt of a Ctrl-C or a SIGTERM."""
    empty = _state(order, servers, screen.gateway)
    seen: DeskState | None = None
    with screen.shown(order.headless):
        try:
            while True:
                for line in (*supervisor.look(), servers.look()):
                    screen.say(line)
                now = msgspec.structs.replace(empty, services=_service_states(supervisor))
                if now != seen:
                    write_state(order.data, now)
                    seen = now
                screen.refresh()
                time.sleep(LOOK_EVERY_S)
        except KeyboardInterrupt:
            _be_deaf()
            screen.say("stopping")


def _state(order: Order, servers: Servers, gateway: str) -> DeskState:
    return DeskState(
        pid=os.getpid(),
        started_s=time.time(),
        run=order.loaded.settings.run,
        bus=servers.bus,
        db=servers.db,
        gateway=gateway,
    )


def _service_states(supervisor: Supervisor) -> tuple[ServiceState, ...]:
    return tuple(
        ServiceState(
            name=child.plan.name,
            pid=child.pid,
            port=child.plan.port,
            state=child.state.value,
            restarts=child.restarts,
        )
        for child in supervisor.children
    )


def _told(order: Order, servers: Servers) -> dict[str, object]:
    port = order.loaded.settings.api.port or free_ports(1)[0]
    places = {"bus": servers.bus, "db": servers.db, "data": order.data, "api.port": port}
    return {**order.flags, **places}


def _be_deaf() -> None:
    """A second Ctrl-C must not stop the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _redis_program(environ: Mapping[str, str]) -> Path:
    program = find_redis(environ)
    if program is None:
        raise Refused(f"no redis-server was found; {MEND}")
    return program


def _what_serves(servers: Servers) -> str:
    redis = "own Redis" if servers.redis is not None else "given Redis"
    postgres = "own Postgres" if servers.postgres is not None else "given Postgres"
    return f"{redis}, {postgres}"
