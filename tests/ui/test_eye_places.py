"""Where the eyes are: what is kept of a look, and what is looked at again."""

import threading

import pytest

from db.errors import RecordAway
from tasks.errors import DecoderBusy, PhotoRefused, StoreError
from tests.support.studio import StandInStudio
from tests.support.waiting import until
from ui.eye_places import EyePlaces, LookedAt


def looked_at(studio: StandInStudio, key: str = "pictures/one.png") -> LookedAt:
    kept = studio.services.store.put(key, b"\x89PNG\r\n\x1a\n and so on", "image/png")
    return LookedAt(kept.sha256, key)


@pytest.mark.parametrize(
    ("error", "looks"),
    [
        (DecoderBusy("Busy."), 2),
        (StoreError("The store does not answer."), 2),
        (RecordAway("The database does not answer."), 2),
        (OSError(), 2),
        (StoreError("Damaged.", code="store_damaged"), 1),
        (PhotoRefused("No photo."), 1),
    ],
)
def test_only_what_a_second_look_would_not_find_either_is_remembered(
    studio: StandInStudio, error: Exception, looks: int
) -> None:
    asked: list[str] = []

    def look(_data: bytes, picture: LookedAt) -> None:
        asked.append(picture.sha256)
        if len(asked) == 1:
            raise error

    places, picture = EyePlaces(studio.services.runtime, look), looked_at(studio)
    assert places.find(picture) == (False, None)
    until(lambda: places.find(picture) == (True, None), "a look")
    places.close()
    assert len(asked) == looks


def test_nothing_that_is_queued_is_looked_at_once_the_studio_stops(studio: StandInStudio) -> None:
    began, go_on = threading.Event(), threading.Event()
    asked: list[str] = []

    def look(_data: bytes, picture: LookedAt) -> None:
        asked.append(picture.storage_key)
        began.set()
        go_on.wait(120)

    places = EyePlaces(studio.services.runtime, look)
    pictures = [looked_at(studio, f"pictures/{number}.png") for number in range(3)]
    for number, each in enumerate(pictures):
        places.find(LookedAt(f"{number}", each.storage_key))
    assert began.wait(120)
    places.close()
    go_on.set()
    places._pool.shutdown(wait=True)
    assert asked == ["pictures/0.png"]
    assert places.find(LookedAt("later", "pictures/1.png")) == (False, None)
