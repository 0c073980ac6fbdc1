"""How the rules of retention are written as JSON."""

from dataclasses import asdict, replace
from functools import cache
from typing import Annotated, Any

from annotated_types import Ge, Le

from midthought.api.operations.shape import FieldShape, Shape, describe, shape_fields
from midthought.memory.records.retention import (
    MAX_DAYS,
    MAX_NUMBER,
    KeepLimit,
    Protection,
    RetentionChange,
    RetentionRules,
)


@cache
def _limit() -> Any:
    from midthought.api.rest.strict_types import strict  # pydantic

    number = strict(Annotated[int, Ge(0), Le(MAX_NUMBER)]) | None
    days = strict(Annotated[float, Ge(0), Le(MAX_DAYS)]) | None
    return describe(KeepLimit, changed={"max_days": days, "max_count": number, "max_bytes": number})


LIMIT = Shape(asdict, lambda record: KeepLimit(**record), _limit, validated=True)
_Limit = Annotated[KeepLimit, LIMIT]
_GIVEN = FieldShape(
    lambda limit: None if limit is None else LIMIT.write(limit),
    lambda record: None if record is None else LIMIT.read(record),
    _Limit | None,
)
_KEPT = FieldShape(LIMIT.write, LIMIT.read, _Limit)
RULES = shape_fields(RetentionRules, trajectories=_KEPT, runs=_KEPT, receipts=_KEPT, jobs=_KEPT, completions=_KEPT)
_CHANGE = shape_fields(
    RetentionChange,
    trajectories=_GIVEN,
    runs=_GIVEN,
    receipts=_GIVEN,
    jobs=_GIVEN,
    completions=_GIVEN,
    protect=FieldShape(lambda one: one, lambda text: text and Protection(text), Protection | None),
)
CHANGE = replace(_CHANGE, validated=True)
RulesJson = Annotated[RetentionRules, RULES]
ChangeJson = Annotated[RetentionChange, CHANGE]
