"""A run by hand, told in sentences."""

import httpx
import pytest

from db.ids import new_id
from flows import run_here
from flows.settings import flow_settings


@pytest.mark.parametrize("leaves_later", [False, True])
def test_a_prefect_that_is_away_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], leaves_later: bool
) -> None:
    for name in ("require_current", "prepare_process", "configure_logging"):
        monkeypatch.setattr(run_here, name, lambda: None)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")  # where nobody answers
    flow_settings.cache_clear()
    if leaves_later:

        async def left(*_asked: object) -> None:
            raise httpx.ConnectError("All connection attempts failed")

        monkeypatch.setattr(run_here, "check_prefect", lambda: None)
        monkeypatch.setattr(run_here, "generate_character", left)
    assert run_here.main([new_id(), "flat"]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("Prefect, which") and ("kept" in said) is leaves_later
    flow_settings.cache_clear()
