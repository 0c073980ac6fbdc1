"""The forward pass of a BERT encoder (Devlin et al. 2019) in NumPy, with the mean over tokens as the text's vector.

Activations are kept with features first, shape ``(features, tokens)``, so that a layer computes ``weight @ x``. Which
shape OpenBLAS multiplies fastest depends on its version. All products of a text of 8 and of 24 tokens take, in ms of
processor time: in OpenBLAS 0.3.30 (NumPy 2.3.5) 7.3 and 13.2, but 11.3 and 13.8 as ``x @ weight`` with the weights
copied into shape ``(inputs, outputs)``; in 0.3.31 (NumPy 2.4.6) 6.8 and 10.4, or 4.8 and 8.9 with the copies.

The tokens of all texts lie side by side without padding: only attention looks at each text separately, so a short
text costs nothing more in a batch with a long one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

EPSILON = 1e-12
_EPSILON = np.float32(EPSILON)
_PIECE = 1 << 16
"""Numbers that GELU works on at a time. For 24 tokens it takes .11 ms per layer; in pieces of 1 << 14, .17 ms."""
_ERF_LIMIT = 4.0
_ERF_ABOVE = (
    *(-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05),
    *(-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02),
)
_ERF_BELOW = (
    *(-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03),
    *(-7.37332916720468e-03, -1.42647390514189e-02),
)
"""erf as a quotient of polynomials in x squared, as in Eigen (`generic_fast_erf_float`); NumPy has no erf."""


def _in_halved_squares(coefficients: Sequence[float], factor: float = 1.0) -> list[np.float32]:
    """Return the polynomial, times `factor`, for a variable that is twice as large."""
    degree = len(coefficients) - 1
    return [np.float32(factor * one * 0.5 ** (degree - place)) for place, one in enumerate(coefficients)]


# GELU needs erf(x / sqrt 2) / 2. With that in the coefficients, three passes over the numbers are saved.
_HALF = np.float32(0.5)
_HALF_ERF_LIMIT = np.float32(_ERF_LIMIT * 2**0.5)
_HALF_ERF_ABOVE = _in_halved_squares(_ERF_ABOVE, 0.5**1.5)
_HALF_ERF_BELOW = _in_halved_squares(_ERF_BELOW)


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        y: Array = self.weight @ x
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """Normalise each token, in place."""
        x -= x.mean(axis=0)
        x /= np.sqrt(np.einsum("ft,ft->t", x, x) / np.float32(len(x)) + _EPSILON)
        x *= self.weight
        x += self.bias
        return x


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: _Linear
    attended: _Linear
    attended_norm: _Norm
    wide: _Linear
    narrow: _Linear
    norm: _Norm


class BertModel:
    """A BERT encoder, ready to run; threads may share it.

    Args:
        tensors: the weights by their published names.
        heads: attention heads per layer.
    """

    def __init__(self, tensors: Mapping[str, Array], *, heads: int) -> None:
        self._words = tensors["embeddings.word_embeddings.weight"]
        types = tensors["embeddings.token_type_embeddings.weight"]
        self._positions = tensors["embeddings.position_embeddings.weight"] + types[0]
        self._embedded_norm = _norm(tensors, "embeddings.LayerNorm")
        count = sum(name.endswith(".intermediate.dense.weight") for name in tensors)
        self._layers = [_layer(tensors, f"encoder.layer.{number}.") for number in range(count)]
        self._heads = heads

    def encode(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return one unit row per text of token ids; texts of equal length that are neighbours are quickest."""
        lengths = [len(ids) for ids in texts]
        tokens = np.concatenate([np.asarray(ids, np.intp) for ids in texts])
        places = np.concatenate([np.arange(length) for length in lengths])
        x = self._embedded_norm(np.ascontiguousarray((self._words[tokens] + self._positions[places]).T))
        groups = _equal_lengths(lengths)
        for layer in self._layers:
            x = self._run(layer, x, groups)
        starts = np.cumsum([0, *lengths[:-1]])
        rows = np.add.reduceat(x, starts, axis=1).T  # the mean, scaled to length 1
        return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    def _run(self, layer: _Layer, x: Array, groups: list[tuple[int, int]]) -> Array:
        attended = layer.attended(self._attend(layer.qkv(x), groups))
        attended += x
        x = layer.attended_norm(attended)
        changed = layer.narrow(_gelu(layer.wide(x)))
        changed += x
        return layer.norm(changed)

    def _attend(self, qkv: Array, groups: list[tuple[int, int]]) -> Array:
        """Return what each head of each token attends to; `groups` are counts of texts and their length."""
        features = len(qkv) // 3
        size = features // self._heads
        result = np.empty((features, qkv.shape[1]), np.float32)
        start = 0
        for count, length in groups:
            end = start + count * length
            parts = qkv[:, start:end].reshape(3, self._heads, size, count, length).transpose(0, 1, 3, 2, 4)
            q, k, v = parts
            scores = (q * np.float32(size**-0.5)).transpose(0, 1, 3, 2) @ k
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            heads = v @ scores.transpose(0, 1, 3, 2)
            result[:, start:end] = heads.transpose(0, 2, 1, 3).reshape(features, -1)
            start = end
        return result


def _norm(tensors: Mapping[str, Array], name: str) -> _Norm:
    return _Norm(tensors[f"{name}.weight"][:, None], tensors[f"{name}.bias"][:, None])


def _linear(tensors: Mapping[str, Array], *names: str) -> _Linear:
    """Return one layer of those that are named, one below the other."""
    if len(names) == 1:
        return _Linear(tensors[f"{names[0]}.weight"], tensors[f"{names[0]}.bias"][:, None])
    weight, bias = (np.concatenate([tensors[f"{name}.{part}"] for name in names]) for part in ("weight", "bias"))
    return _Linear(weight, bias[:, None])


def _layer(tensors: Mapping[str, Array], prefix: str) -> _Layer:
    attention = f"{prefix}attention."
    return _Layer(
        qkv=_linear(tensors, *(f"{attention}self.{name}" for name in ("query", "key", "value"))),
        attended=_linear(tensors, f"{attention}output.dense"),
        attended_norm=_norm(tensors, f"{attention}output.LayerNorm"),
        wide=_linear(tensors, f"{prefix}intermediate.dense"),
        narrow=_linear(tensors, f"{prefix}output.dense"),
        norm=_norm(tensors, f"{prefix}output.LayerNorm"),
    )


def _equal_lengths(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs of texts of equal length: how many, and the length."""
    groups: list[tuple[int, int]] = []
    for length in lengths:
        if groups and groups[-1][1] == length:
            groups[-1] = (groups[-1][0] + 1, length)
        else:
            groups.append((1, length))
    return groups


def _gelu(x: Array) -> Array:
    """Return ``x * (1 + erf(x / sqrt 2)) / 2``, computed in place."""
    flat = x.reshape(-1)
    buffers = np.empty((3, min(_PIECE, len(flat))), np.float32)  # used again for each operation: new ones cost 20 %
    for start in range(0, len(flat), _PIECE):
        piece = flat[start : start + _PIECE]
        factor = _half_erf(piece, buffers[:, : len(piece)])
        factor += _HALF
        piece *= factor
    return x


def _half_erf(x: Array, buffers: Array) -> Array:
    """Return ``erf(x / sqrt 2) / 2`` in the first of three buffers, each as long as `x`."""
    result: Array = buffers[0]
    square, other = buffers[1:]
    np.clip(x, -_HALF_ERF_LIMIT, _HALF_ERF_LIMIT, out=result)
    np.multiply(result, result, out=square)
    _evaluate(_HALF_ERF_BELOW, square, out=other)
    result /= other
    _evaluate(_HALF_ERF_ABOVE, square, out=other)
    result *= other
    # Rounding brings the quotient to .50000006 above x = 5.4, and GELU multiplies the rest by x, of any size.
    return np.clip(result, -_HALF, _HALF, out=result)


def _evaluate(coefficients: Sequence[np.float32], x: Array, *, out: Array) -> None:
    """Write the values of a polynomial, the highest power first, into `out`."""
    np.multiply(x, coefficients[0], out=out)
    for coefficient in coefficients[1:-1]:
        out += coefficient
        out *= x
    out += coefficients[-1]
