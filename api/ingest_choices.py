"""What one ingestion learns: the choices of its caller over those of the opened memory."""

from dataclasses import replace
from typing import TYPE_CHECKING

from midthought.api.recall_arguments import read_choice
from midthought.api.sources import IngestDefaults, Learning
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.memory.errors import BadInput

if TYPE_CHECKING:
    from midthought.ingest.concepts.options import ConceptOptions
    from midthought.ingest.ingest_options import IngestOptions


def make_ingest_options(defaults: IngestDefaults, learning: Learning) -> "IngestOptions":
    """Return the options of one ingestion; see `make_options` for the errors."""
    from midthought.ingest.ingest_options import make_options
    from midthought.ingest.verdicts.policy import UnjudgedPolicy, WrongPolicy

    return make_options(
        defaults.extractor,
        unjudged=read_choice("unjudged", learning.unjudged, UnjudgedPolicy),
        wrong=read_choice("wrong", learning.wrong, WrongPolicy),
        skip_checks=learning.skip_checks,
        held_out=defaults.held_out,
        cues=defaults.cues,
        min_novelty=defaults.min_novelty,
        decomposition=_choose_decomposition(defaults, learning),
        concepts=_choose_concepts(defaults, learning),
        mask_secrets=learning.mask_secrets,
        draft=learning.draft,
    )


def _choose_decomposition(defaults: IngestDefaults, learning: Learning) -> DecompositionOptions | None:
    if defaults.decomposition is None or not learning.decompose:
        return None
    return replace(defaults.decomposition, all_attempts=learning.all_attempts)


def _choose_concepts(defaults: IngestDefaults, learning: Learning) -> "ConceptOptions | None":
    """Return how concepts are learnt; None if they are not, as without a model by default."""
    from midthought.ingest.concepts.options import MAX_PASSES, ConceptOptions
    from midthought.ingest.concepts.prompts import load_concept_prompts

    if not 1 <= learning.passes <= MAX_PASSES:
        raise BadInput(f"passes must be 1..{MAX_PASSES}, got {learning.passes}")
    asked = learning.concepts or (defaults.concepts and _choose_decomposition(defaults, learning) is not None)
    if not asked and learning.passes > 1:
        raise BadInput("more than one pass is of use only with concepts: ask for them, too")
    return ConceptOptions(load_concept_prompts(defaults.concept_prompts), learning.passes) if asked else None
