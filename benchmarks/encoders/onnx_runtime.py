"""The default encoder's forward pass in NumPy and in ONNX Runtime, in turns: processor time per text.

    python benchmarks/encoders/onnx_runtime.py

Needs the packages ``onnx`` and ``onnxruntime``, which Midthought does not. The graph is built from the same weights
with ONNX Runtime's own fused operators. Both run in one thread. Texts are random tokens, of equal length in a batch,
which spares ONNX Runtime the padding; tokenising is left out.
"""

import os
import time
from collections.abc import Callable, Mapping

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from threadpoolctl import threadpool_info, threadpool_limits

from midthought.retrieval.encoders.bert import BertModel
from midthought.retrieval.encoders.minilm import packaged_minilm
from midthought.retrieval.encoders.safetensors_file import read_tensors

HEADS, LAYERS, FEATURES = 12, 6, 384
FUSED = "com.microsoft"
SHAPES = ((8, 1), (24, 1), (64, 1), (24, 4), (24, 8), (64, 8))
"""Tokens per text, and texts per batch."""
ROUNDS = 40
Tensors = Mapping[str, NDArray[np.float32]]
Encode = Callable[[list[list[int]]], NDArray[np.float32]]


class Graph:
    """The graph while it is built."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: object) -> list[str]:
        """Add an operator and return the names of its outputs."""
        names = [f"{operator}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names

    def constant(self, array: NDArray[np.generic]) -> str:
        """Add an array and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def multiply(self, x: str, *names: str) -> str:
        """Add the product with the weights of these layers, side by side."""
        weight = np.concatenate([self.tensors[f"{name}.weight"].T for name in names], axis=1)
        return self.add("MatMul", x, self.constant(weight))[0]

    def bias(self, *names: str) -> str:
        """Add the biases of these layers, one after the other."""
        return self.constant(np.concatenate([self.tensors[f"{name}.bias"] for name in names]))

    def norm(self, x: str, skipped: str, name: str, *bias: str) -> str:
        """Add the normalisation of a sum."""
        weight, shift = (self.constant(self.tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        inputs = (x, skipped, weight, shift, *bias)
        return self.add("SkipLayerNormalization", *inputs, domain=FUSED, epsilon=1e-12)[0]

    def layer(self, x: str, prefix: str, sizes: str) -> str:
        """Add one layer."""
        own = [f"{prefix}attention.self.{name}" for name in ("query", "key", "value")]
        parts = self.add("Split", self.multiply(x, *own), sizes, outputs=3, axis=-1)
        attended = self.add("MultiHeadAttention", *parts, self.bias(*own), domain=FUSED, num_heads=HEADS)[0]
        output, wide, narrow = (f"{prefix}{name}.dense" for name in ("attention.output", "intermediate", "output"))
        norm = f"{prefix}attention.output.LayerNorm"
        x = self.norm(self.multiply(attended, output), x, norm, self.bias(output))
        changed = self.add("BiasGelu", self.multiply(x, wide), self.bias(wide), domain=FUSED)[0]
        return self.norm(self.multiply(changed, narrow), x, f"{prefix}output.LayerNorm", self.bias(narrow))


def build_graph(tensors: Tensors) -> bytes:
    """Return the model from token ids and positions to the features of each token."""
    graph = Graph(tensors)
    positions = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    words = graph.add("Gather", graph.constant(tensors["embeddings.word_embeddings.weight"]), "ids")[0]
    x = graph.norm(words, graph.add("Gather", graph.constant(positions), "places")[0], "embeddings.LayerNorm")
    sizes = graph.constant(np.full(3, FEATURES, np.int64))
    for number in range(LAYERS):
        x = graph.layer(x, f"encoder.layer.{number}.", sizes)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "l"]) for name in ("ids", "places")]
    outputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["b", "l", FEATURES])]
    made = helper.make_graph(graph.nodes, "minilm", inputs, outputs, graph.constants)
    domains = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
    content: bytes = helper.make_model(made, opset_imports=domains, ir_version=8).SerializeToString()
    return content


def make_encoders() -> dict[str, Encode]:
    """Return both ways to encode."""
    tensors = read_tensors(packaged_minilm() / "model.safetensors")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(build_graph(tensors), options, providers=["CPUExecutionProvider"])

    def encode(texts: list[list[int]]) -> NDArray[np.float32]:
        ids = np.asarray(texts, np.int64)
        places = np.tile(np.arange(ids.shape[1]), (len(ids), 1))
        rows = session.run(None, {"ids": ids, "places": places})[0].sum(axis=1)
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    return {"NumPy": BertModel(tensors, heads=HEADS).encode, "ONNX Runtime": encode}


def measure(encoders: Mapping[str, Encode], length: int, count: int) -> str:
    """Return the line of the table for one shape."""
    rng = np.random.default_rng(length * count)
    taken: dict[str, list[float]] = {name: [] for name in encoders}
    lowest = 1.0
    for _ in range(ROUNDS):
        texts = rng.integers(1000, 30_000, (count, length)).tolist()
        rows = []
        for name, encode in encoders.items():
            started = time.process_time()
            rows.append(encode(texts).astype(np.float64))
            taken[name].append((time.process_time() - started) * 1000 / count)
        lengths = np.linalg.norm(rows[0], axis=1) * np.linalg.norm(rows[1], axis=1)
        lowest = min(lowest, float(((rows[0] * rows[1]).sum(axis=1) / lengths).min()))
    cells = " | ".join(f"{np.median(values):.1f} / {min(values):.1f}" for values in taken.values())
    medians = [np.median(values) for values in taken.values()]
    return f"| {length} x {count} | {cells} | {medians[0] / medians[1]:.2f} | {1 - lowest:.0e} |"


def main() -> None:
    """Measure every shape and print the table."""
    encoders = make_encoders()
    print([library["version"] for library in threadpool_info() if library["user_api"] == "blas"], np.__version__)
    print("load", os.getloadavg()[0])
    print("| tokens x texts | NumPy, ms median / least | ONNX Runtime | ratio of medians | 1 - least cosine |")
    print("|---|---|---|---|---|")
    with threadpool_limits(1, user_api="blas"):
        for length, count in SHAPES:
            print(measure(encoders, length, count), flush=True)


if __name__ == "__main__":
    main()
