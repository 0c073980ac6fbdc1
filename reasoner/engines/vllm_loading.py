"""Loads vLLM with a model in this process."""

import os
from typing import Any

from midthought.memory.errors import BadSettings

_CPU_CACHE_BYTES = 4 << 30
"""By default vLLM takes nearly all memory of the machine. ``VLLM_CPU_KVCACHE_SPACE``, in GiB, comes before this."""
_ENVIRONMENT = {
    # A process forked beside threads of OpenMP and DuckDB may hang, a spawned one runs the user's script again.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # standard output is for results
    "VLLM_NO_USAGE_STATS": "1",
}
"""Variables of vLLM that are set unless the user has set them."""


def load_vllm(model: str, context: int | None) -> Any:
    """Return vLLM with a model. Raises `BadSettings`: no request can succeed without one."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from vllm import LLM
    from vllm.platforms import current_platform

    # Compiling takes a minute and a compiler; on a CPU it gains little.
    on_cpu: dict[str, Any] = {"enforce_eager": True, "kv_cache_memory_bytes": _CPU_CACHE_BYTES}
    try:
        return LLM(
            model,
            tokenizer_mode="hf",
            enable_prefix_caching=True,
            max_model_len=context or -1,
            use_tqdm_on_load=False,
            # Where any white space matches, small models write it until the limit.
            structured_outputs_config={"backend": "guidance", "disable_any_whitespace": True},
            **(on_cpu if current_platform.is_cpu() else {}),
        )
    except (OSError, ValueError, RuntimeError) as cause:
        raise BadSettings(f"vLLM cannot load the model {model!r}: {cause}; see the setting 'model'") from cause
