"""Writes down what the layers of a zoomed cache show at a step."""

from typing import TYPE_CHECKING, Any

from midthought.reasoner.zoom.kv.zoom_store import AttentionRecord, ZoomStore
from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep

if TYPE_CHECKING:
    from torch import Tensor

_PART = 64
_MIN_PART = 16
"""Parts of fewer tokens are put together to `_PART` tokens: a record of each page would be longer than the thought."""


class ZoomRecorder:
    """Listens to all layers of one cache between `listen` and `take`.

    Args:
        cache: one of `zoom_cache` or `thought_cache`.
    """

    def __init__(self, cache: Any) -> None:
        self._stores = [layer for layer in cache.layers if isinstance(layer, ZoomStore)]
        self._records: list[AttentionRecord] = []

    def listen(self) -> None:
        """Write down the next call of the model."""
        self._records = []
        for store in self._stores:
            store.on_attention = self._records.append

    def take(self) -> ZoomStep:
        """Return what the call showed, and stop listening. Raises `ValueError` if the model was not called."""
        for store in self._stores:
            store.on_attention = None
        records, self._records = self._records, []
        if not records:
            raise ValueError("the model was not called since listen()")
        shares, votes = _mean([record.opened for record in records]), _mean([record.votes for record in records])
        return ZoomStep(
            length=records[-1].length,
            visible=sum(record.visible / record.queries for record in records) / len(records),
            agreement=None if votes is None or shares is None else _agreement(votes),
            device_bytes=sum(store.device_bytes for store in self._stores),
            host_bytes=sum(store.host_bytes for store in self._stores),
            opened=() if shares is None else _open_parts(shares, max((s.parts() for s in self._stores), key=len)),
            stock_bytes=sum(store.stock_bytes for store in self._stores),
        )


def _mean(layers: list["Tensor | None"]) -> "Tensor | None":
    """Return the mean over layers of a share for each part, shape ``(parts,)``; None if no layer has any."""
    import torch

    # On the CPU and in double precision: layers may be on different devices, and the shares of many layers are added.
    known = [one.double().cpu() for one in layers if one is not None]
    if not known:
        return None
    summed = torch.zeros(max(len(one) for one in known), dtype=torch.double)
    for one in known:
        summed[: len(one)] += one
    return summed / len(known)


def _agreement(shares: "Tensor") -> float:
    """Return the mean share of voters who voted for what a voter drawn at random voted for."""
    return float((shares**2).sum() / shares.sum()) if float(shares.sum()) else 1.0


def _open_parts(shares: "Tensor", parts: list[tuple[int, int]]) -> tuple[OpenPart, ...]:
    """Return parts with their shares, small neighbours as one."""
    found: list[OpenPart] = []
    start, weight = None, 0.0
    for (one, end), share in zip(parts, shares.tolist(), strict=False):
        begin = one if start is None else start
        weight += share * (end - one)
        start = begin
        if end - begin >= _PART or end - one >= _MIN_PART:
            found.append(OpenPart(begin, end, round(weight / (end - begin), 4)))
            start, weight = None, 0.0
    if start is not None and parts:
        end = parts[len(shares) - 1][1]
        found.append(OpenPart(start, end, round(weight / (end - start), 4)))
    return tuple(one for one in found if one.share)
