"""A cache for one sequence of a model, zoomed in every layer that attends to the whole text."""

from collections.abc import Callable
from typing import Any

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.key_index import KeyIndex
from midthought.reasoner.zoom.visibility import Visibility
from midthought.reasoner.zoom.zoom_layer import zoom_layer


def zoom_cache(config: Any, visibility: Visibility, *, index: Callable[[], KeyIndex]) -> Any:
    """Return a transformers `DynamicCache` for one sequence, which the model reads through `enable_zoom`.

    Layers with a sliding window, and those with a state in place of keys, stay as the library makes them.

    Args:
        config: of the model.
        visibility: what is always visible, and how much may be opened.
        index: makes the coarse index of a layer.

    Raises:
        BadSettings: no layer of the model attends to the whole text.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    made: Any = DynamicCache(config=config)
    if not any(type(layer) is DynamicLayer for layer in made.layers):
        raise BadSettings(f"nothing to zoom in {config.model_type!r}: none of its layers attends to the whole text")
    made.layers = [zoom_layer(visibility, index()) if type(layer) is DynamicLayer else layer for layer in made.layers]
    return made
