"""`make topology` runs what deploy/compose.yaml says, by commands and settings that there are."""

import re
from pathlib import Path

import yaml

from tests.test_deploy import OTHERS, SETTINGS
from tests.topology.composed import COMPOSE, OURS, parts_of
from tests.topology.ground import PORTS, Ground
from ui.cli.parser import build_parser

GROUND = Ground(Path("/nowhere"), {name: 5000 + number for number, name in enumerate(PORTS)})
PARTS = parts_of(GROUND, {"STORYKIN_STORE": "r2"}, Path("/packages"))


def test_every_part_of_ours_is_run_as_often_as_composed() -> None:
    composed = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    assert set(composed) == {*OURS, "postgres", "redis"}
    assert sorted(PARTS) == sorted(
        [
            *("prefect-1", "prefect-2", "worker-1", "worker-2", "worker-3", "studio-1"),
            *("prefect-database", "prefect-services", "migrate", "deploy"),
        ]
    )


def test_each_runs_a_command_of_ours_or_of_prefect() -> None:
    for part in PARTS.values():
        program, *words = part.command
        if program.endswith("/storykin"):
            assert build_parser().parse_args(words).command is not None
        else:
            assert program.endswith("/prefect") and words[0] == "server"
    assert PARTS["prefect-2"].command[-2:] == ("--port", str(GROUND.ports["prefect-2"]))


def test_each_is_told_this_machine_s_addresses_and_only_settings_that_are_read() -> None:
    for part in PARTS.values():
        told = " ".join(part.environment.values()) + " ".join(part.command)
        assert not re.search(r"\$\{|@postgres|//prefect:|redis:6379|0\.0\.0\.0", told), part.name
        named = {name for name in part.environment if name.startswith(("STORYKIN", "PREFECT", "DATABASE"))}
        assert {name for name in named if not OTHERS.fullmatch(name)} <= SETTINGS
    port = GROUND.ports["postgres"]
    assert PARTS["worker-1"].environment["DATABASE_URL"].endswith(f"@127.0.0.1:{port}/storykin")
    assert PARTS["worker-1"].environment["PREFECT_API_URL"] == GROUND.prefect_url
    assert PARTS["prefect-1"].environment["PREFECT_REDIS_MESSAGING_PORT"] == str(GROUND.ports["redis"])
    homes = [part.environment["STORYKIN_HOME"] for part in PARTS.values()]
    assert len(set(homes)) == len(homes)
    assert "STORYKIN_STORE" not in PARTS["prefect-1"].environment
