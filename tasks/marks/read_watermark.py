"""Read the number that a picture's pixels carry, without the original, from a copy that was made smaller,
cropped, turned a little or compressed.

The tile's repetition gives scale and angle, as peaks of the autocorrelation on a square lattice; the
reference gives the shift; then all tiles are folded into one and decoded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrBytes, FloatArray
from tasks.marks.carrier import TILE, Carrier, Complex, carrier_of
from tasks.marks.code_words import Values, decoded

_MEDIAN = 5  # pixels a side
_LOUDEST = 6.0  # grey levels: more is the drawing's
_CANDIDATES = 10  # lattices that are looked into
_DECODED = 3  # of those, with the reference's clearest
_CLEAR = 6.0  # z of the reference from which on the number is decoded at all
_HOPELESS = 4.3  # z below which a lattice is not worth refining
MARKED = 7.0  # z that no unmarked picture has reached: something is there, though its number is lost
_SIZES = (0.36, 2.2)  # of the copy, against the marked picture
_USUAL_SIZES = (1.0, 0.5, 0.75, 1.5)
_TURNS = np.radians(np.arange(-4, 4.01, 0.25)).astype(np.float32)
_NEAR = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2))
_FAR = (*_NEAR, (2, 1), (1, 2), (2, -1), (1, -2), (3, 0), (0, 3), (2, 2), (2, -2), (4, 0), (0, 4))


@dataclass(frozen=True)
class Lattice:
    """How the tiles lie in a picture: the side of a tile in pixels, and its angle in radians."""

    side: float
    angle: float


@dataclass(frozen=True)
class Reading:
    """What was found. `mark_id` is None where there is no number; `z` is how far the reference stands out."""

    mark_id: int | None
    z: float
    scale: float
    degrees: float

    @property
    def is_marked(self) -> bool:
        """Whether a mark of this key is there, whatever its number."""
        return self.mark_id is not None or self.z >= MARKED


def read(pixels: BgrBytes, key: bytes) -> Reading:
    """Look for the number in (H, W, 3), upright."""
    reader = _Reader(_residual(pixels), carrier_of(key))
    usual = [Lattice(TILE * size, 0.0) for size in _USUAL_SIZES]
    found = [(reader.z(each), each) for each in usual]
    for z, lattice in found:  # most copies are of these sizes, and then nothing needs to be searched
        if (mark_id := reader.decode(lattice)) is not None:
            return Reading(mark_id, z, lattice.side / TILE, 0.0)
    found += [(reader.z(each), each) for each in _lattices(reader.residual)]
    found.sort(key=lambda each: -each[0])
    best: tuple[float, Lattice, int | None] = (*found[0], None)
    for z, lattice in found[:_DECODED]:
        if z < _HOPELESS:
            break
        here = reader.decode_near(z, lattice)
        if here[2] is not None:
            best = here
            break
        best = max(best, here, key=lambda each: each[0])
    z, lattice, mark_id = best
    return Reading(mark_id, z, lattice.side / TILE, float(np.degrees(lattice.angle)))


@dataclass(frozen=True)
class _Reader:
    residual: FloatArray
    carrier: Carrier

    def z(self, lattice: Lattice) -> float:
        """How far the reference stands out where the tiles lie so."""
        return self._shift(self._folded(lattice))[0]

    def decode_near(self, z: float, lattice: Lattice) -> tuple[float, Lattice, int | None]:
        """The number there; where it can't be read, after climbing to the best lattice nearby."""
        mark_id = self.decode(lattice)
        if mark_id is None:
            side, angle = 0.12, np.radians(0.06)
            for _ in range(4):
                around = [
                    Lattice(lattice.side + a * side, lattice.angle + b * angle)
                    for a in (-1, 0, 1)
                    for b in (-1, 0, 1)
                ]
                best, where = max(((self.z(each), each) for each in around), key=lambda each: each[0])
                if best <= z:
                    side, angle = side / 2, angle / 2
                else:
                    z, lattice = best, where
            mark_id = self.decode(lattice)
        return z, lattice, mark_id

    def _folded(self, lattice: Lattice) -> Complex:
        """The Fourier plane of all tiles added up."""
        scale = lattice.side / TILE
        residual = self.residual
        height, width = residual.shape
        if scale > 1.15:  # else a larger copy's fine noise would fold into the ring
            residual = np.asarray(cv2.GaussianBlur(residual, (0, 0), 0.45 * scale), np.float32)
        extent = np.hypot(height, width) if abs(lattice.angle) > 0.05 else max(height, width) * 1.06
        size = int(np.ceil(extent / scale / TILE)) * TILE
        cosine, sine = np.cos(lattice.angle) * scale, np.sin(lattice.angle) * scale
        half = size / 2
        place = np.array(
            [
                [cosine, -sine, width / 2 - 0.5 - (cosine - sine) * half],
                [sine, cosine, height / 2 - 0.5 - (sine + cosine) * half],
            ],
            np.float32,
        )
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        straight = cv2.warpAffine(residual, place, (size, size), flags=flags, borderValue=0)
        return np.fft.fft2(straight.reshape(size // TILE, TILE, size // TILE, TILE).sum((0, 2)))

    def _shift(self, plane: Complex) -> tuple[float, tuple[int, int], Complex]:
        """z, where the tiles begin, and the carrier's coefficients."""
        carrier = self.carrier
        values = plane[carrier.rows, carrier.columns]
        here = carrier.is_reference
        matched = np.zeros((TILE, TILE), complex)
        flattened = values[here] * np.conj(carrier.phases[here]) / _envelope(values)[here]
        matched[carrier.rows[here], carrier.columns[here]] = flattened
        peaks = np.fft.ifft2(matched).real
        row, column = np.unravel_index(np.argmax(peaks), peaks.shape)
        return float(peaks[row, column] / peaks.std()), (int(row), int(column)), values

    def decode(self, lattice: Lattice) -> int | None:
        """The number, if the tiles lie exactly so."""
        z, (row, column), values = self._shift(self._folded(lattice))
        if z < _CLEAR:
            return None
        carrier = self.carrier
        turns = np.exp(2j * np.pi * (carrier.rows * row + carrier.columns * column) / TILE)
        aligned = (values * turns * np.conj(carrier.phases)).real / _envelope(values)
        # Each band of frequencies counts as much as the reference shows that it has survived.
        survived = np.convolve(np.where(carrier.is_reference, aligned, 0), np.ones(81), "same")
        return decoded(carrier.soft_values(aligned * np.maximum(survived, 0)))


def _envelope(values: Complex) -> Values:
    """The size of the coefficients around each, by frequency."""
    span = 41
    return np.sqrt(np.convolve(np.abs(values) ** 2, np.ones(span) / span, "same")) + 1e-9


def _residual(pixels: BgrBytes) -> FloatArray:
    """What a median takes away, evened out: of a line or an edge of the drawing little is left, of the mark
    nearly all; what is left of strong ones must not outshout it.
    """
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    fine = gray.astype(np.float32) - cv2.medianBlur(gray, _MEDIAN)
    fine = np.clip(fine, -_LOUDEST, _LOUDEST)
    spread = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 4))
    return np.asarray(fine / (spread + 1.0), np.float32)


def _lattices(residual: FloatArray) -> Iterator[Lattice]:
    """The lattices on which the residual repeats itself most, at the sizes and turns that are looked for."""
    repeats, middle = _autocorrelation(residual)
    sides = np.arange(_SIZES[0] * TILE, min(_SIZES[1] * TILE, min(residual.shape) / 2), 0.4)
    if not len(sides):
        return
    sides = sides[:, None].astype(np.float32)
    coarse = _on_lattice(repeats, middle, sides, _TURNS[None], _NEAR)
    for _ in range(_CANDIDATES):
        i, j = np.unravel_index(np.argmax(coarse), coarse.shape)
        near_sides = (sides[i, 0] + np.arange(-0.6, 0.61, 0.05))[:, None].astype(np.float32)
        near_turns = (_TURNS[j] + np.radians(np.arange(-0.3, 0.31, 0.05)))[None].astype(np.float32)
        fine = _on_lattice(repeats, middle, near_sides, near_turns, _FAR)
        p, q = np.unravel_index(np.argmax(fine), fine.shape)
        yield Lattice(float(near_sides[p, 0]), float(near_turns[0, q]))
        coarse[max(0, i - 4) : i + 5, max(0, j - 2) : j + 3] = -1e9


def _autocorrelation(residual: FloatArray) -> tuple[FloatArray, tuple[int, int]]:
    """How alike the picture is to itself, shifted; and where in that no shift is."""
    height, width = (cv2.getOptimalDFTSize(each + 300) for each in residual.shape)
    power = (np.abs(np.fft.rfft2(residual, (height, width))) ** 2).astype(np.float32)
    power /= cv2.blur(power, (31, 31)) + 1e-9
    power *= np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]) > 0.03
    power = np.minimum(power, 12)
    alike = np.fft.fftshift(np.fft.irfft2(power - power.mean(), (height, width))).astype(np.float32)
    return cv2.GaussianBlur(alike / alike.std(), (0, 0), 0.7).astype(np.float32), (height // 2, width // 2)


def _on_lattice(
    repeats: FloatArray,
    middle: tuple[int, int],
    sides: FloatArray,
    turns: FloatArray,
    points: tuple[tuple[int, int], ...],
) -> FloatArray:
    """The sum over the points of each lattice, (sides, turns)."""
    across, down = sides * np.cos(turns), sides * np.sin(turns)
    total = np.zeros(across.shape, np.float32)
    for i, j in points:
        x = (middle[1] + i * across - j * down).astype(np.float32)
        y = (middle[0] + i * down + j * across).astype(np.float32)
        total += np.clip(cv2.remap(repeats, x, y, cv2.INTER_LINEAR, borderValue=0), -2, 8)
    return total
