"""The tile that carries a mark's number: a pattern of 128x128, made in its Fourier plane from a secret key.

A quarter of the coefficients of a ring are a reference that the key alone decides: by them a reader finds
where the tiles begin. The others carry the signs of the code word, each sign in several places, spread over
low and high frequencies.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import FloatArray
from tasks.marks.code_words import WORD, Values, encoded

TILE = 128  # pixels
RING = (8, 34)  # cycles a tile: coarser is seen as blotches, finer does not survive a smaller copy
_REFERENCE_EVERY = 4
_REFERENCE_STRENGTH = 1.15

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Carrier:
    """Where in the Fourier plane the signs are, by frequency. All arrays have one entry a coefficient."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    phases: Complex
    is_reference: NDArray[np.bool_]
    places: NDArray[np.intp]  # which sign of the code word; -1 for none

    def tile(self, mark_id: int) -> FloatArray:
        """The pattern of a number, (TILE, TILE), mean 0 and standard deviation 1."""
        signs = np.where(self.places >= 0, encoded(mark_id)[self.places], 0)
        values = self.phases * np.where(self.is_reference, _REFERENCE_STRENGTH, signs)
        plane = np.zeros((TILE, TILE), complex)
        plane[self.rows, self.columns] = values
        plane[-self.rows % TILE, -self.columns % TILE] = np.conj(values)
        pattern = np.fft.ifft2(plane).real
        return np.asarray(pattern / pattern.std(), np.float32)

    def soft_values(self, aligned: Values) -> Values:
        """What the coefficients say of each sign of the code word; `aligned` has one value a coefficient."""
        carries = self.places >= 0
        return np.asarray(np.bincount(self.places[carries], aligned[carries], WORD), np.float64)


@lru_cache(maxsize=4)
def carrier_of(key: bytes) -> Carrier:
    """The carrier that a key decides, the same on every machine."""
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))
    cycles = np.fft.fftfreq(TILE, 1 / TILE).astype(int)
    down, across = np.meshgrid(cycles, cycles, indexing="ij")
    radius = np.hypot(down, across)
    one_of_each_pair = (down > 0) | ((down == 0) & (across > 0))
    rows, columns = np.nonzero((radius >= RING[0]) & (radius <= RING[1]) & one_of_each_pair)
    order = np.argsort(radius[rows, columns] + random.random(len(rows)) * 0.5, kind="stable")
    rows, columns = rows[order], columns[order]
    is_reference = np.zeros(len(rows), bool)
    is_reference[random.integers(0, _REFERENCE_EVERY) :: _REFERENCE_EVERY] = True
    phases = np.exp(2j * np.pi * random.random(len(rows)))
    return Carrier(
        rows, columns, phases, is_reference, _spread(np.nonzero(~is_reference)[0], len(rows), random)
    )


def _spread(free: NDArray[np.intp], size: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Each sign of the word once in every WORD coefficients, so that all share in all frequencies."""
    places = np.full(size, -1, np.intp)
    for start in range(0, len(free), WORD):
        part = free[start : start + WORD]
        places[part] = random.permutation(WORD)[: len(part)]
    return places
