"""Recall in the middle of the thought of a proxied request."""
