"""How traces are decomposed: by which model, with which prompts, at what cost."""

from dataclasses import dataclass, field

from midthought.ingest.compaction.options import CompactionOptions
from midthought.ingest.decomposition.model_calls import NO_BUDGET, Budget
from midthought.ingest.decomposition.prompts import DecompositionPrompts, load_prompts
from midthought.ingest.language_model import LanguageModel
from midthought.memory.records.ids import Canonical


@dataclass(frozen=True, slots=True)
class DecompositionOptions:
    """How traces are decomposed.

    Attributes:
        model: is asked.
        prompts: what it is asked.
        budget: what one ingestion may spend.
        all_attempts: decompose every right attempt at a question, not only the first.
        judges_support: ask of each subroutine whether it follows from its passages.
        judges_duplicates: ask of a procedure that is near a stored one, and kept apart for its wording alone, whether
            the two are one.
        compaction: shortens long thoughts before the model reads them; None for none.
    """

    model: LanguageModel
    prompts: DecompositionPrompts = field(default_factory=load_prompts)
    budget: Budget = NO_BUDGET
    all_attempts: bool = False
    judges_support: bool = False
    judges_duplicates: bool = False
    compaction: CompactionOptions | None = None

    @property
    def choices(self) -> list[Canonical]:
        """What other entries depend on: part of a job's id."""
        judges = [self.judges_support, self.judges_duplicates]
        shortened = ["compaction", *self.compaction.choices] if self.compaction else []
        return [self.model.name, self.prompts.digest, self.all_attempts, *(judges if any(judges) else []), *shortened]
