"""The tensors of a file that torch saved before its version 1.6, read without torch.

Such a file is five pickles (magic, protocol, system, state dict, storage keys) and then, storage by storage,
a 64-bit count and the numbers. A pickle may name any function of Python and have it called: here it may name
four, and those are our own.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.perception.weights.bad_torch_file import BadTorchFile

Array = NDArray[Any]
_NUMBERS: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001


class _Storage(NamedTuple):
    kind: str
    key: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]


def _rebuild_tensor(storage: _Storage, offset: int, shape: tuple[int, ...], *_others: object) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape))


_ALLOWED: Mapping[tuple[str, str], object] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch", "FloatStorage"): "FloatStorage",
    ("torch", "LongStorage"): "LongStorage",
}


class _TensorsOnly(pickle.Unpickler):  # an unpickler that can build nothing else
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _ALLOWED[module_name, global_name]
        except KeyError:
            raise BadTorchFile(f"a torch file asks for {module_name}.{global_name}") from None

    def persistent_load(self, pid: Any, /) -> _Storage:
        _, kind, key, *_rest = pid
        if kind not in _NUMBERS:
            raise BadTorchFile("a torch file has numbers of an unknown kind")
        return _Storage(str(kind), str(key))


def read_tensors(file: IO[bytes]) -> dict[str, Array]:
    """Every tensor of the saved state dict by its name. Raises `BadTorchFile`; nothing of the file is run."""
    try:
        return _tensors(file)
    except BadTorchFile:
        raise
    except (pickle.UnpicklingError, EOFError, struct.error, ValueError, TypeError, LookupError) as error:
        raise BadTorchFile("not a torch file") from error
    except (AttributeError, ImportError, OverflowError, MemoryError, RecursionError) as error:
        raise BadTorchFile("not a torch file") from error


def _tensors(file: IO[bytes]) -> dict[str, Array]:
    magic, protocol, _system = (_TensorsOnly(file).load() for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise BadTorchFile("not a torch file of the old kind")
    tensors: Mapping[str, _Tensor] = _TensorsOnly(file).load()
    kinds = {tensor.storage.key: tensor.storage.kind for tensor in tensors.values()}
    numbers = {str(key): _numbers(file, kinds[str(key)]) for key in _TensorsOnly(file).load()}
    return {name: _of_storage(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _numbers(file: IO[bytes], kind: str) -> Array:
    (count,) = struct.unpack("<q", file.read(8))
    number = _NUMBERS[kind]
    return np.asarray(np.frombuffer(file.read(count * number.itemsize), number, count))


def _of_storage(tensor: _Tensor, numbers: Array) -> Array:
    size = int(np.prod(tensor.shape, dtype=np.int64))
    return numbers[tensor.offset : tensor.offset + size].reshape(tensor.shape)
