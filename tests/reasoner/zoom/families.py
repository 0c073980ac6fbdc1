"""Tiny random models of every family of the installed transformers that can be made without weights."""

from __future__ import annotations

from typing import Any

from ..lazy import torch, transformers


def all_families() -> tuple[str, ...]:
    """Every family of the installed transformers."""
    return tuple(transformers.models.auto.modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


SIZES: dict[str, Any] = {
    **dict.fromkeys(("vocab_size", "text_vocab_size"), 128),
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "embedding_size", "word_embed_proj_dim", "dim_model"), 64),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "d_ff", "decoder_ffn_dim", "encoder_ffn_dim", "dim_ff"), 64),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "decoder_layers", "encoder_layers", "num_layers", "n_layers"), 3),
    **dict.fromkeys(("num_attention_heads", "n_head", "decoder_attention_heads", "encoder_attention_heads"), 4),
    **dict.fromkeys(("n_heads", "num_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "swa_num_key_value_heads"), 2),
    **dict.fromkeys(("head_dim", "kv_channels", "attention_head_dim", "v_head_dim", "swa_head_dim"), 16),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len", "n_ctx"), 512),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "n_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_k", "moe_topk"), 2),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "expert_ffn_hidden_size"), 32),
    **dict.fromkeys(("ffn_hidden_size", "shared_intermediate_size", "moe_shared_expert_intermediate_size"), 32),
    **dict.fromkeys(("intermediate_size_mlp", "prefix_dense_intermediate_size"), 64),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank", "o_lora_rank"), 32),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim"), 8),
    **dict.fromkeys(("n_group", "topk_group", "n_shared_experts", "num_shared_experts", "first_k_dense_replace"), 1),
    **dict.fromkeys(("index_n_heads", "index_head_dim"), 8),
    **dict.fromkeys(("linear_num_key_heads", "linear_num_value_heads"), 2),
    **dict.fromkeys(("linear_key_head_dim", "linear_value_head_dim", "mamba_d_head", "mamba_head_dim"), 16),
    **dict.fromkeys(("global_head_dim",), 16),
    "index_topk": 64,
    "sliding_window": 24,
    "initializer_range": 0.2,
    "query_pre_attn_scalar": 16,
    "vocab_size_per_layer_input": 128,
    "hidden_size_per_layer_input": 16,
    "mamba_n_heads": 8,
    "mamba_num_heads": 8,
    "mamba_d_ssm": 128,
    "mamba_d_state": 16,
    "mamba_n_groups": 1,
    "is_decoder": True,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
"""What is set where the default configuration of a family has it, in the sub-configuration of its text too."""

_LATENT = {"head_dim": 8, "num_key_value_heads": 4}
_GIVEN_HEADS = {"head_dim": 16}
MORE: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("axk1", "axk2", "deepseek_v3", "glm4_moe_lite", "longcat_flash", "kimi_linear"), _LATENT),
    **dict.fromkeys(("minicpm3", "youtu", "deepseek_v32", "glm_moe_dsa"), _LATENT),
    **dict.fromkeys(("hunyuan_v1_dense", "hunyuan_v1_moe", "nemotron"), _GIVEN_HEADS),
    "codegen": {"rotary_dim": 8},
    "gptj": {"rotary_dim": 8},
    "deepseek_v2": {**_LATENT, "num_experts_per_tok": 2},
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "ministral": {"head_dim": 16, "sliding_window": None},
    "mistral": {"sliding_window": None},
    "zaya": {"num_experts_per_tok": 1},
    "granitemoehybrid": {"layer_types": ["mamba", "attention", "attention"]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "gemma3n_text": {"layer_types": ["sliding_attention", "full_attention", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "full_attention"]},
    "cohere_compass_text": {"layer_types": ["sliding_attention", "full_attention", "full_attention"]},
    "nemotron": {"head_dim": 16, "num_key_value_heads": 2},
    "mamba2": {"num_heads": 8, "head_dim": 16},
    "reformer": {"axial_pos_embds_dim": (16, 48), "axial_pos_shape": (16, 32)},
    "xmod": {"default_language": "en_XX"},
}
"""What some families need beside that."""


def make_tiny(family: str) -> Any:
    """Return a random model of a family, three layers of four heads of 16 where it lets itself be asked for that."""
    torch.manual_seed(7)
    model: Any = transformers.AutoModelForCausalLM.from_config(tiny_config(family), dtype=torch.float32).eval()
    with torch.no_grad():
        for one in model.parameters():
            # What begins as zeros or ones (gates, sinks, biases) would hide what a trained model does with it.
            one += 0.05 * torch.randn_like(one) if one.numel() and bool((one == one.flatten()[0]).all()) else 0
    return model


def tiny_config(family: str) -> Any:
    """Return the configuration of a family with all sizes small."""
    default = transformers.AutoConfig.for_model(family)
    sizes = _sizes_of(default) | MORE.get(family, {})
    for name, part in ((name, getattr(default, name, None)) for name in getattr(default, "sub_configs", {})):
        if part is not None and hasattr(part, "model_type"):
            sizes[name] = {**_plain(part), **_sizes_of(part), **MORE.get(f"{family}.{name}", {})}
    return transformers.AutoConfig.for_model(family, **sizes)


def _plain(config: Any) -> dict[str, Any]:
    return {} if config is None else {"model_type": config.model_type}


def _sizes_of(config: Any) -> dict[str, Any]:
    known = config.to_dict() | getattr(config, "attribute_map", {})
    found = {name: value for name, value in SIZES.items() if known.get(name) is not None and _can_set(config, name)}
    types = getattr(config, "layer_types", None)
    if types and _can_set(config, "layer_types"):
        kinds = list(dict.fromkeys(types))
        found["layer_types"] = [kinds[0], kinds[-1], kinds[-1]]
    return found


def _can_set(config: Any, name: str) -> bool:
    found = getattr(type(config), getattr(config, "attribute_map", {}).get(name, name), None)
    return not isinstance(found, property) or found.fset is not None
