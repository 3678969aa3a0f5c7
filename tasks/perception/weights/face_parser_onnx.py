"""The face parser as an ONNX file, from the weights that torch saved.

BiSeNet (Yu et al., 2018) on a ResNet-18, with 19 classes, as in zllrunning/face-parsing.PyTorch: the context
path's three scales, the feature fusion module, and the first of its three heads; the two that only help
training are left out. Batch normalisation is folded into the convolutions, in double precision, so that every
machine rounds to the same bytes.
"""

from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tasks.perception.weights.bad_torch_file import BadTorchFile
from tasks.perception.weights.onnx_writer import FLOAT32, Graph
from tasks.perception.weights.torch_file import read_tensors

_EPSILON = 1e-5  # torch's default in BatchNorm2d
_SIDE, _CLASSES = 512, 19
_BACKBONE = "cp.resnet"


class _Builder:
    """Adds the layers of one network to a graph, with their weights."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.graph = Graph("bisenet")
        self.weights = weights

    def conv(self, x: str, name: str, norm: str | None = None, *, stride: int = 1, pad: int = 0) -> str:
        """A convolution, with the batch normalisation that follows it in torch."""
        kernel = self.weights[f"{name}.weight"].astype(np.float64)
        bias = np.zeros(len(kernel))
        if norm is not None:
            mean, variance, gamma, beta = (
                self.weights[f"{norm}.{part}"].astype(np.float64)
                for part in ("running_mean", "running_var", "weight", "bias")
            )
            gain = gamma / np.sqrt(variance + _EPSILON)
            kernel, bias = kernel * gain[:, None, None, None], beta - mean * gain
        constants = [self.half(values) for values in (kernel, bias)]
        shape = [int(side) for side in kernel.shape[2:]]
        return self.graph.node(
            "Conv", x, *constants, kernel_shape=shape, strides=[stride] * 2, pads=[pad] * 4
        )

    def half(self, values: NDArray[Any]) -> str:
        """A constant that is kept at half precision: half the file, the same classes."""
        return self.graph.node("Cast", self.graph.constant(values.astype(np.float16)), to=FLOAT32)

    def conv_relu(self, x: str, name: str, *, pad: int = 1) -> str:
        """The repository's `ConvBNReLU`."""
        return self.relu(self.conv(x, f"{name}.conv", f"{name}.bn", pad=pad))

    def relu(self, x: str) -> str:
        return self.graph.node("Relu", x)

    def residual(self, x: str, name: str, stride: int) -> str:
        """A basic block of the ResNet."""
        inner = self.relu(self.conv(x, f"{name}.conv1", f"{name}.bn1", stride=stride, pad=1))
        inner = self.conv(inner, f"{name}.conv2", f"{name}.bn2", pad=1)
        if f"{name}.downsample.0.weight" in self.weights:
            x = self.conv(x, f"{name}.downsample.0", f"{name}.downsample.1", stride=stride)
        return self.relu(self.graph.node("Add", inner, x))

    def backbone(self, x: str) -> tuple[str, str, str]:
        """The features at an eighth, a sixteenth and a thirty-second of the picture's side."""
        x = self.relu(self.conv(x, f"{_BACKBONE}.conv1", f"{_BACKBONE}.bn1", stride=2, pad=3))
        x = self.graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        features = []
        for layer, stride in ((1, 1), (2, 2), (3, 2), (4, 2)):
            x = self.residual(x, f"{_BACKBONE}.layer{layer}.0", stride)
            x = self.residual(x, f"{_BACKBONE}.layer{layer}.1", 1)
            features.append(x)
        return features[1], features[2], features[3]

    def attention(self, x: str, name: str) -> str:
        """The attention refinement module."""
        features = self.conv_relu(x, f"{name}.conv")
        pooled = self.graph.node("GlobalAveragePool", features)
        weight = self.graph.node("Sigmoid", self.conv(pooled, f"{name}.conv_atten", f"{name}.bn_atten"))
        return self.graph.node("Mul", features, weight)

    def doubled(self, x: str) -> str:
        scales = self.graph.constant(np.array([1, 1, 2, 2], np.float32))
        return self.graph.node(
            "Resize",
            x,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def context(self, sixteenth: str, thirty_second: str) -> str:
        """The context path, from its deepest features up to an eighth of the picture's side."""
        pooled = self.graph.node("GlobalAveragePool", thirty_second)
        average = self.conv_relu(pooled, "cp.conv_avg", pad=0)
        deep = self.graph.node("Add", self.attention(thirty_second, "cp.arm32"), average)
        deep = self.conv_relu(self.doubled(deep), "cp.conv_head32")
        middle = self.graph.node("Add", self.attention(sixteenth, "cp.arm16"), deep)
        return self.conv_relu(self.doubled(middle), "cp.conv_head16")

    def fused(self, spatial: str, context: str) -> str:
        """The feature fusion module."""
        both = self.graph.node("Concat", spatial, context, axis=1)
        features = self.conv_relu(both, "ffm.convblk", pad=0)
        pooled = self.graph.node("GlobalAveragePool", features)
        weight = self.conv(self.relu(self.conv(pooled, "ffm.conv1")), "ffm.conv2")
        weighted = self.graph.node("Mul", features, self.graph.node("Sigmoid", weight))
        return self.graph.node("Add", weighted, features)


def onnx_of_face_parser(saved: IO[bytes]) -> bytes:
    """The network: input "x", 1x3x512x512, RGB normalised as ImageNet; output "y", 1x19x64x64, logits.

    Raises `BadTorchFile`.
    """
    builder = _Builder(read_tensors(saved))
    try:
        eighth, sixteenth, thirty_second = builder.backbone("x")
        features = builder.fused(eighth, builder.context(sixteenth, thirty_second))
        logits = builder.conv(builder.conv_relu(features, "conv_out.conv"), "conv_out.conv_out")
    except (KeyError, ValueError, IndexError) as error:
        raise BadTorchFile("not the weights of the face parser") from error
    builder.graph.node("Identity", logits, output="y")
    side = _SIDE // 8
    return builder.graph.model(("x", (1, 3, _SIDE, _SIDE)), ("y", (1, _CLASSES, side, side)))
