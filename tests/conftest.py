"""What every test may rely on; a file of shared fixtures is named here once."""

pytest_plugins = [
    "tests.fixtures.left_out",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.replays",
    "tests.fixtures.stores",
]
