"""Streams of ``/v1/completions``."""

from collections.abc import Mapping
from typing import ClassVar

from midthought.api.proxy.folds.choices import ChoicesFold, reasons_of
from midthought.api.proxy.folds.growing import Json


class CompletionFold(ChoicesFold):
    """Joins the text of each choice, its log-probs and its token ids."""

    _object: ClassVar[str] = "text_completion"
    _texts: ClassVar[Mapping[str, str]] = {"text": "text"}

    def _visible_choice(self, choice: Mapping[str, object]) -> Json:
        return reasons_of(choice) | {"text": choice.get("text")}

    def _whole_choice(self, choice: Json) -> Json:
        return {"text": "", "logprobs": None, "finish_reason": None} | choice
