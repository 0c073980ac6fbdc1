"""A cache for one sequence of a model, zoomed in every layer that attends to the whole text."""

from collections.abc import Callable
from typing import Any

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.index.token_keys import TokenKeys
from midthought.reasoner.zoom.kv.kv_buffer import Placement
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.pages.page_store import PageStore
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.schedules.schedule import Every, Schedule
from midthought.reasoner.zoom.thoughts.thought_store import ThoughtStore
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl


def zoom_cache(
    config: Any,
    visibility: Visibility | None = None,
    *,
    index: Callable[[], CoarseIndex] = TokenKeys,
    schedule: Callable[[], Schedule] = Every,
    pins: Pins | None = None,
    placement: Placement | None = None,
) -> Any:
    """Return a transformers `DynamicCache` for one sequence, which the model reads through `enable_zoom`.

    The defaults are what won at equal bytes read a step; see docs/zoom.md.

    Args:
        config: of the model.
        visibility: what is always visible, and how much may be opened.
        index: makes the coarse index of a layer.
        schedule: makes the policy of a layer that says which queries select again.
        pins: parts of this text that stay visible whatever is chosen; may be added to while it grows.
        placement: where what is not visible lies.

    Raises:
        BadSettings: no layer of the model attends to the whole text.
    """
    shown = visibility or Visibility()
    return replace_layers(config, lambda _: zoom_layer(PageStore)(shown, index(), schedule(), pins, placement))


def thought_cache(
    config: Any,
    control: ZoomControl,
    *,
    index: Callable[[], CoarseIndex] = Means,
    placement: Placement | None = None,
) -> Any:
    """Return a cache for one sequence in which thoughts are chosen as `control` says.

    Args:
        config: of the model.
        control: of this sequence and no other.
        index: makes the coarse index of a layer; by default the published one.
        placement: where what is not visible lies.

    Raises:
        BadSettings: no layer of the model attends to the whole text.
    """
    made = replace_layers(config, lambda layer: zoom_layer(ThoughtStore)(control, layer, index(), placement))
    made.zoom_control = control
    return made


def replace_layers(config: Any, make: Callable[[int], Any]) -> Any:
    """Return a cache whose layers for full attention are made by `make` from their number.

    Layers with a sliding window, and those with a state in place of keys, stay as the library makes them.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    made: Any = DynamicCache(config=config)
    # Exactly this class: its subclasses have sliding windows or other states.
    if not any(type(layer) is DynamicLayer for layer in made.layers):
        raise BadSettings(f"nothing to zoom in {config.model_type!r}: none of its layers attends to the whole text")
    made.layers = [make(number) if type(layer) is DynamicLayer else layer for number, layer in enumerate(made.layers)]
    return made
