"""The version of the HTTP API, by which a client and a service of two versions of Midthought tell what is wrong."""

API_VERSION = 1
"""Counted up when an answer means something else, or a path is gone: what ``/v1`` says."""
API_HEADER = "Midthought-API"
"""Of every answer: the version of the API."""
VERSION_HEADER = "Midthought-Version"
"""Of every answer: the version of the package."""


def version_headers() -> dict[str, str]:
    """Return what every answer of a service says of itself."""
    import midthought

    return {API_HEADER: str(API_VERSION), VERSION_HEADER: midthought.__version__}
