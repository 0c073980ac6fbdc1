"""Turning one trace into procedures, without any language model."""
