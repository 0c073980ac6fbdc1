"""The forward pass of `bert.py` in ONNX Runtime: the same vectors, in less processor time.

Its weights are packed for the products once, its operators do several steps at once, and it holds no lock of Python
while it computes: with eight threads that matters most. Measured in ``benchmarks/encoders/results.md``.

The tokens of all texts lie side by side without padding. Only attention pads them to the longest text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import MissingExtra
from midthought.retrieval.encoders.bert import EPSILON, Array
from midthought.retrieval.encoders.onnx_file import OnnxGraph

_INPUTS: dict[str, type[np.generic]] = {
    "embedded": np.float32,
    "padded": np.int64,
    "lengths": np.int32,
    "flat": np.int64,
}


class OnnxBertModel:
    """A BERT encoder, ready to run; threads may share it, and each computes in itself.

    Args:
        tensors: the weights by their published names.
        heads: attention heads per layer.

    Raises:
        MissingExtra: ONNX Runtime is not installed.
    """

    def __init__(self, tensors: Mapping[str, Array], *, heads: int) -> None:
        self._words = tensors["embeddings.word_embeddings.weight"]
        types = tensors["embeddings.token_type_embeddings.weight"]
        self._positions = tensors["embeddings.position_embeddings.weight"] + types[0]
        self._session = _open(_build(tensors, heads))

    def encode(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return one unit row per text of token ids; of texts with similar lengths less is padded."""
        lengths = np.array([len(ids) for ids in texts])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        tokens = np.concatenate([np.asarray(ids, np.intp) for ids in texts])
        places = np.arange(len(tokens)) - np.repeat(starts, lengths)
        width = np.arange(lengths.max())
        given = {
            "embedded": self._words[tokens] + self._positions[places],
            "padded": np.where(width < lengths[:, None], starts[:, None] + width, 0),
            "lengths": lengths.astype(np.int32),
            "flat": np.repeat(np.arange(len(texts)) * len(width), lengths) + places,
        }
        rows = np.add.reduceat(self._session.run(None, given)[0], starts, axis=0)  # the mean, scaled to length 1
        unit: Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def _open(model: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra("onnxruntime", extra="onnx", purpose="encoding in ONNX Runtime") from error
    options = onnxruntime.SessionOptions()
    # In the calling thread: threads of the session would not survive a fork, and spin while they wait for each other.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: a machine without a GPU is no reason to print a warning
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _build(tensors: Mapping[str, NDArray[np.float32]], heads: int) -> bytes:
    """Return the model from the sums of both embeddings, one row per token, to the features of each token."""
    graph = OnnxGraph()
    norm = _constants(graph, tensors, "embeddings.LayerNorm")
    (x,) = graph.add("LayerNormalization", "embedded", *norm, axis=-1, epsilon=EPSILON)
    count = sum(name.endswith(".intermediate.dense.weight") for name in tensors)
    for number in range(count):
        x = _add_layer(graph, tensors, x, prefix=f"encoder.layer.{number}.", heads=heads)
    return graph.to_bytes(_INPUTS, x)


def _add_layer(graph: OnnxGraph, tensors: Mapping[str, Array], x: str, *, prefix: str, heads: int) -> str:
    own = [f"{prefix}attention.self.{name}" for name in ("query", "key", "value")]
    (padded,) = graph.add("Gather", _multiply(graph, tensors, x, *own), "padded", axis=0)
    parts = graph.add("Split", padded, count=3, axis=-1)
    bias = graph.constant(np.concatenate([tensors[f"{name}.bias"] for name in own]))
    attended = graph.add_fused("MultiHeadAttention", *parts, bias, "lengths", num_heads=heads)
    features = len(tensors[f"{own[0]}.bias"])
    (rows,) = graph.add("Reshape", attended, graph.constant(np.array([-1, features], np.int64)))
    (kept,) = graph.add("Gather", rows, "flat", axis=0)
    x = _add_normalised(graph, tensors, kept, x, f"{prefix}attention.output")
    wide = f"{prefix}intermediate.dense"
    bias = graph.constant(tensors[f"{wide}.bias"])
    changed = graph.add_fused("BiasGelu", _multiply(graph, tensors, x, wide), bias)
    return _add_normalised(graph, tensors, changed, x, f"{prefix}output")


def _add_normalised(graph: OnnxGraph, tensors: Mapping[str, Array], x: str, before: str, name: str) -> str:
    """Add a layer and what was before it, and normalise the sum."""
    bias = graph.constant(tensors[f"{name}.dense.bias"])
    norm = _constants(graph, tensors, f"{name}.LayerNorm")
    product = _multiply(graph, tensors, x, f"{name}.dense")
    return graph.add_fused("SkipLayerNormalization", product, before, *norm, bias, epsilon=EPSILON)


def _multiply(graph: OnnxGraph, tensors: Mapping[str, Array], x: str, *names: str) -> str:
    """Add the product with the weights of these layers, side by side."""
    weight = np.concatenate([tensors[f"{name}.weight"].T for name in names], axis=1)
    return graph.add("MatMul", x, graph.constant(weight))[0]


def _constants(graph: OnnxGraph, tensors: Mapping[str, Array], name: str) -> list[str]:
    return [graph.constant(tensors[f"{name}.{part}"]) for part in ("weight", "bias")]
