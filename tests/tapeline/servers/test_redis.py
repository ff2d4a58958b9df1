from __future__ import annotations

import os
from pathlib import Path

import pytest
import redis as client

from shared.failures import Refused
from tapeline.servers.redis import Redis, find_redis
from tapeline.servers.sockets import make_socket_folder, remove_socket_folder, socket_folder


def test_the_machines_own_redis_comes_before_the_carried_one(tmp_path: Path) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_redis({"PATH": str(tmp_path)}) == program
    assert find_redis({"PATH": "/nowhere"}) != program


def test_a_private_redis_answers_keeps_everything_and_leaves_no_socket(tmp_path: Path) -> None:
    program = find_redis(os.environ)
    assert program is not None, "no redis-server on this machine"
    sockets = socket_folder(tmp_path, {})
    make_socket_folder(sockets)
    server = Redis(program, sockets, tmp_path)
    server.start(os.environ)
    try:
        line = client.Redis.from_url(server.url)
        assert line.ping()
        assert line.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert line.config_get("appendonly") == {"appendonly": "no"}
        line.close()
        assert server.alive()
    finally:
        server.stop()
    assert list(sockets.iterdir()) == []
    remove_socket_folder(sockets)


def test_a_redis_that_does_not_start_is_said_in_one_line(tmp_path: Path) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(Refused, match="did not start"):
        Redis(program, tmp_path, tmp_path).start(os.environ)
