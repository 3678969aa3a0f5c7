"""The 64 bits of a mark as a code word that is read though many of its bits are lost.

A checksum of 16 bits (CRC-16/CCITT-FALSE) tells a right number from a guess. A convolutional code of rate
1/4 and constraint length 7 (generators 135, 135, 147, 163 octal; Proakis, table 8.2-3) mends what is
lost, decoded softly by Viterbi's algorithm.
"""

import binascii

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

ID_BITS = 64
_CHECK_BITS = 16
_TAIL = 6  # zeros that lead the encoder back to its first state
_GENERATORS = (0o135, 0o135, 0o147, 0o163)
_REGISTERS = np.arange(128)  # seven bits: the state before (six) and the bit that comes in
WORD = (ID_BITS + _CHECK_BITS + _TAIL) * len(_GENERATORS)  # signs in a code word


def _parity(value: int) -> int:
    return value.bit_count() & 1


# What the encoder gives out, as signs, for each content of its register: (128, 4).
_SIGNS = np.array([[1.0 - 2 * _parity(each & tap) for tap in _GENERATORS] for each in range(128)])


def encoded(mark_id: int) -> Values:
    """The code word of a 64-bit number: WORD signs, each +1 or -1."""
    content = mark_id.to_bytes(8, "big")
    bits = np.unpackbits(np.frombuffer(content + _checksum(content), np.uint8))
    register, signs = 0, []
    for bit in (*bits.tolist(), *([0] * _TAIL)):
        register = ((register << 1) | bit) & 127
        signs.append(_SIGNS[register])
    return np.concatenate(signs)


def decoded(soft: Values) -> int | None:
    """The number whose code word is likeliest behind WORD soft values; None where its checksum is wrong."""
    metric = np.full(64, -np.inf)
    metric[0] = 0
    choices = []
    for four in soft.reshape(-1, len(_GENERATORS)):
        candidates = metric[_REGISTERS >> 1] + _SIGNS @ four
        low, high = candidates[:64], candidates[64:]  # two registers that end in the same state
        choices.append(high > low)
        metric = np.maximum(low, high)
    state, bits = 0, []
    for choice in reversed(choices):
        bits.append(state & 1)
        state = (state | (int(choice[state]) << 6)) >> 1
    content = np.packbits(np.array(bits[::-1][: ID_BITS + _CHECK_BITS], np.uint8)).tobytes()
    right = _checksum(content[:8]) == content[8:]
    return int.from_bytes(content[:8], "big") if right else None


def _checksum(content: bytes) -> bytes:
    return binascii.crc_hqx(content, 0xFFFF).to_bytes(2, "big")
