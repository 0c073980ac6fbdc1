"""A cache for one sequence of a model, zoomed in every layer that attends to the whole text."""

from collections.abc import Callable
from typing import Any

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.coarse_index import CoarseIndex
from midthought.reasoner.zoom.page_store import PageStore
from midthought.reasoner.zoom.token_keys import TokenKeys
from midthought.reasoner.zoom.visibility import Visibility
from midthought.reasoner.zoom.when.every import Every
from midthought.reasoner.zoom.when.when import When
from midthought.reasoner.zoom.zoom_store import zoom_layer


def zoom_cache(
    config: Any,
    visibility: Visibility | None = None,
    *,
    index: Callable[[], CoarseIndex] = TokenKeys,
    when: Callable[[], When] = Every,
) -> Any:
    """Return a transformers `DynamicCache` for one sequence, which the model reads through `enable_zoom`.

    The defaults are what won at equal bytes read a step; see docs/zoom.md.

    Args:
        config: of the model.
        visibility: what is always visible, and how much may be opened.
        index: makes the coarse index of a layer.
        when: makes the policy of a layer that says which queries choose anew.

    Raises:
        BadSettings: no layer of the model attends to the whole text.
    """
    shown = visibility or Visibility()
    return replace_layers(config, lambda: zoom_layer(PageStore, shown, index(), when()))


def replace_layers(config: Any, make: Callable[[], Any]) -> Any:
    """Return a cache whose layers for full attention are made by `make`.

    Layers with a sliding window, and those with a state in place of keys, stay as the library makes them.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    made: Any = DynamicCache(config=config)
    if not any(type(layer) is DynamicLayer for layer in made.layers):
        raise BadSettings(f"nothing to zoom in {config.model_type!r}: none of its layers attends to the whole text")
    made.layers = [make() if type(layer) is DynamicLayer else layer for layer in made.layers]
    return made
