"""What kind of file this is: an answer for every file, and only ever an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import PhotoRefused
from tasks.photo.codes import SENTENCES, WARNINGS, refusal
from tasks.photo.formats import _SIGNATURES, ends_too_early, photo_format
from tests.support.bad_photos import encoded, scene
from tests.support.fuzz import quick


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_the_five_formats_are_known_by_their_bytes(kind: str) -> None:
    data = encoded(scene(), kind)

    assert photo_format(data) == kind
    assert not ends_too_early(data, kind)
    assert not ends_too_early(data + b"<script>appended by a phone, or by a stranger", kind)
    assert ends_too_early(data[: len(data) - 20], kind)


def test_every_reason_has_its_own_sentence_that_says_what_is_wrong_and_what_to_do() -> None:
    assert len(SENTENCES) >= 25
    assert len(set(SENTENCES.values())) == len(SENTENCES)
    for code, sentence in SENTENCES.items():
        assert code.replace("_", "").isalnum()
        assert "Please " in sentence and sentence.endswith("."), code
    assert len(set(WARNINGS.values())) == len(WARNINGS)


def test_every_refusal_of_a_format_is_in_the_table() -> None:
    assert {kind for _, _, kind in _SIGNATURES if not kind.isupper()} <= set(SENTENCES)
    with pytest.raises(KeyError):
        refusal("made_up")


@quick
@given(
    st.sampled_from([magic for _, magic, _ in _SIGNATURES] + [b"RIFF", b"PK", b"\0\0\0\x20ftyp", b"<", b""]),
    st.binary(max_size=300),
)
def test_any_bytes_get_an_answer(magic: bytes, rest: bytes) -> None:
    try:
        kind = photo_format(magic + rest)
    except PhotoRefused as refused:
        assert refused.code in SENTENCES
    else:
        assert kind in ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
        assert ends_too_early(magic + rest, kind) in (True, False)
