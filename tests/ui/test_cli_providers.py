"""`storykin generate` with pictures by OpenAI and by a server of the house, from the photo to the shelf."""

import io
import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from flows.launch.demo import PHOTO
from tests.contract.image_requests import form_of
from tests.support.commands import storykin
from tests.support.rehearsal import Rehearsal, rehearsal
from tests.support.scripted_server import CUT, Answer, Seen, scripted_server
from tests.tasks.conftest import weights

__all__ = ["rehearsal", "weights"]


@pytest.fixture
def environment(tmp_path: Path, weights: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "STORYKIN_HOME": str(tmp_path / "home"),
        "STORYKIN_MODELS_DIR": str(weights),
        "STORYKIN_PREFECT_PORT": "9",  # nothing listens there: the plain way is what is tested
        "COLUMNS": "200",
    }


def generated(environment: dict[str, str]) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    done = storykin(environment, "generate", str(PHOTO), "--name", "Rosalind", "--style", "flat", "--json")
    return json.loads(done.stdout), done


def costs(environment: dict[str, str]) -> dict[str, int]:
    total: dict[str, int] = json.loads(storykin(environment, "costs", "--json").stdout)["total"]
    return total


def test_openai_draws_and_its_bill_is_ours(environment: dict[str, str], rehearsal: Rehearsal) -> None:
    environment |= {
        "STORYKIN_IMAGE": "openai-images",
        "OPENAI_API_KEY": "sk-rehearsal",
        "OPENAI_BASE_URL": rehearsal.openai_url,
    }
    document, done = generated(environment)
    assert (done.returncode, document["character"]["status"]) == (0, "ready"), done.stderr
    (variant,) = document["variants"]
    assert (variant["provider"], variant["model"]) == ("openai-images", "gpt-image-2.6-flare")
    with Image.open(variant["file"]) as picture:
        assert picture.size == (1024, 1280)
    (entry,) = rehearsal.usage.entries.values()
    assert (entry.operation, entry.delivered) == ("edits", 1)
    assert costs(environment)["known_microusd"] == entry.charge_microusd > 0
    shown = storykin(environment, "show", document["character"]["id"])
    assert "in-house" not in shown.stdout


def test_a_server_of_the_house_draws_for_nothing_and_is_named(environment: dict[str, str]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (1024, 1280), "teal").save(file, "PNG")
    drawn = Answer(body={"created": 1, "data": [{"b64_json": b64encode(file.getvalue()).decode()}]})

    def answer(seen: Seen) -> Answer:
        return drawn if form_of(seen).files.get("image") else Answer(400, {"detail": "no image"})

    with scripted_server() as server:
        environment |= {"STORYKIN_IMAGE": "in-house", "STORYKIN_INHOUSE_URL": f"{server.url}/v1"}
        server.on("POST", "^/v1/images/edits$", CUT)
        failed, done = generated(environment)
        assert done.returncode != 0
        (failure,) = failed["failures"]
        assert "broke off" in failure["sentence"] and "paid" not in failure["sentence"]
        assert len(server.seen("POST")) == 1  # a machine does not send it again

        server.on("POST", "^/v1/images/edits$", answer)
        document, done = generated(environment)
    assert (done.returncode, document["character"]["status"]) == (0, "ready"), done.stderr
    (variant,) = document["variants"]
    assert variant["provider"] == "in-house"
    assert Path(variant["file"]).read_bytes() == file.getvalue()
    assert costs(environment) == {"calls": 2, "known_microusd": 0, "reserved_microusd": 0}
    shown = storykin(environment, "show", document["character"]["id"])
    assert "(drawn in-house)" in shown.stdout
