import cv2
import numpy as np
import pytest

from tasks.arrays import BgrBytes
from tasks.marks.facts import DigitalSource, MarkFacts
from tasks.marks.identity import MarkIdentity, identity_of

MARK_ID = 0x0123456789ABCDEF


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> MarkIdentity:
    return identity_of(tmp_path_factory.mktemp("marks"), None, None)


@pytest.fixture(scope="session")
def painted() -> BgrBytes:
    """A picture with texture, flat places and white paper, 640x800."""
    random = np.random.default_rng(7)
    fine = cv2.GaussianBlur(random.normal(0, 60, (800, 640)).astype(np.float32), (0, 0), 2)
    pixels = np.full((800, 640, 3), 255, np.uint8)
    cv2.circle(pixels, (320, 380), 260, (150, 190, 230), -1)
    cv2.rectangle(pixels, (120, 520), (520, 799), (90, 120, 60), -1)
    textured = np.clip(pixels.astype(np.float32) + fine[..., None], 0, 255).astype(np.uint8)
    pixels[150:800] = np.where(pixels[150:800] == 255, 255, textured[150:800])
    pixels[300:420, 240:400] = (170, 200, 240)
    return pixels


@pytest.fixture(scope="session")
def drawing(painted: BgrBytes) -> bytes:
    return cv2.imencode(".png", painted)[1].tobytes()


@pytest.fixture
def facts() -> MarkFacts:
    return MarkFacts(
        mark_id=MARK_ID,
        source=DigitalSource.ALGORITHMIC,
        provider="local",
        model="engine",
        style="flat",
        style_version="3",
        picture="hmac-sha256:aa",
        photo="hmac-sha256:bb",
    )
