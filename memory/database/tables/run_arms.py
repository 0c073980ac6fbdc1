"""Reads the table `runs` by arm: what each arm's runs cost, and how often they were right."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from midthought.memory.database.tables.runs import ARM
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run_comparison import ArmTotals


def read_summaries(connection: Connection, namespace: Namespace, arms: Iterable[str]) -> list[ArmTotals]:
    """Return one summary per arm, in their order."""
    rows = connection.execute(
        f"""SELECT {ARM} AS shown, count(*), count(*) FILTER (outcome IN ('correct', 'wrong')),
            count(*) FILTER (outcome = 'correct'), avg(tokens), avg(cached_tokens), avg(seconds)
            FROM runs WHERE namespace = ? GROUP BY shown""",
        [namespace.name],
    ).fetchall()
    found = {arm: (count, judged, right, tuple(means)) for arm, count, judged, right, *means in rows}
    summaries = []
    for arm in arms:
        count, judged, right, means = found.get(arm, (0, 0, 0, (0.0, 0.0, 0.0)))
        summaries.append(ArmTotals(arm, count, judged, right, right / judged if judged else None, *means))
    return summaries


def read_differences(connection: Connection, namespace: Namespace, first: str, second: str) -> NDArray[np.float64]:
    """Return, for each question that both arms have judged runs of, the second's accuracy minus the first's."""
    rows = connection.execute(
        f"""WITH judged AS (SELECT question_hash, {ARM} AS shown, avg((outcome = 'correct')::INTEGER) AS share
                FROM runs WHERE namespace = $1 AND outcome IN ('correct', 'wrong') GROUP BY ALL)
            SELECT b.share - a.share FROM judged a JOIN judged b USING (question_hash)
            WHERE a.shown = $2 AND b.shown = $3 ORDER BY question_hash""",
        [namespace.name, first, second],
    ).fetchall()
    return np.array([difference for (difference,) in rows], dtype=np.float64)
