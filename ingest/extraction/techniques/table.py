"""All techniques, in one tuple."""

from midthought.ingest.extraction.techniques.algebra import ALGEBRA
from midthought.ingest.extraction.techniques.applied import APPLIED
from midthought.ingest.extraction.techniques.basics import BASICS
from midthought.ingest.extraction.techniques.calculus import CALCULUS
from midthought.ingest.extraction.techniques.counting import COUNTING
from midthought.ingest.extraction.techniques.everyday import EVERYDAY
from midthought.ingest.extraction.techniques.geometry import GEOMETRY
from midthought.ingest.extraction.techniques.numbers import NUMBERS
from midthought.ingest.extraction.techniques.reasoning import REASONING
from midthought.ingest.extraction.techniques.science import SCIENCE
from midthought.ingest.extraction.techniques.technique import Technique

TECHNIQUES: tuple[Technique, ...] = (
    *ALGEBRA,
    *BASICS,
    *NUMBERS,
    *COUNTING,
    *GEOMETRY,
    *CALCULUS,
    *APPLIED,
    *EVERYDAY,
    *SCIENCE,
    *REASONING,
)
