"""What arrives at Replicate when a favourite goes along: two pictures in their order, the words, the size."""

import io
from base64 import b64decode
from dataclasses import replace

import httpx
from PIL import Image

from db.repositories import calls, images, profiles
from tasks.illustrate import illustrate
from tasks.picture_options import PictureOptions, Resolution
from tasks.record_image import record_image
from tasks.write_prompt import write_prompt
from tests.contract.test_providers_rehearsed import Rehearsed, rehearsed
from tests.support.rehearsal import API_TOKEN, running_rehearsal, session_rehearsal

__all__ = ["rehearsed", "running_rehearsal", "session_rehearsal"]


def test_the_photo_and_the_favourite_arrive_with_what_each_is_for(rehearsed: Rehearsed) -> None:
    runtime, character_id = rehearsed.runtime, rehearsed.work.character_id
    first = record_image(runtime, rehearsed.work, asset_id=rehearsed.draw(), run_token="first", likeness=None)
    with runtime.record.writing() as session:
        images.select(session, first, actor="test")
        profile = profiles.latest(session, character_id)
        assert profile is not None
    work = write_prompt(
        runtime,
        character_id=character_id,
        profile_id=profile.id,
        style="anime",
        ordinal=1,
        options=PictureOptions(resolution=Resolution.PRINT),
    )
    illustrate(runtime, work)
    with runtime.record.reading() as session:
        call = calls.by_work_key(session, work.work_key)
        (variant,) = images.of_character(session, character_id)
    assert call is not None
    assert call.actual_microusd == call.estimate_microusd == 50_400
    answer = httpx.get(
        f"{rehearsed.cloud.url}/v1/predictions/{call.provider_id}",
        headers={"Authorization": f"Bearer {API_TOKEN}"},
        trust_env=False,
    )
    sent = answer.json()["input"]
    assert sent["resolution"] == "2K"
    pictures = [Image.open(io.BytesIO(b64decode(url.partition(",")[2]))) for url in sent["image_input"]]
    assert [each.format for each in pictures] == ["JPEG", "JPEG"]
    assert pictures[0].size == (120, 120)  # the photo
    drawn = variant.asset
    assert abs(pictures[1].width / pictures[1].height - drawn.width / drawn.height) < 0.01
    lines = sent["prompt"].splitlines()
    assert lines[0].startswith("Image 1: a photo of the person")
    assert lines[1].startswith("Image 2: the approved drawing of this person, in another style (Storybook)")
    labels = [line.partition(":")[0] for line in lines]
    order = ["Task", "Style", "Background", "Subject", "Details", "Constraints", "Exclude"]
    assert [each for each in labels if each in order] == order
    assert [entry.charge_microusd for entry in rehearsed.cloud.entries_of(call.id)] == [50_400]
    again = replace(rehearsed, work=work)
    again.draw()  # found: nothing is asked for any more
    assert again.accepted == 1
