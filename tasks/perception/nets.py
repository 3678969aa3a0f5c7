"""The networks: one copy of each in a process, loaded when first used, each behind a lock.

A cv2.dnn network keeps its inputs and outputs inside itself, so two threads must not share one at the same
time. Each forward pass is a few milliseconds and uses every core by itself: waiting for a lock costs less
than a second copy of the weights.
"""

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.perception.weights.installed import is_left_out, weight_path
from tasks.perception.weights.manifest import (
    AGE,
    FACE_DETECTOR,
    FACE_IDENTITY,
    FACE_MESH,
    FACE_PARSER,
    IRIS,
    PERSON,
    Weight,
)

# The environment variable comes too late where another library imported cv2 first.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

Tensor = NDArray[np.float32]


class _Shared:
    """A network and the lock that whoever uses it holds."""

    def __init__(self, weight: Weight, load: Callable[[str], Any]) -> None:
        self.weight = weight
        self._load = load
        self._loaded: Any = None
        self.lock = threading.Lock()

    def get(self) -> Any:
        """The network. The caller holds the lock. Raises `ModelsMissing`."""
        if self._loaded is None or is_left_out(self.weight):
            self._loaded = self._load(str(weight_path(self.weight)))
        return self._loaded

    def after_fork(self) -> None:
        """In a forked child: a network that another thread was using is in an unknown state."""
        if self.lock.locked():
            self._loaded = None
        self.lock = threading.Lock()


def _load_detector(path: str) -> Any:
    return cv2.FaceDetectorYN.create(path, "", (320, 320), score_threshold=0.6, nms_threshold=0.3, top_k=500)


_detector = _Shared(FACE_DETECTOR, _load_detector)
_mesh = _Shared(FACE_MESH, cv2.dnn.readNetFromTFLite)
_iris = _Shared(IRIS, cv2.dnn.readNetFromTFLite)
_person = _Shared(PERSON, cv2.dnn.readNetFromTFLite)
_age = _Shared(AGE, cv2.dnn.readNetFromONNX)
# FaceRecognizerSF trips over this file's listed initialisers (OpenCV 5.0); the plain importer does not,
# when the input is named.
_identity = _Shared(FACE_IDENTITY, cv2.dnn.readNetFromONNX)
# OpenCV 5.0's classic engine is a little faster here, and keeps 300 MB more.
_parser = _Shared(FACE_PARSER, cv2.dnn.readNetFromONNX)

_ALL = (_detector, _mesh, _iris, _person, _age, _identity, _parser)


def _after_fork_in_child() -> None:
    for shared in _ALL:
        shared.after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)


def warm() -> None:
    """Load every network in use now. Raises `ModelsMissing`."""
    for shared in _ALL:
        if is_left_out(shared.weight):
            continue
        with shared.lock:
            shared.get()


def _forward(shared: _Shared, blob: Tensor, outputs: Sequence[str], input_name: str = "") -> list[Tensor]:
    with shared.lock:
        net = shared.get()
        net.setInput(blob, input_name)
        # Copies: the network owns what it returns, and the next caller overwrites it.
        return [np.array(net.forward(name) if name else net.forward(), dtype=np.float32) for name in outputs]


def _unit_blob(crop: NDArray[np.uint8], side: int) -> Tensor:
    return np.asarray(cv2.dnn.blobFromImage(crop, 1 / 255.0, (side, side), swapRB=True), np.float32)


def detect(image: NDArray[np.uint8]) -> Tensor:
    """Nx15 raw faces: box (4), five landmarks (10), score; in pixels of `image`."""
    with _detector.lock:
        detector = _detector.get()
        detector.setInputSize((image.shape[1], image.shape[0]))
        _, found = detector.detect(image)
        return np.zeros((0, 15), np.float32) if found is None else np.array(found, np.float32)


def mesh_points(crop: NDArray[np.uint8]) -> tuple[Tensor, float]:
    """A 192x192 BGR face crop -> 468x3 points in crop pixels, and the confidence (0..1) that it is a face."""
    score, points = _forward(_mesh, _unit_blob(crop, 192), ("conv2d_31", "conv2d_21"))
    return points.reshape(468, 3), float(1 / (1 + np.exp(-score.ravel()[0])))


def iris_points(crop: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """A 64x64 BGR crop of an eye, outer corner left -> 5x2 iris and 16x2 lid points in crop pixels."""
    iris, contour = _forward(_iris, _unit_blob(crop, 64), ("output_iris", "output_eyes_contours_and_brows"))
    return iris.reshape(5, 3)[:, :2], contour.reshape(71, 3)[:16, :2]


def person_probability(crop: NDArray[np.uint8]) -> Tensor:
    """256x256 probability of "a person" over a crop of any shape (it is squeezed to a square)."""
    (probability,) = _forward(_person, _unit_blob(crop, 256), ("",))
    return probability.reshape(256, 256)


def age_distribution(crop: NDArray[np.uint8]) -> Tensor:
    """A 64x64 aligned BGR face -> 81 probabilities, one a year from 0."""
    blob = cv2.dnn.blobFromImage(crop, 1 / 256.0, swapRB=True, mean=(122.782, 117.001, 104.298))
    (probabilities,) = _forward(_age, np.asarray(blob, np.float32), ("",))
    return probabilities.ravel()


def identity_vector(aligned: NDArray[np.uint8]) -> Tensor:
    """A 112x112 aligned BGR face -> 128 raw SFace features."""
    blob = cv2.dnn.blobFromImage(aligned, 1.0, (112, 112), swapRB=True)
    (vector,) = _forward(_identity, np.asarray(blob, np.float32), ("",), input_name="data")
    return vector.ravel()


_IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def face_classes(crop: NDArray[np.uint8]) -> Tensor:
    """A BGR crop of a face, sides multiples of 32 -> 19 x rows / 8 x columns / 8 class probabilities."""
    rgb = crop[..., ::-1].astype(np.float32) / np.float32(255)
    blob = ((rgb - _IMAGENET_MEAN) / _IMAGENET_DEVIATION).transpose(2, 0, 1)[None]
    (logits,) = _forward(_parser, np.ascontiguousarray(blob), ("",), input_name="x")
    odds = np.exp(logits[0] - logits[0].max(0))
    return np.asarray(odds / odds.sum(0), np.float32)
