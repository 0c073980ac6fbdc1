"""The encoders by name: what the setting `encoder` may say beside a directory or a hub model."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.memory.errors import BadSettings
from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.retrieval.encoders.base import Encoder


def _load_minilm() -> "Encoder":
    from midthought.retrieval.encoders.minilm import MiniLMEncoder

    return MiniLMEncoder()


def _load_hashing() -> "Encoder":
    from midthought.retrieval.encoders.hashing import HashingEncoder

    return HashingEncoder()


ENCODERS: "Registry[Encoder]" = Registry(
    "encoder",
    Choice("minilm", "all-MiniLM-L6-v2, 384 dimensions, from an installed package (the default)", _load_minilm),
    Choice("hashing", "words hashed into 256 dimensions, for tests: it knows no meaning", _load_hashing),
)


def make_encoder(name: str) -> "Encoder":
    """Return the encoder of a registered name, or else of a sentence-transformers model: a directory or a hub name.

    Weights are loaded at the first text. Raises `BadSettings` if `name` is none of these, and `MissingExtra`.
    """
    if name in ENCODERS:
        return ENCODERS.load(name)
    choices = f"the setting 'encoder' is one of {', '.join(ENCODERS)}, a directory or a hub model"
    guess = get_close_matches(name, ENCODERS, n=1)
    if not name or (guess and not Path(name).is_dir()):  # asking the network for a misspelt name would say less
        raise BadSettings(f"no encoder {name!r}{f': did you mean {guess[0]!r}?' if guess else ''}; {choices}")
    from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

    try:
        return SentenceTransformerEncoder(name)
    except BadSettings as error:
        raise BadSettings(f"{error}; {choices}") from error
