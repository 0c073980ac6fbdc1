"""The cache of several texts that are written in step: what they share stands in it once, or is copied."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from midthought.reasoner.engines.branch_attention import attending_to_branches, branch_layer
from midthought.reasoner.engines.growing_cache import is_even, join_rows, new_cache, read_layers

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

    from midthought.reasoner.engines.growing_cache import KVLayers

_HALF_TOLERANCE, _FULL_TOLERANCE = 0.05, 1e-3
"""How far the scores of a probe may differ, of the largest: in 16-bit formats, and in float32."""


class CopiedBranches:
    """Every row has a copy of all of its text; zeros that no one sees stand before the shorter ones.

    Args:
        model: of transformers.
        caches: one per text, with plain layers; they are empty afterwards.
        room: tokens that will be added.
    """

    def __init__(self, model: Any, caches: "Sequence[DynamicCache]", *, room: int) -> None:
        lengths = [cache.get_seq_length() for cache in caches]
        self._model = model
        self._before = [max(lengths) - length for length in lengths]
        self.cache: Any = join_rows(model.config, caches, room=room)

    def reading(self) -> AbstractContextManager[None]:
        """Return what the model is called in."""
        return nullcontext()

    def arguments(self) -> "dict[str, Tensor]":
        """Return what the model must be told beside the newest token of every row."""
        import torch

        if not any(self._before):
            return {}
        device, length = self._model.device, self.cache.get_seq_length()
        before = torch.tensor(self._before, device=device)[:, None]
        mask = torch.arange(length + 1, device=device)[None] >= before
        return {"attention_mask": mask.long(), "position_ids": length - before}

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows only."""
        import torch

        self._before = [self._before[row] for row in rows]
        self.cache.batch_select_indices(torch.tensor(rows, device=self._model.device))

    def read_row(self, row: int) -> "KVLayers | None":
        """Return a copy of the keys and values of a row; None after a step that failed."""
        if not is_even(self.cache, self.cache.get_seq_length()):
            return None
        return read_layers(self.cache, self._before[row], row=row)


class SharedBranches:
    """What all rows begin with stands in the cache once; see `CopiedBranches`.

    Args:
        model: one that `can_share` is true of.
        caches: one per text, with plain layers; they are empty afterwards.
        shared: how many tokens all texts begin with.
        room: tokens that will be added.
    """

    def __init__(self, model: Any, caches: "Sequence[DynamicCache]", *, shared: int, room: int) -> None:
        self._model = model
        self._shared = shared
        lengths = [cache.get_seq_length() - shared for cache in caches]
        self._before = [max(lengths) - length for length in lengths]
        self.cache: Any = new_cache(model.config)
        self.cache.layers = [
            _begin_layer([cache.layers[number] for cache in caches], shared, room)
            for number in range(len(self.cache.layers))
        ]

    def reading(self) -> AbstractContextManager[None]:
        """See `CopiedBranches.reading`."""
        return attending_to_branches(self._model)

    def arguments(self) -> "dict[str, Tensor]":
        """See `CopiedBranches.arguments`."""
        import torch

        device, own = self._model.device, self.cache.layers[0].get_seq_length()
        before = torch.tensor(self._before, device=device)[:, None]
        padded = any(self._before)
        hidden = (torch.arange(own + 1, device=device)[None] < before)[:, None, None] if padded else None
        for layer in self.cache.layers:
            layer.hidden = hidden
        return {"position_ids": self._shared + own - before}

    def select(self, rows: Sequence[int]) -> None:
        """See `CopiedBranches.select`."""
        import torch

        self._before = [self._before[row] for row in rows]
        self.cache.batch_select_indices(torch.tensor(rows, device=self._model.device))

    def read_row(self, row: int) -> "KVLayers | None":
        """See `CopiedBranches.read_row`."""
        import torch

        if not is_even(self.cache, self.cache.get_seq_length()):
            return None
        own = read_layers(self.cache, self._before[row], row=row)
        shared = [layer.shared for layer in self.cache.layers]
        return tuple(
            (torch.cat([keys, own_keys], dim=-2), torch.cat([values, own_values], dim=-2))
            for (keys, values), (own_keys, own_values) in zip(shared, own, strict=True)
        )


def _begin_layer(parts: list[Any], shared: int, room: int) -> Any:
    """Return the layer of a batch from those of its texts."""
    layer = branch_layer()()
    layer.shared = parts[0].keys[..., :shared, :], parts[0].values[..., :shared, :]
    longest = max(part.get_seq_length() for part in parts) - shared
    buffers = []
    for states in ([part.keys for part in parts], [part.values for part in parts]):
        buffer = states[0].new_zeros((len(parts), states[0].shape[1], longest + room, states[0].shape[-1]))
        for row, one in enumerate(states):
            own = one[0, :, shared:]
            buffer[row, :, longest - own.shape[-2] : longest] = own
        buffers.append(buffer)
    layer.begin((buffers[0], buffers[1]), longest)
    for part in parts:
        part.reset()
    return layer


def can_share(model: Any) -> bool:
    """Whether a model computes the same with `SharedBranches` as with `CopiedBranches`: it is asked by a few tokens.

    Not so are models whose attention changes what the cache returns, or adds something to the scores.
    """
    import torch

    found = []
    with torch.inference_mode():
        for kind in (CopiedBranches, SharedBranches):
            caches = [_read(model, [3, 4, 5, 6]), _read(model, [3, 4, 5, 7, 8])]
            options = {"shared": 3} if kind is SharedBranches else {}
            branches: Any = kind(model, caches, room=1, **options)
            more = branches.arguments()
            ids = torch.tensor([[9], [10]], device=model.device)
            with branches.reading():
                found.append(model(ids, past_key_values=branches.cache, use_cache=True, **more).logits[:, -1].float())
        if not all(layer.asked for layer in branches.cache.layers):
            return False
    tolerance = _FULL_TOLERANCE if model.dtype == torch.float32 else _HALF_TOLERANCE
    return bool((found[0] - found[1]).abs().max() <= tolerance * found[0].abs().max())


def _read(model: Any, ids: list[int]) -> "DynamicCache":
    import torch

    cache = new_cache(model.config)
    model(torch.tensor([ids], device=model.device), past_key_values=cache, use_cache=True)
    return cache
