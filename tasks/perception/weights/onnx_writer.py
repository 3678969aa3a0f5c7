"""A network as an ONNX file, written by hand: the few messages of its protobuf that a network needs.

Field numbers are those of onnx.proto3. The same calls give the same bytes.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_VARINT, _BYTES, _FIXED32 = 0, 2, 5
_FLOAT, _INT, _STRING, _INTS = 1, 2, 3, 7  # AttributeProto.AttributeType
FLOAT32 = 1  # TensorProto.DataType
_DATA_TYPES = {np.dtype(np.float32): FLOAT32, np.dtype(np.int64): 7, np.dtype(np.float16): 10}
_IR_VERSION, _OPSET = 8, 13

Attribute = int | float | str | Sequence[int]


def _varint(number: int) -> bytes:
    encoded = bytearray()
    number &= (1 << 64) - 1
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _field(number: int, value: int | float | str | bytes) -> bytes:
    if isinstance(value, float):
        return _varint(number << 3 | _FIXED32) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        kind, fields = _INT, _field(3, value)
    elif isinstance(value, float):
        kind, fields = _FLOAT, _field(2, value)
    elif isinstance(value, str):
        kind, fields = _STRING, _field(4, value)
    else:
        kind, fields = _INTS, b"".join(_field(8, each) for each in value)
    return _field(1, name) + fields + _field(20, kind)


def _tensor(name: str, values: NDArray[Any]) -> bytes:
    dims = b"".join(_field(1, side) for side in values.shape)
    data = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    return dims + _field(2, _DATA_TYPES[values.dtype]) + _field(8, name) + _field(9, data)


def _value_info(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_field(1, _field(1, side)) for side in shape)
    of_floats = _field(1, _DATA_TYPES[np.dtype(np.float32)]) + _field(2, dims)
    return _field(1, name) + _field(2, _field(1, of_floats))


class Graph:
    """A network under construction. Values between nodes are named by the graph, in the order they come."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self._count = 0

    def _fresh(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def constant(self, values: NDArray[Any]) -> str:
        """A tensor of float32, float16 or int64; its name."""
        name = self._fresh()
        self._tensors.append(_tensor(name, values))
        return name

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: Attribute) -> str:
        """An operator of ONNX's opset 13 on named values ("" is an input left out); its output's name."""
        output = output or self._fresh()
        fields = [_field(1, each) for each in inputs] + [_field(2, output), _field(4, operator)]
        fields += [_field(5, _attribute(name, value)) for name, value in sorted(attributes.items())]
        self._nodes.append(b"".join(fields))
        return output

    def model(self, entry: tuple[str, Sequence[int]], result: tuple[str, Sequence[int]]) -> bytes:
        """The ONNX file of a network with one input and one output: names and shapes, of float32."""
        fields = [_field(1, node) for node in self._nodes] + [_field(2, self._name)]
        fields += [_field(5, tensor) for tensor in self._tensors]
        fields += [_field(11, _value_info(*entry)), _field(12, _value_info(*result))]
        graph = b"".join(fields)
        return _field(1, _IR_VERSION) + _field(7, graph) + _field(8, _field(2, _OPSET))
