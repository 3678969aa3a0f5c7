"""Our own providers against the rehearsal cloud: its books and our bills agree, with real pictures."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from db.ids import new_id
from tasks.profile import Profile
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.protocols import ImageRequest, Photo
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.store.disk import DiskStore
from tasks.storage.persist_output import persist_output
from tasks.styles.packs import style_pack
from tasks.styles.prompt import build_character_prompt
from tests.support.rehearsal import API_KEY, API_TOKEN, Rehearsal, rehearsing
from tests.tasks.conftest import PHOTOS, weights  # noqa: F401

MODEL = "google/nano-banana-2.1"
QUICK = Patience(deadline=60, first_pause=0.05, longest_pause=0.2)


@pytest.fixture(scope="module")
def drawing(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:  # noqa: F811
    """A rehearsal cloud that looks and draws with the local engine."""
    with rehearsing(tmp_path_factory.mktemp("drawing"), quick=False) as running:
        yield running


@pytest.fixture(scope="module")
def photo() -> Photo:
    data = (PHOTOS / "astronaut.jpg").read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        return Photo(data=data, sha256="a" * 64, width=picture.width, height=picture.height)


@pytest.fixture(scope="module")
def profile(drawing: Rehearsal, photo: Photo) -> Profile:
    vision = OpenAIVision(OpenAISettings(API_KEY, base_url=drawing.openai_url, moderation=True))
    answer = vision.describe(photo)
    entry = drawing.usage.entries[answer.provider_id]
    assert (entry.charge_microusd, entry.delivered) == (answer.cost_microusd, 1)
    assert answer.cost_microusd <= vision.estimate_microusd(photo)
    return answer.profile


def test_the_profile_is_that_of_the_person_in_the_photo(profile: Profile) -> None:
    assert "orange" in str(profile.attributes.clothes.value)
    assert profile.do_not_change


@pytest.mark.parametrize("style", ["watercolor", "flat"])
def test_the_style_in_the_prompt_is_drawn_by_the_local_engine(
    drawing: Rehearsal, photo: Photo, profile: Profile, tmp_path: Path, style: str
) -> None:
    store = DiskStore(tmp_path, "http://127.0.0.1:7860", b"s" * 32)
    image = ReplicateImage(ReplicateWire(API_TOKEN, drawing.url), slug=MODEL, store=store, patience=QUICK)
    request = ImageRequest(
        call_id=new_id(),
        photo=photo,
        profile=profile,
        style=style,
        prompt=build_character_prompt(profile, style).text,
        parameters={**style_pack(style).parameters, "seed": 7},
    )
    id = image.submit(request)
    output = image.collect(id, request)
    kept = persist_output(store, output, "ab" * 32, provider="replicate")
    assert (kept.width, kept.height) == (820, 1024)
    [entry] = drawing.entries_of(request.call_id)
    assert (entry.id, entry.style, entry.delivered) == (id, style, 1)
    assert entry.charge_microusd == output.cost_microusd == image.estimate_microusd(request)
