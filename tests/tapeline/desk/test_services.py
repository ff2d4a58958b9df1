from __future__ import annotations

import socket

from tapeline.desk.services import SERVICES, free_ports, plans, port_is_free, surroundings, variable


def test_every_service_has_a_port_of_its_own() -> None:
    made = plans({}, {})
    assert [plan.name for plan in made] == list(SERVICES)
    assert len({plan.port for plan in made}) == len(SERVICES)
    assert all(plan.env["TAPELINE_HEALTH_PORT"] == str(plan.port) for plan in made)


def test_the_gateway_answers_for_its_health_at_its_front_door() -> None:
    made = {plan.name: plan.port for plan in plans({}, {"api.port": 8420})}
    assert made["api"] == 8420


def test_settings_become_variables_that_beat_the_users_own() -> None:
    env = surroundings({"TAPELINE_MARKET__SEED": "1", "HOME": "/h"}, {"market.seed": 2})
    assert (env["TAPELINE_MARKET__SEED"], env["HOME"]) == ("2", "/h")


def test_libraries_get_one_thread_each() -> None:
    assert surroundings({}, {})["OMP_NUM_THREADS"] == "1"


def test_a_setting_has_one_variable() -> None:
    assert variable("api.port") == "TAPELINE_API__PORT"


def test_a_port_in_use_is_not_free() -> None:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()
        assert not port_is_free("127.0.0.1", line.getsockname()[1])
    assert port_is_free("127.0.0.1", free_ports(1)[0])
