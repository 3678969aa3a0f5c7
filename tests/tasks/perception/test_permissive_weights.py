"""STORYKIN_WEIGHTS=permissive: the engine works without what was trained on pictures for research only."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tasks.errors import ModelsMissing
from tasks.perception import nets
from tasks.perception.analyze import analyze
from tasks.perception.character_sheet import CharacterSheet, FaceClass, map_from_units
from tasks.perception.faces import detect_faces
from tasks.perception.identity import embedding
from tasks.perception.measure_sheet import measure_sheet
from tasks.perception.weights import missing_weights, what_is_weaker
from tests.tasks.conftest import Image


@pytest.fixture
def permissive(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the weights that stay, and none loaded before."""
    for path in weights.iterdir():
        if path.name.startswith(("face_detection", "face_landmark", "iris", "selfie")):
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("STORYKIN_WEIGHTS", "permissive")
    for network in nets._ALL:
        monkeypatch.setattr(network, "_loaded", None)


def class_at(sheet: CharacterSheet, x: float, y: float) -> FaceClass:
    column, row = np.round(map_from_units(np.array([x, y]))).astype(int)
    return FaceClass(int(sheet.classes[:, row, column].argmax()))


@pytest.mark.usefixtures("permissive")
def test_a_face_is_measured_all_the_same(portrait: Callable[[str], Image]) -> None:
    sheet = measure_sheet(analyze(portrait("obama")))
    assert sheet.traits.age_band.value is None
    assert sheet.traits.headwear.value in (None, "none")
    assert [class_at(sheet, x, y) for x, y in [(0, -115), (0, -88), (0, -47), (0, 60)]] == [
        FaceClass.HAIR,
        FaceClass.SKIN,
        FaceClass.NOSE,
        FaceClass.CLOTH,
    ]
    assert class_at(sheet, *sheet.irises[0][0]) is FaceClass.RIGHT_EYE
    assert float(sheet.classes.sum(0).max()) < 1.1


@pytest.mark.usefixtures("permissive")
def test_no_photo_is_too_odd(portrait: Callable[[str], Image]) -> None:
    gray = cv2.cvtColor(cv2.cvtColor(portrait("biden"), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    sheet = measure_sheet(analyze(np.asarray(gray[:, ::-1].copy(), np.uint8)))
    assert np.isfinite(sheet.classes).all()


@pytest.mark.usefixtures("permissive")
def test_what_is_left_out_is_neither_missed_nor_used(portrait: Callable[[str], Image]) -> None:
    assert missing_weights() == []
    assert "hats are not seen" in (what_is_weaker() or "")
    nets.warm()
    face = detect_faces(portrait("obama"))[0]
    with pytest.raises(ModelsMissing):
        embedding(portrait("obama"), face)


@pytest.mark.usefixtures("weights")
def test_with_all_weights_nothing_is_weaker() -> None:
    assert what_is_weaker() is None
