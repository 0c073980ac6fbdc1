"""Techniques for fractions."""

from midthought.ingest.extraction.techniques.technique import Technique

FRACTIONS: tuple[Technique, ...] = (
    Technique(
        name="common-denominator",
        domain="algebra",
        step="bring the fractions to a common denominator",
        ask="How do I combine fractions with different denominators?",
        where="Problems that add, subtract or compare fractions, in numbers or in symbols.",
        method=(
            "find the least common multiple of the denominators and expand each fraction to it. I then "
            "combine the numerators over this denominator, keeping brackets round every numerator that is "
            "subtracted, and simplify. At the end I factor and cancel what numerator and denominator share."
        ),
        cues=("common denominator", "least common denominator"),
        pitfall="A minus before a fraction applies to its whole numerator.",
        rank=1,
    ),
    Technique(
        name="fraction-division",
        domain="algebra",
        step="multiply by the reciprocal instead of dividing",
        ask="How do I divide by a fraction?",
        where="Problems with a quotient of fractions or a compound fraction.",
        method=(
            "replace division by a fraction with multiplication by its reciprocal, converting mixed numbers "
            "to improper fractions first. Before multiplying I cancel factors that occur both above and "
            "below. Then I multiply numerators and denominators and check that the result is reduced."
        ),
        cues=(
            "multiply by the reciprocal",
            "multiplying by the reciprocal",
            "multiplication by the reciprocal",
            "times the reciprocal",
            "by its reciprocal",
            "by the reciprocal",
        ),
        work=r"\\frac|\d/\d",
    ),
)
