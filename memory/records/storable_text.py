"""Text as a column of the database can hold it."""


def storable(text: str) -> str:
    """Return a model's text without what no text column holds: NUL and halves of surrogate pairs become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
