"""The plan of a whole trace: its techniques, in the order in which the solution used them."""

import re
from collections.abc import Sequence

from midthought.ingest.extraction.evidence import Found
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Part, Trajectory

STEPS = range(3, 7)  # a plan of fewer steps says little, a longer one is no plan

TARGETS = (
    (r"probability|\bchance\b", "a probability"),
    (r"\bremainder\b", "a remainder"),
    (r"general solution|differential equation|\\ddot|\\dot", "a quantity governed by a differential equation"),
    (r"equilibrium|elasticity|marginal|profit", "an economic quantity"),
    (r"how many ways|in how many|number of ways|number of such|number of (?:paths|sequences|sets|subsets|ordered)"
     r"|how many (?:\w+ ){0,3}(?:subsets|sequences|arrangements|paths)", "the number of possibilities"),
    (r"how many|find the number of", "the number of objects that meet a condition"),
    (r"\barea\b", "an area"),
    (r"\bvolume\b", "a volume"),
    (r"\bslope\b", "the slope of a line"),
    (r"\bangle\b|degree measure", "an angle"),
    (r"maximum|largest|greatest|maximi[sz]e|highest", "a largest possible value"),
    (r"minimum|smallest|least possible|minimi[sz]e", "a smallest possible value"),
    (r"\bdistance\b|how far|\blength\b|\bperimeter\b", "a length or distance"),
    (r"wavelength|energy|frequency|magnitude|luminosity|temperature|velocity", "a physical quantity"),
    (r"\bminutes\b|\bhours\b|how long", "a time"),
    (r"\bprice\b|dollars|cost", "a price"),
    (r"\bmean\b|average|median", "an average"),
    (r"\bratio\b|what fraction|percent", "a ratio or fraction"),
    (r"\broots?\b|\bsolutions\b|\bsolve\b", "the solutions of an equation"),
    (r"simplify|express|rewrite|evaluate|compute|calculate", "the value or simplest form of an expression"),
    (r"find|what is|determine", "an unknown value"),
)  # fmt: skip
SETTINGS = (
    (r"lottery|randomly|at random|dice|die\b|rolls|coin", "random draws or trials"),
    (r"tokens|takes turns|take turns|wins the game", "a game with alternating moves"),
    (r"residents|who own|survey", "overlapping groups of people"),
    (r"\bgrid\b|paths? of length", "paths or fillings of a grid"),
    (r"per hour|speed", "motion at constant speed"),
    (r"sale|discount|tax\b|\\%", "percentages and prices"),
    (r"triangle|rectang|trapezoid|hexagon|polygon|square(?!s? (?:root|less|number|of))", "a plane figure"),
    (r"sphere|cylind|\bcube\b|\bbox\b|prism", "a solid body"),
    (r"\bcircles?\b|ellipse|parabola|hyperbola|xy.{0,3}-plane|coordinate", "curves in the coordinate plane"),
    (r"\\log|\\ln|logarithm", "logarithms"),
    (r"\\sin|\\cos|\\tan", "trigonometric functions"),
    (r"complex|conjugate|root of unity|imaginary", "complex numbers"),
    (r"pmatrix|vector|mathbf", "vectors or matrices"),
    (r"subset|\bset\b", "sets and their elements"),
    (r"sequence|series|\\dots|\\cdots|\\ldots", "a sequence or a long sum"),
    (r"polynomial|\broots\b", "a polynomial"),
    (r"divisible|divisor|factor|integer|digit|modulo|prime", "integers and divisibility"),
    (r"photon|wavelength|electron|hydrogen|quantum", "light and atoms"),
    (r"star|galaxy|telescope|parallax", "astronomical objects"),
    (r"reaction|mole|\\mathrm\{(?:co|h|na|nh)", "a chemical substance or reaction"),
    (r"market|demand|utility|consumer|firm", "a market or consumer"),
    (r"function|f\(x\)|g\(x\)", "functions"),
    (r"equation|system", "a system of equations"),
)  # fmt: skip


def asked_part(question: str) -> str:
    """Return what a question asks last, in lower case: few-shot preambles come before the last subproblem."""
    return re.split(r"Subproblem \d+:", question)[-1].lower()


def first_match(table: Sequence[tuple[str, str]], text: str) -> str:
    """Return the phrase of the first row whose pattern is found."""
    return next((phrase for pattern, phrase in table if re.search(pattern, text)), "")


def order_steps(found: Sequence[Found]) -> list[Found]:
    """Return the techniques that carry the solution, in its order: written out, or named more than once."""
    written = [f for f in found if f.technique.rank > 1 and f.spans[-1].part is Part.ANSWER]
    repeated = [f for f in found if f.technique.rank > 1 and f.mentions > 1]
    steps = written if len(written) >= STEPS.start else repeated
    return sorted(steps, key=lambda f: f.spans[-1])


def word_plan(trajectory: Trajectory, found: Sequence[Found], extractor: str) -> tuple[Procedure, list[Found]] | None:
    """Word the plan of a trace; nothing where too few steps or no general form of the question is known."""
    steps = order_steps(found)[: STEPS.stop - 1]
    target = first_match(TARGETS, asked_part(trajectory.question))
    setting = first_match(SETTINGS, asked_part(trajectory.question)) or first_match(SETTINGS, trajectory.question.lower())
    if len(steps) < STEPS.start or not target or not setting:
        return None
    return (
        Procedure(
            subquestion=f"How do I plan the way to {target} in a problem about {setting}?",
            subroutine=join_steps([f.technique.step for f in steps]),
            applicability=f"Problems about {setting} that ask for {target} and need several steps.",
            domain=steps[0].technique.domain,
            tags=("plan", *(f.technique.name for f in steps)),
            extractor=extractor,
        ),
        steps,
    )


def join_steps(steps: Sequence[str]) -> str:
    """Word steps as an ordered plan."""
    leads = ["First I", "Next I", *["Then I"] * (len(steps) - 3), "Finally I"]
    lines = " ".join(f"{lead} {step}." for lead, step in zip(leads, steps, strict=True))
    return f"For problems like this I should fix the order of the work before calculating. {lines}"
