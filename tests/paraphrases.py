"""An entry and a paraphrase of it that ingestion merges, for tests of merging."""

from midthought.memory.records.entry import Procedure

ENTRY = Procedure(
    "How do I find the longest side of a right triangle from its two legs?",
    "Square both legs, add the squares, and take the square root of the sum of the squares.",
)
REWORDED = Procedure(
    "From the two legs of a right triangle, how do I find the longest side of it?",
    "Take the square root of the sum of the squares of both legs.",
)
