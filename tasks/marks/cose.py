"""The signature of a manifest (COSE_Sign1, RFC 9052), as far as a time stamp needs it.

The library leaves room for one beside its signature, in a header that the signature does not cover. What an
authority stamps is the signature itself (C2PA 2.x, `sigTst2`), which is the same each time: so a stamp that
was given once fits the same picture whenever it leaves.
"""

_START = b"\xd2\x84"  # tag 18, an array of four
_ONE, _TWO = b"\xa1", b"\xa2"  # maps of one pair, of two
_NIL = b"\xf6"


class NoRoom(ValueError):
    """The signature is not as expected, or the stamp is longer than the room that is left for it."""


def text(told: str) -> bytes:
    """A short text as CBOR."""
    return bytes([0x60 + len(told)]) + told.encode()


def octets(content: bytes) -> bytes:
    """Bytes as CBOR."""
    size = len(content)
    if size < 24:
        return bytes([0x40 + size]) + content
    if size < 0x100:
        return b"\x58" + bytes([size]) + content
    if size < 0x10000:
        return b"\x59" + size.to_bytes(2, "big") + content
    return b"\x5a" + size.to_bytes(4, "big") + content


def stamped_content(store: bytes, signature: bytes) -> bytes:
    """What an authority is asked to stamp of the manifest that was signed so. Raises NoRoom."""
    start, unprotected, _ = _parts(store, signature)
    protected = store[start + len(_START) : unprotected]
    return b"\x84" + text("CounterSignature") + protected + octets(b"") + octets(octets(signature))


def with_stamp(store: bytes, signature: bytes, token: bytes) -> bytes:
    """The store with the token beside the signature, as long as before. Raises NoRoom."""
    _, unprotected, end = _parts(store, signature)
    stamp = text("sigTst2") + _ONE + text("tstTokens") + b"\x81" + _ONE + text("val") + octets(token)
    head = _TWO + stamp + text("pad")
    room = end - unprotected - len(head)
    for size in range(room - 5, room):  # an empty rest is as long as its own length says
        if size >= 0 and len(octets(bytes(size))) == room:
            return store[:unprotected] + head + octets(bytes(size)) + store[end:]
    raise NoRoom("the stamp is too long")


def _parts(store: bytes, signature: bytes) -> tuple[int, int, int]:
    """Where the signature's array begins, and where its unprotected header begins and ends."""
    tail = _NIL + octets(signature)
    end = store.rfind(tail)
    pad = _ONE + text("pad")
    start = store.rfind(_START + b"\x59", 0, max(end, 0))
    if end < 0 or start < 0:
        raise NoRoom("no signature is there")
    body = start + len(_START)
    unprotected = body + 3 + int.from_bytes(store[body + 1 : body + 3], "big")
    if store[unprotected : unprotected + len(pad)] != pad:
        raise NoRoom("its header is of another form")
    return start, unprotected, end
