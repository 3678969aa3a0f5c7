"""What the command line says when something goes wrong that nobody expected."""

import argparse

import pytest

from ui import cli


def test_of_a_group_of_errors_the_types_of_its_own_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def worker(_arguments: argparse.Namespace) -> int:
        inner = ExceptionGroup("tasks", [ConnectionError("secret"), ValueError("secret")])
        raise ExceptionGroup("a worker", [inner, ValueError("secret")])

    monkeypatch.setattr(cli, "check_settings", lambda: None)
    monkeypatch.delenv("STORYKIN_DEBUG", raising=False)

    assert cli._run(argparse.Namespace(command=worker)) != 0

    said = capsys.readouterr().err
    assert "(ConnectionError, ValueError)" in said and "secret" not in said
