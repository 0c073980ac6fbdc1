"""The KV cache: its buffers, its layers and the attention over them."""
