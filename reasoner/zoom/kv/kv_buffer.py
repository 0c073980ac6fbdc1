"""Room for keys and values that grow at their end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_MIN_FREE = 64
_GROWTH = 64
"""A full buffer grows by 1/64, at 8,000 tokens by 125: little of it is free, and copying it costs at most one step of
decoding in a hundred (the library's cache copies everything at every step)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where all keys and values are stored; what is visible, and the coarse index, are on the model's device anyway.

    Attributes:
        host: in host memory (pinned if the model is on a GPU); only what is shown is copied to the device.
        int8: as bytes, with one scale for each key and each value; half of bfloat16, a quarter of float32.
    """

    host: bool = False
    int8: bool = False


class KVBuffer:
    """Keys and values of one layer in one tensor that grows when it is full, those of a token side by side.

    So a token of a KV head is one row, and any choice of tokens is read at one go: measured on two CPU cores, four
    times as fast as indexing keys and values page by page.

    Args:
        placement: where they lie, and in how many bytes; what is read comes back on the device that it came from, as it
            was, apart from the rounding of `Placement.int8`.
    """

    def __init__(self, placement: Placement | None = None) -> None:
        self.placement = placement or Placement()
        self.length = 0
        self._rows: Tensor | None = None
        self._memory: Tensor | None = None
        self._offsets: Tensor | None = None
        self._scales: Tensor | None = None
        self._key_size = 0
        self._device: torch.device | None = None
        self._dtype: torch.dtype | None = None

    @property
    def moves(self) -> bool:
        """Whether reading means copying to a device, or restoring from bytes."""
        return self.placement != Placement()

    @property
    def keys(self) -> "Tensor":
        """All keys so far, ``(1, kv heads, tokens, head size)``."""
        return self.read(0, self.length)[0]

    @property
    def values(self) -> "Tensor":
        """All values so far, ``(1, kv heads, tokens, head size)``."""
        return self.read(0, self.length)[1]

    def read(self, start: int, end: int) -> tuple["Tensor", "Tensor"]:
        """Return keys and values of the tokens from `start` to `end`."""
        assert self._rows is not None, "nothing is stored yet"
        scales = None if self._scales is None else self._scales[:, start:end]
        return self._restore(self._rows[:, start:end], scales)

    def append(self, keys: "Tensor", values: "Tensor") -> None:
        """Store more behind what there is, ``(1, kv heads, tokens, head size)`` each."""
        start, total = self.length, self.length + keys.shape[-2]
        self._key_size, self._device, self._dtype = keys.shape[-1], keys.device, keys.dtype
        self._reserve(keys, values, total)
        assert self._rows is not None
        for number, part in enumerate((keys[0], values[0])):
            column = slice(self._key_size) if number == 0 else slice(self._key_size, None)
            if self._scales is None:
                self._rows[:, start:total, column] = part
            else:
                # A key of zeros would divide by zero.
                scale = part.abs().amax(dim=-1).clamp_min(1e-8) / 127
                self._rows[:, start:total, column] = (part / scale[..., None]).round()
                self._scales[:, start:total, number] = scale
        self.length = total

    def take(self, places: "Tensor", *, spare: int = 0, into: "KVBuffer | None" = None) -> "KVBuffer":
        """Return another buffer, on the device, that holds the tokens at `places`, ``(kv heads, tokens)``.

        So many `spare` tokens can be appended to it before it moves. `into` is one taken before, whose memory may be
        used again.
        """
        import torch

        heads, count = places.shape
        # The places behind the last token are only reserved; the last one is repeated because an index must be valid.
        padded = torch.cat([places, places[:, -1:].expand(-1, spare)], dim=1) if spare else places
        flat = (padded + self._row_offsets(places.device)).flatten()
        taken = KVBuffer()
        taken._key_size, taken._device, taken._dtype = self._key_size, self._device, self._dtype
        taken.length = count
        taken._memory, rows = self._select(flat, into)
        taken._rows = rows.view(heads, count + spare, -1)
        return taken

    def overwrite(self, slots: "Tensor", source: "KVBuffer", places: "Tensor", heads: "Tensor") -> None:
        """Put the tokens of `source` at `places` at `slots`, each of its KV head; all one-dimensional."""
        assert self._rows is not None
        rows = source._select(places + source._row_offsets(places.device)[heads, 0], None)[1]
        self._rows.view(-1, rows.shape[-1]).index_copy_(0, slots + self._row_offsets(slots.device)[heads, 0], rows)

    @property
    def held_bytes(self) -> int:
        """Of all tensors, what is free in them included."""
        rows = self._rows if self._memory is None else self._memory
        return sum(one.numel() * one.element_size() for one in (rows, self._scales) if one is not None)

    @property
    def stock_bytes(self) -> int:
        """Of the same keys and values as the model makes them, with no free space."""
        if self._rows is None or self._dtype is None:
            return 0
        heads, _, width = self._rows.shape
        return heads * self.length * width * self._dtype.itemsize

    def _row_offsets(self, device: "torch.device") -> "Tensor":
        """Return where the rows of each KV head begin, ``(kv heads, 1)``."""
        import torch

        assert self._rows is not None, "nothing is stored yet"
        if self._offsets is None or self._offsets.device != device:
            heads, size, _ = self._rows.shape
            self._offsets = torch.arange(0, heads * size, size, device=device)[:, None]
        return self._offsets

    def _select(self, flat: "Tensor", into: "KVBuffer | None") -> "tuple[Tensor | None, Tensor]":
        """Return memory, and in it rows of all heads one behind another on the device, restored from bytes."""
        import torch

        assert self._rows is not None
        width = self._rows.shape[-1]
        flat = flat.to(self._rows.device)
        memory = self._memory_for(len(flat) * width, into)
        rows = memory[: len(flat) * width].view(-1, width)
        # Into memory that is used again from step to step: with it steps are shorter (docs/internals/zoom.md).
        torch.index_select(self._rows.view(-1, width), 0, flat, out=rows)
        if self._scales is None:
            return memory, rows.to(self._device)
        scales = self._scales.view(-1, 2).index_select(0, flat)
        return memory, torch.cat(self._restore(rows[None], scales[None]), dim=-1)[0, 0]

    def _memory_for(self, count: int, into: "KVBuffer | None") -> "Tensor":
        """Return memory for `count` numbers outside this buffer, that of `into` if it has enough."""
        assert self._rows is not None
        if into is not None and into._memory is not None and into._memory.numel() >= count:
            return into._memory
        return self._rows.new_empty(count + count // _GROWTH)

    def _restore(self, rows: "Tensor", scales: "Tensor | None") -> tuple["Tensor", "Tensor"]:
        """Return rows as keys and values on the device."""
        rows = rows.to(self._device)
        keys, values = rows[None, ..., : self._key_size], rows[None, ..., self._key_size :]
        if scales is None:
            return keys, values
        scales = scales.to(self._device)[None]
        return keys.to(self._dtype) * scales[..., :1], values.to(self._dtype) * scales[..., 1:]

    def _reserve(self, keys: "Tensor", values: "Tensor", total: int) -> None:
        import torch

        if self._rows is not None and total <= self._rows.shape[1]:
            return
        size = max(total, self.length + max(self.length // _GROWTH, _MIN_FREE))
        heads, width = keys.shape[1], keys.shape[-1] + values.shape[-1]
        device = torch.device("cpu") if self.placement.host else keys.device
        pinned = self.placement.host and keys.device.type == "cuda"
        dtype = torch.int8 if self.placement.int8 else keys.dtype
        rows = torch.empty(heads, size, width, dtype=dtype, device=device, pin_memory=pinned)
        if self._rows is not None:
            rows[:, : self.length] = self._rows[:, : self.length]
        self._rows, self._offsets = rows, None
        if self.placement.int8:
            scales = torch.empty(heads, size, 2, dtype=keys.dtype, device=device, pin_memory=pinned)
            if self._scales is not None:
                scales[:, : self.length] = self._scales[:, : self.length]
            self._scales = scales
