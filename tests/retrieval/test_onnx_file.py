"""An ONNX model that is written by hand has the messages that the format asks for."""

import struct

import numpy as np

from midthought.retrieval.encoders.onnx_file import FUSED, OnnxGraph

Message = dict[int, list[bytes | int]]


def read_message(content: bytes) -> Message:
    """Return the values of a protobuf message by the number of their field."""
    fields: Message = {}
    place = 0

    def read_varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = content[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(content):
        number, kind = divmod(read_varint(), 8)
        if kind == 5:
            fields.setdefault(number, []).append(content[place : place + 4])
            place += 4
            continue
        value: bytes | int = read_varint()
        if kind == 2:
            assert isinstance(value, int)
            value, place = content[place : place + value], place + value
        fields.setdefault(number, []).append(value)
    return fields


def inner(message: Message, number: int, place: int = 0) -> Message:
    """Return a message inside another."""
    content = message[number][place]
    assert isinstance(content, bytes)
    return read_message(content)


def test_a_graph_holds_its_operators_and_constants() -> None:
    """Operators with their inputs, outputs, domain and attributes; constants with type, shape and numbers."""
    graph = OnnxGraph()
    weight = np.arange(600, dtype=np.float32).reshape(300, 2)
    (product,) = graph.add("MatMul", "x", graph.constant(weight))
    split = graph.add("Split", product, count=2, axis=-1)
    fused = graph.add_fused("MultiHeadAttention", *split, num_heads=12)
    model = read_message(graph.to_bytes({"x": np.float32}, fused))
    written = inner(model, 7)
    multiplied, halved, attended = (inner(written, 1, place) for place in range(3))
    assert multiplied[1] == [b"x", b"constant_0"]
    assert multiplied[4] == [b"MatMul"]
    assert [name.encode() for name in split] == halved[2]
    assert inner(halved, 5)[3] == [(1 << 64) - 1]  # -1, as protobuf writes it
    assert attended[7] == [FUSED.encode()]
    assert inner(attended, 5) == {1: [b"num_heads"], 3: [12], 20: [2]}
    constant = inner(written, 5)
    assert (constant[1], constant[2]) == ([300, 2], [1])
    assert constant[9] == [weight.tobytes()]
    assert inner(written, 12)[1] == [fused.encode()]
    assert {one for place in range(2) for one in inner(model, 8, place).get(1, [])} == {FUSED.encode()}


def test_an_attribute_is_written_by_its_type() -> None:
    """A decimal number in four bytes, a whole number by itself; each says which it is."""
    graph = OnnxGraph()
    (output,) = graph.add("LayerNormalization", "x", "scale", axis=-1, epsilon=1e-12)
    norm = inner(inner(read_message(graph.to_bytes({"x": np.float32}, output)), 7), 1)
    assert inner(norm, 5) == {1: [b"axis"], 3: [(1 << 64) - 1], 20: [2]}
    assert inner(norm, 5, 1) == {1: [b"epsilon"], 2: [struct.pack("<f", 1e-12)], 20: [1]}


def test_inputs_tell_their_types() -> None:
    """Each with its name; numbers of other types cannot be written."""
    graph = OnnxGraph()
    (output,) = graph.add("Gather", "table", "tokens")
    kinds = {"table": np.float32, "tokens": np.int64, "mask": np.int32}
    written = inner(read_message(graph.to_bytes(kinds, output)), 7)
    given = [inner(written, 11, place) for place in range(3)]
    assert [one[1] for one in given] == [[b"table"], [b"tokens"], [b"mask"]]
    assert [inner(inner(one, 2), 1)[1] for one in given] == [[1], [7], [6]]
