"""Splitting any trace into typed steps with a goal each, without any language model."""
