"""Writing an ONNX model, as far as an encoder needs it: the messages of ``onnx.proto`` as protobuf bytes.

Written by hand, because the package `onnx` takes 28 MB more and is needed for nothing else. The numbers of fields are
those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Attributes = Mapping[str, int | float]
_IR_VERSION, _OPSET = 8, 17
FUSED = "com.microsoft"
"""The domain of ONNX Runtime's own operators, which do several steps at once."""
_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int32): 6, np.dtype(np.int64): 7}
_WHOLE, _BYTES, _FLOAT = 0, 2, 5
"""How protobuf writes a value: as a varint, behind its length, in four bytes."""
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT = 1, 2


class OnnxGraph:
    """A graph while it is built: operators in the order in which they run, and constants."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def add(self, operator: str, *inputs: str, count: int = 1, **attributes: int | float) -> tuple[str, ...]:
        """Add a standard operator; return the names of its outputs. An input that is left out is empty."""
        return self._add(operator, "", inputs, count, attributes)

    def add_fused(self, operator: str, *inputs: str, **attributes: int | float) -> str:
        """Add one of ONNX Runtime's own operators; return the name of its output."""
        return self._add(operator, FUSED, inputs, 1, attributes)[0]

    def _add(
        self, operator: str, domain: str, inputs: Sequence[str], count: int, attributes: Attributes
    ) -> tuple[str, ...]:
        names = tuple(f"{operator}_{len(self._nodes)}_{number}" for number in range(count))
        written = [_attribute(name, value) for name, value in attributes.items()]
        parts = [*_texts(1, inputs), *_texts(2, names), _text(4, operator), *_messages(5, written), _text(7, domain)]
        self._nodes.append(b"".join(parts))
        return names

    def constant(self, array: NDArray[np.generic]) -> str:
        """Add an array; return its name."""
        name = f"constant_{len(self._constants)}"
        dims = b"".join(_whole(1, size) for size in array.shape)
        content = _field(9, np.ascontiguousarray(array).tobytes())
        self._constants.append(b"".join([dims, _whole(2, _TYPES[array.dtype]), _text(8, name), content]))
        return name

    def to_bytes(self, inputs: Mapping[str, type[np.generic]], output: str) -> bytes:
        """Return the model; the inputs and the output may have any shape."""
        given = [_value(name, np.dtype(kind)) for name, kind in inputs.items()]
        result = _value(output, np.dtype(np.float32))
        graph = b"".join(
            [
                *_messages(1, self._nodes),
                _text(2, "midthought"),
                *_messages(5, self._constants),
                *_messages(11, given),
                _field(12, result),
            ]
        )
        operators = [_whole(2, _OPSET), _text(1, FUSED) + _whole(2, 1)]
        return b"".join([_whole(1, _IR_VERSION), _field(7, graph), *_messages(8, operators)])


def _value(name: str, kind: np.dtype[np.generic]) -> bytes:
    tensor = _whole(1, _TYPES[kind])
    return _text(1, name) + _field(2, _field(1, tensor))


def _attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _key(2, _FLOAT) + struct.pack("<f", value) + _whole(20, _ATTRIBUTE_FLOAT)
    return _text(1, name) + _whole(3, value) + _whole(20, _ATTRIBUTE_INT)


def _messages(number: int, messages: Iterable[bytes]) -> list[bytes]:
    return [_field(number, message) for message in messages]


def _texts(number: int, texts: Iterable[str]) -> list[bytes]:
    return [_text(number, text) for text in texts]


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _whole(number: int, value: int) -> bytes:
    return _key(number, _WHOLE) + _varint(value % (1 << 64))


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first; each except the last has the highest bit set."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
