"""What everyone reads the same way is read; everything else is one plain error."""

import pytest

from tasks import strict_json


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"9" * 5000,
        b'{"a": 1, "a": 2}',
        b'[{"b": {"a": 1, "a": 1}}]',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\uDC00": 1}',
        b"\xff\xfe[\x00]\x00",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
        b"[1] [2]",
    ],
    ids=repr,
)
def test_what_is_no_sound_document_is_one_error(text: bytes) -> None:
    with pytest.raises(strict_json.NotJson):
        strict_json.loads(text)


def test_a_sound_document_is_read() -> None:
    assert strict_json.loads('{"a": [1, 2.5, "\\ud83d\\ude00 é", null, true]}'.encode()) == {
        "a": [1, 2.5, "😀 é", None, True]
    }
