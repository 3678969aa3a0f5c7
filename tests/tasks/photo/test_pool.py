"""A photo that is not to blame is never refused because of the ones before it."""

import threading
from collections.abc import Callable

import pytest
from PIL import Image

from tasks.errors import DecoderBusy, PhotoRefused
from tasks.photo import decode
from tasks.photo.decode import decode_photo
from tasks.photo.pool import HEAVY, DecoderPool, decoding_work
from tasks.retries import worth_retrying
from tests.support.bad_photos import encoded, png_of, portrait

LIGHT = 1_000_000


class Holder:
    """Somebody who holds a slot on a thread until told to let go."""

    def __init__(self, pool: DecoderPool, work: int) -> None:
        self.inside, self.over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(pool, work), daemon=True)
        self._thread.start()

    def _hold(self, pool: DecoderPool, work: int) -> None:
        try:
            with pool.slot(work):
                self.inside.set()
                self.over.wait(120)
        except DecoderBusy:
            pass

    def let_go(self) -> None:
        self.over.set()
        self._thread.join(120)


def test_heavy_photos_leave_a_slot_for_the_others() -> None:
    pool = DecoderPool(slots=2, wait_seconds=20)
    first = Holder(pool, HEAVY + 1)
    assert first.inside.wait(120)
    waiting = [Holder(pool, HEAVY + 1) for _ in range(3)]

    with pool.slot(LIGHT):  # at once, although four heavy ones are there
        assert not any(each.inside.is_set() for each in waiting)

    for each in [first, *waiting]:
        each.let_go()


def test_when_every_slot_stays_taken_the_answer_is_busy_and_may_be_tried_again() -> None:
    pool = DecoderPool(slots=2, wait_seconds=0.05)
    holders = [Holder(pool, LIGHT) for _ in range(2)]
    assert all(each.inside.wait(120) for each in holders)

    with pytest.raises(DecoderBusy) as busy, pool.slot(LIGHT):
        pass

    assert busy.value.code == "busy" and busy.value.retry_after > 0
    assert "try again" in busy.value.sentence
    assert not isinstance(busy.value, PhotoRefused)
    assert worth_retrying(busy.value)
    for each in holders:
        each.let_go()
    with pool.slot(LIGHT):
        pass


@pytest.mark.parametrize(
    ("made", "heavy"),
    [
        (lambda: encoded(portrait()), False),
        (lambda: encoded(portrait(), progressive=True), False),
        (lambda: encoded(Image.new("L", (7000, 7000)), progressive=True), True),
        (lambda: encoded(Image.new("L", (8500, 8500))), True),
        (lambda: png_of(6300, 6300), False),
        (lambda: encoded(portrait(), "WEBP"), False),
        (lambda: b"\xff\xd8\xff nothing", False),
    ],
)
def test_what_is_heavy_is_seen_by_the_header(made: Callable[[], bytes], heavy: bool) -> None:
    data = made()
    kind = {b"\xff\xd8": "JPEG", b"\x89P": "PNG"}.get(data[:2], "WEBP")

    assert (decoding_work(data, kind) > HEAVY) == heavy


def hostile() -> bytes:
    """241 kilobytes that once kept a decoder at work for half a minute: thousands of scans."""
    data = encoded(Image.new("L", (7000, 7000), 128), progressive=True, quality=10)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * ((241_000 - len(data)) // len(last)) + b"\xff\xd9"


def test_four_hostile_photos_do_not_keep_an_innocent_one_out() -> None:
    bomb, codes = hostile(), []
    assert 230_000 < len(bomb) < 242_000

    def send() -> None:
        with pytest.raises(PhotoRefused) as refused:
            decode_photo(bomb)
        codes.append(refused.value.code)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for each in senders:
        each.start()

    assert decode_photo(encoded(portrait())).pixels.shape == (512, 512, 3)

    for each in senders:
        each.join(120)
    assert codes == ["too_many_scans"] * 4


def test_while_all_decoders_are_at_work_a_photo_is_not_called_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = DecoderPool(slots=2, wait_seconds=0.05)
    monkeypatch.setattr(decode, "DECODER_POOL", pool)
    holders = [Holder(pool, LIGHT) for _ in range(2)]
    assert all(each.inside.wait(120) for each in holders)

    with pytest.raises(DecoderBusy):
        decode_photo(encoded(portrait()))

    for each in holders:
        each.let_go()
