"""Zoom: everything stays in the KV cache, and attention sees only the pages that it asks for."""
