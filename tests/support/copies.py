"""What happens to pictures out there: copies that are smaller, cropped, compressed."""

from collections.abc import Callable

import cv2
import numpy as np

from tasks.arrays import BgrBytes

Attack = Callable[[BgrBytes, np.random.Generator], BgrBytes]


def jpeg(pixels: BgrBytes, quality: int) -> BgrBytes:
    return _again(pixels, ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


def webp(pixels: BgrBytes, quality: int) -> BgrBytes:
    return _again(pixels, ".webp", cv2.IMWRITE_WEBP_QUALITY, quality)


def resized(pixels: BgrBytes, scale: float) -> BgrBytes:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def cropped(pixels: BgrBytes, share: float, random: np.random.Generator) -> BgrBytes:
    height, width = (int(each * share**0.5) for each in pixels.shape[:2])
    top = int(random.integers(0, pixels.shape[0] - height + 1))
    left = int(random.integers(0, pixels.shape[1] - width + 1))
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])


def turned(pixels: BgrBytes, degrees: float) -> BgrBytes:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    white = (255.0, 255.0, 255.0)
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=white), np.uint8
    )


def screenshot(pixels: BgrBytes, random: np.random.Generator) -> BgrBytes:
    """Shown smaller, somewhere on a screen of 1920x1080."""
    shown = np.asarray(cv2.resize(pixels, None, fx=0.83, fy=0.83, interpolation=cv2.INTER_LINEAR), np.uint8)
    screen = np.full((1080, 1920, 3), 236, np.uint8)
    top = int(random.integers(0, 1080 - shown.shape[0] + 1))
    left = int(random.integers(0, 1920 - shown.shape[1] + 1))
    screen[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return screen


def _again(pixels: BgrBytes, suffix: str, option: int, value: int) -> BgrBytes:
    data = cv2.imencode(suffix, pixels, [option, value])[1]
    again = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert again is not None
    return np.asarray(again, np.uint8)


ATTACKS: dict[str, Attack] = {
    "as it is": lambda pixels, _random: pixels,
    "JPEG 90": lambda pixels, _random: jpeg(pixels, 90),
    "JPEG 75": lambda pixels, _random: jpeg(pixels, 75),
    "JPEG 50": lambda pixels, _random: jpeg(pixels, 50),
    "WebP 80": lambda pixels, _random: webp(pixels, 80),
    "half size": lambda pixels, _random: resized(pixels, 0.5),
    "half size, JPEG 75": lambda pixels, _random: jpeg(resized(pixels, 0.5), 75),
    "one and a half": lambda pixels, _random: resized(pixels, 1.5),
    "a quarter of it": lambda pixels, random: cropped(pixels, 0.25, random),
    "a quarter, JPEG 75": lambda pixels, random: jpeg(cropped(pixels, 0.25, random), 75),
    "turned by 1 degree": lambda pixels, _random: turned(pixels, 1),
    "turned by 3 degrees": lambda pixels, _random: turned(pixels, 3),
    "screenshot": screenshot,
    "screenshot, JPEG 75": lambda pixels, random: jpeg(screenshot(pixels, random), 75),
    "half of it, 0.75, JPEG 75": lambda pixels, random: jpeg(resized(cropped(pixels, 0.5, random), 0.75), 75),
}
