"""The number in the pixels, after what happens to pictures; `python -m tests.gallery marks` has more."""

import cv2
import numpy as np
import pytest

from tasks.arrays import BgrBytes
from tasks.marks.code_words import decoded, encoded
from tasks.marks.read_watermark import read
from tasks.marks.watermark import embed
from tests.support.copies import ATTACKS
from tests.tasks.marks.conftest import MARK_ID

KEY = b"a key of the tests"


@pytest.mark.parametrize("attack", ["as it is", "JPEG 75", "half size", "a quarter of it"])
def test_the_number_is_read_from_a_copy(attack: str, painted: BgrBytes) -> None:
    copy = ATTACKS[attack](embed(painted, MARK_ID, KEY), np.random.default_rng(3))
    assert read(copy, KEY).mark_id == MARK_ID


def test_what_is_not_marked_has_no_number(painted: BgrBytes) -> None:
    assert read(painted, KEY).mark_id is None
    assert read(embed(painted, MARK_ID, KEY), b"another key").mark_id is None


def test_white_paper_and_flat_places_stay_as_they_are(painted: BgrBytes) -> None:
    marked = embed(painted, MARK_ID, KEY)
    assert np.array_equal(marked[:60], painted[:60])
    assert np.array_equal(marked[340:380, 290:350], painted[340:380, 290:350])


def test_what_is_added_is_small(painted: BgrBytes) -> None:
    difference = embed(painted, MARK_ID, KEY).astype(int) - painted
    assert float(np.sqrt((difference**2).mean())) < 3
    assert cv2.PSNR(painted, embed(painted, MARK_ID, KEY)) > 38


def test_a_word_with_many_of_its_signs_wrong_is_mended() -> None:
    word = encoded(MARK_ID)
    wrong = np.random.default_rng(1).random(len(word)) < 0.08
    assert decoded(np.where(wrong, -word, word)) == MARK_ID
    assert decoded(np.random.default_rng(2).normal(size=len(word))) is None
