"""Any sentence-transformers cross-encoder as a reranker, run by that library with torch."""

import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from midthought.memory.errors import BadSettings, MissingExtra
from midthought.retrieval.encoders.quiet_bars import quiet_bars

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class CrossEncoderReranker:
    """Scores with a sentence-transformers `CrossEncoder` on the CPU; weights are loaded at the first text, not before.

    Args:
        model: a directory, or the name of a hub model (the only case in which the network is used).

    Raises:
        MissingExtra: sentence-transformers is not installed.
        BadSettings: `model` is a path without a directory.
    """

    def __init__(self, model: str | Path) -> None:
        if importlib.util.find_spec("sentence_transformers") is None:
            raise MissingExtra("sentence-transformers", extra="local", purpose="reranking")
        self._name = str(model)
        is_path = self._name.startswith((".", "/", "~")) or self._name.count("/") > 1
        if not self._name or (is_path and not Path(self._name).is_dir()):
            raise BadSettings(f"reranker {self._name!r} is neither a directory nor the name of a hub model")

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return the model's score of each pair of query and text.

        Raises `BadSettings` if the model cannot be loaded, or gives more than one score per pair.
        """
        pairs = [(query, text) for text in texts]
        scores = np.asarray(self._model.predict(pairs, batch_size=len(pairs) or 1, show_progress_bar=False))
        return [float(score) for score in scores.reshape(len(pairs))]

    @cached_property
    def _model(self) -> "CrossEncoder":
        from sentence_transformers import CrossEncoder

        try:
            with quiet_bars():
                model: CrossEncoder = CrossEncoder(self._name, device="cpu", local_files_only=Path(self._name).is_dir())
        except (OSError, ValueError) as error:  # no such name, no network, not allowed, no cross-encoder
            cause = str(error).partition("\n")[0][:200]
            raise BadSettings(f"reranker {self._name!r} cannot be loaded: {cause}") from error
        if model.num_labels != 1:
            raise BadSettings(f"reranker {self._name!r} gives {model.num_labels} scores per pair: one is needed")
        return model
