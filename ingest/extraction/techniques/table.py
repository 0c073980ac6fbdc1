"""All techniques, in one tuple."""

from midthought.ingest.extraction.techniques.algebra import ALGEBRA
from midthought.ingest.extraction.techniques.technique import Technique

TECHNIQUES: tuple[Technique, ...] = (*ALGEBRA,)
