"""Device memory and speed of long texts: a full cache on the device, one kept in host memory, and a zoomed one.

    python benchmarks/zoom/memory.py [--lengths 8000 16000 32000 64000] [--model NAME] [--dtype bfloat16] [--write]

Made for a GPU; runs anywhere, where host and device are the same memory and only the split of bytes can be looked at.
Tokens are random: what is visible, and so memory and speed, does not depend on them. Each cache is filled with the same
text by the model, in pieces, and then decodes `STEPS` tokens. Bytes are those of keys, values, coarse index and what is
shown; on a GPU, *peak* is what the device held at most while decoding, weights apart.

* *full*: transformers' cache, on the device;
* *offloaded*: transformers' cache with ``offloading``: all layers in host memory, copied ahead layer by layer;
* *zoom*: everything on the device, a fifth visible;
* *zoom, host*: keys and values in host memory, what is shown and the index on the device;
* *zoom, host, int8*: the same, as bytes.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from traces import Page, describe_hardware
from transformers import AutoModelForCausalLM, DynamicCache

from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.kv.kv_buffer import Placement
from midthought.reasoner.zoom.kv.zoom_store import ZoomStore
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.zoom_cache import zoom_cache

PIECE, STEPS = 512, 64
SHARES = (0.2, 0.1)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_caches(config: Any) -> dict[str, Callable[[], Any]]:
    """Return what makes an empty cache of every kind."""
    made: dict[str, Callable[[], Any]] = {
        "full": lambda: DynamicCache(config=config),
        "offloaded": lambda: DynamicCache(config=config, offloading=DEVICE.type == "cuda"),
    }
    for share in SHARES:
        for name, placement in (
            ("zoom", Placement()),
            ("zoom, host", Placement(host=True)),
            ("zoom, host, int8", Placement(host=True, int8=True)),
        ):
            made[f"{name}, {share:g} visible"] = lambda share=share, placement=placement: zoom_cache(
                config, Visibility(share=share), placement=placement
            )
    return made


def count_bytes(cache: Any, *, offloaded: bool) -> tuple[int, int]:
    """Return the bytes of a cache on the device and in host memory."""
    device = host = 0
    for layer in cache.layers:
        if isinstance(layer, ZoomStore):
            device, host = device + layer.device_bytes, host + layer.host_bytes
        else:
            size = sum(states.numel() * states.element_size() for states in (layer.keys, layer.values))
            device, host = (device, host + size) if offloaded else (device + size, host)
    return device, host


@torch.inference_mode()
def decode(model: Any, cache: Any, tokens: torch.Tensor, length: int) -> tuple[float, int]:
    """Fill the cache and decode; return tokens/s and the most the device held beside the weights."""
    for start in range(0, length, PIECE):
        model(tokens[:, start : min(start + PIECE, length)], past_key_values=cache, logits_to_keep=1)
    _wait()
    if DEVICE.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    weights = sum(one.numel() * one.element_size() for one in model.parameters())
    began = time.perf_counter()
    for place in range(length, length + STEPS):
        model(tokens[:, place : place + 1], past_key_values=cache)
    _wait()
    seconds = time.perf_counter() - began
    return STEPS / seconds, torch.cuda.max_memory_allocated() - weights if DEVICE.type == "cuda" else 0


def _wait() -> None:
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def measure(model: Any, lengths: list[int]) -> Iterator[str]:
    """Yield the rows of the table."""
    vocabulary = model.config.get_text_config(decoder=True).vocab_size
    tokens = torch.randint(10, vocabulary - 10, (1, max(lengths) + STEPS), generator=torch.Generator().manual_seed(1))
    tokens = tokens.to(DEVICE)
    for length in lengths:
        for name, make in make_caches(model.config).items():
            cache = make()
            speed, peak = decode(model, cache, tokens, length)
            device, host = count_bytes(cache, offloaded=name == "offloaded")
            yield f"| {length} | {name} | {device / 1e6:.0f} | {host / 1e6:.0f} | {peak / 1e6:.0f} | {speed:.1f} |"
            del cache
            if DEVICE.type == "cuda":
                torch.cuda.empty_cache()


def main() -> None:
    """Measure, print, and with --write keep the result."""
    page = Page(__doc__, __file__)
    page.parser.add_argument("--lengths", type=int, nargs="+", default=[8000, 16000, 32000, 64000])
    page.parser.add_argument(
        "--model", default="", help="a directory or the name of a hub model; SmolLM2-135M without it"
    )
    page.parser.add_argument("--dtype", default="bfloat16")
    arguments = page.parser.parse_args()
    name = arguments.model or str(convert_smollm2())
    model = AutoModelForCausalLM.from_pretrained(name, dtype=getattr(torch, arguments.dtype)).to(DEVICE).eval()
    enable_zoom(model)
    device = torch.cuda.get_device_name() if DEVICE.type == "cuda" else "no GPU: host and device are one"
    head = page.head(
        "Zoom: device memory and speed of long texts",
        setting=f"{Path(name).name}, {arguments.dtype}. Machine: {describe_hardware()}; {device}.",
    )
    columns = "| tokens | cache | MB on the device | MB in host memory | peak MB | tokens/s |"
    page.show_table(head, columns, measure(model, arguments.lengths), write=arguments.write)


if __name__ == "__main__":
    main()
