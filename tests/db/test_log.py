"""Log lines are JSON, carry ids, and never a key."""

import io
import json
import subprocess
import sys

import pytest

from db.log import Log, configure_logging


def test_an_event_is_one_json_line_with_its_fields() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    Log("run").info("step finished", character_id="c-1", step="draw", seconds=1.5)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert line["event"] == "step finished"
    assert (line["logger"], line["character_id"], line["seconds"]) == ("run", "c-1", 1.5)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijkl",
        "r8_abcdefghijkl",
        "whsec_abcd1234",
        "Bearer abc.def",
        "data:image/png;base64,AAAA",
        "&s=Zx_9-QmL2vT8aPzKkR4w",
    ],
)
def test_what_looks_like_a_key_or_a_photo_is_blanked_out(secret: str) -> None:
    stream = io.StringIO()
    configure_logging(stream)
    Log("run").warning("odd", code=f"got {secret}")
    assert secret not in stream.getvalue()
    assert "[redacted]" in json.loads(stream.getvalue())["code"]


@pytest.mark.parametrize("field", ["name", "photo", "email", "key", "url"])
def test_a_field_that_could_hold_a_name_or_a_photo_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Log("run").info("odd", **{field: "Ada"})


def test_an_error_is_logged_by_its_type_alone() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    Log("run").error("failed", error=ValueError("Ada's photo"))
    assert json.loads(stream.getvalue())["error"] == "ValueError"
    assert "Ada" not in stream.getvalue()


def test_the_text_of_an_error_can_not_be_logged_by_another_way() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    with pytest.raises(ValueError, match="type alone"):
        Log("run").warning("odd", error=ValueError("Ada's photo"))
    assert stream.getvalue() == ""


def test_a_process_without_json_lines_says_the_phrase_alone() -> None:
    """In a flow run Prefect configures logging: neither a field nor the text of an error gets there."""
    script = (
        "from db.log import Log\n"
        "log = Log('run')\n"
        "log.info('not worth a line')\n"
        "log.warning('odd', call_id='c-1', code='sk-proj-abcdefghijkl')\n"
        "try:\n    raise ValueError('Ada')\n"
        "except ValueError as error:\n    log.error('failed', error=error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "odd\nfailed\n")
