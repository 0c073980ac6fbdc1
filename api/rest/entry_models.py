"""The shapes of entries: as they are sent, as they are stored, and as recall finds them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A body in which an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class WorkedCheckModel(Strict):
    """A small instance worked out, with code that computes the same value."""

    example: str
    code: str
    result: str


class ParameterModel(Strict):
    """One parameter of a concept."""

    name: str
    typing: str = ""
    description: str = ""


class ProcedureModel(Strict):
    """A subquestion and the reusable way to answer it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "procedure",
                    "subquestion": "How do I count arrangements when some items repeat?",
                    "subroutine": "For problems like this I should divide the factorial of the number of items by the "
                    "factorial of each repetition.",
                }
            ]
        },
    )

    kind: Literal["procedure"]
    subquestion: str
    subroutine: str
    applicability: str = ""
    pitfalls: list[str] = []
    domain: str = ""
    tags: list[str] = []
    check: WorkedCheckModel | None = None
    extractor: str = ""


class ConceptModel(Strict):
    """A named abstraction over several procedures."""

    kind: Literal["concept"]
    name: str
    concept_kind: Literal["structure", "routine"]
    description: str
    routine_subtype: str = ""
    output_typing: str = ""
    parameters: list[ParameterModel] = []
    cues: list[str] = []
    implementation: list[str] = []
    used_in: list[str] = []
    pitfalls: list[str] = []
    domain: str = ""
    tags: list[str] = []
    check: WorkedCheckModel | None = None
    extractor: str = ""


class LessonModel(Strict):
    """A situation and what to do in it."""

    kind: Literal["lesson"]
    situation: str
    suggestion: str
    domain: str = ""
    tags: list[str] = []
    extractor: str = ""


EntryModel = Annotated[ProcedureModel | ConceptModel | LessonModel, Field(discriminator="kind")]


class ProvenanceModel(BaseModel):
    """Where an entry comes from: a span of a trajectory, or a named source."""

    source: str
    trajectory_id: str | None
    part: Literal["thought", "answer"] | None = None
    start: int | None = None
    end: int | None = None


class StoredFields(BaseModel):
    """What the store adds to an entry."""

    id: str
    version: int
    origin: Literal["own", "starter"]
    provenance: list[ProvenanceModel]


class StoredProcedureModel(StoredFields, ProcedureModel):
    """A stored procedure."""


class StoredConceptModel(StoredFields, ConceptModel):
    """A stored concept."""


class StoredLessonModel(StoredFields, LessonModel):
    """A stored lesson."""


StoredModel = Annotated[StoredProcedureModel | StoredConceptModel | StoredLessonModel, Field(discriminator="kind")]


class HitFields(BaseModel):
    """How near an entry was to the query; `text` is its key and its body."""

    text: str
    score: float
    similarity: float | None
    bm25: float | None


class ProcedureHitModel(HitFields, StoredProcedureModel):
    """A procedure found."""


class ConceptHitModel(HitFields, StoredConceptModel):
    """A concept found."""


class LessonHitModel(HitFields, StoredLessonModel):
    """A lesson found."""


HitModel = Annotated[ProcedureHitModel | ConceptHitModel | LessonHitModel, Field(discriminator="kind")]
