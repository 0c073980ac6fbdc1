"""Where the keys and values that are not visible lie."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """Where all keys and values are stored; what is visible, and the coarse index, are on the model's device anyway.

    Attributes:
        host: in host memory (pinned, where the model is on a GPU); only what is shown is copied to the device.
        int8: as bytes, with one scale for each key and each value; half of bfloat16, a quarter of float32.
    """

    host: bool = False
    int8: bool = False
