"""The plan of a whole trace: the techniques that its solution combined."""

import re
from collections.abc import Sequence

from midthought.ingest.extraction.evidence import Found
from midthought.ingest.extraction.extracted import ExtractedProcedure
from midthought.ingest.extraction.notes import TOOLS
from midthought.ingest.extraction.techniques.technique import Technique
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Part, Trajectory

STEPS = range(3, 7)  # a plan of fewer steps says little, a longer one is no plan

TARGETS = (
    (r"probability|\bchance\b", "a probability"),
    (r"\bremainder\b", "a remainder"),
    (r"general solution|differential equation|\\ddot|\\dot\b", "a quantity that obeys a differential equation"),
    (r"equilibrium|elasticity|marginal|profit", "an economic quantity"),
    (r"how many ways|in how many|number of ways|number of such|number of (?:paths|sequences|sets|subsets|ordered)"
     r"|how many (?:\w+ ){0,3}(?:subsets|sequences|arrangements|paths)", "the number of possibilities"),
    (r"how many (?:miles|meters|kilometers|inches)|how far", "a length or distance"),
    (r"how many (?:minutes|hours|years|days)|number of minutes", "a time"),
    (r"how many (?:\w+ )?(?:dollars|cents)", "a price"),
    (r"how many square", "an area"),
    (r"how many digits", "a number of digits"),
    (r"how many|find the number of", "the number of objects that meet a condition"),
    (r"\barea\b", "an area"),
    (r"\bvolume\b", "a volume"),
    (r"\bslope\b", "the slope of a line"),
    (r"\bangle\b|degree measure", "an angle"),
    (r"maximum|largest|greatest|maximi[sz]e|highest", "a largest possible value"),
    (r"minimum|smallest|least possible|minimi[sz]e", "a smallest possible value"),
    (r"how many (?:miles|meters|kilometers)|\bdistance\b|how far|\blength\b|\bperimeter\b", "a length or distance"),
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
    (r"lottery|randomly|at random|dice|die\b|rolls|coin", "random draws or trials", "probability combinatorics"),
    (r"tokens|takes turns|take turns|wins the game", "a game with alternating moves", "games combinatorics"),
    (r"residents|who own|survey", "overlapping groups of people", "combinatorics"),
    (r"\bgrid\b|paths? of length", "paths or fillings of a grid", "combinatorics"),
    (r"per hour|speed", "motion at constant speed", "rates"),
    (r"sale|discount|tax\b", "percentages and prices", "percentages"),
    (r"sphere|cylind|\bcube\b|\bbox\b|prism", "a solid body", "geometry"),
    (r"triangle|rectang|trapezoid|hexagon|polygon", "a plane figure", "geometry trigonometry"),
    (r"\bcircles?\b|ellipse|parabola|hyperbola|xy.{0,3}-plane|coordinate", "curves in the plane", "geometry"),
    (r"\\log|\\ln|logarithm", "logarithms", "algebra"),
    (r"\\sin|\\cos|\\tan", "trigonometric functions", "trigonometry"),
    (r"complex|conjugate|root of unity|imaginary", "complex numbers", "algebra"),
    (r"pmatrix|vector|mathbf", "vectors or matrices", "linear_algebra"),
    (r"subset|\bset\b", "sets and their elements", "combinatorics"),
    (r"sequence|series|\\dots|\\cdots|\\ldots", "a sequence or a long sum", "sequences"),
    (r"polynomial|\broots\b", "a polynomial", "algebra"),
    (r"divisible|divisor|factor|integer|digit|modulo|prime", "integers and divisibility", "number_theory"),
    (r"photon|wavelength|electron|hydrogen|quantum", "light and atoms", "physics"),
    (r"\bstars?\b|galaxy|telescope|parallax", "stars and galaxies", "astronomy"),
    (r"reaction|mole|\\mathrm\{(?:co|h|na|nh)", "a chemical reaction", "chemistry"),
    (r"market|demand|utility|consumer|firm", "a market or consumer", "economics"),
    (r"\\ddot|\\dot\b|differential", "a differential equation", "differential_equations"),
    (r"function|f\(x\)|g\(x\)", "functions", "algebra calculus"),
    (r"equation|system", "equations in several unknowns", "algebra"),
)  # fmt: skip
_ANSWER_FORM = re.compile(
    r"(?:the (?:final )?answer|[^.?!]{0,60}) can be (?:written|simplified|expressed) (?:in the form|as)[^?]*"
    r"|where \$?m\$? and[^?]*"
)


def asked_part(question: str) -> str:
    """Return what a question asks last, in lower case, without its preamble and its wish for a form of the answer."""
    return _ANSWER_FORM.sub("", re.split(r"Subproblem \d+:", question)[-1].lower())


def last_request(asked: str) -> str:
    """Return the last sentence that asks or orders something, or an empty text."""
    found = re.findall(
        r"[^.?!]*\b(?:find|what|how|compute|calculate|evaluate|determine|simplify|solve|which)\b[^.?!]*", asked
    )
    return found[-1] if found else ""


def find_target(text: str) -> str:
    """Return the kind of thing that a question asks for."""
    return next((phrase for pattern, phrase in TARGETS if re.search(pattern, text)), "")


def find_setting(text: str, domain: str) -> str:
    """Return what a question is about, as far as it fits the field of the technique that carried the solution."""
    fitting = ((pattern, phrase) for pattern, phrase, domains in SETTINGS if domain in domains)
    return next((phrase for pattern, phrase in fitting if re.search(pattern, text)), "")


def choose_steps(found: Sequence[Found]) -> list[Found]:
    """Return the techniques that carry the solution, in reading order: written out, or named more than once."""
    written = [f for f in found if f.technique.rank > 1 and f.spans[-1].part is Part.ANSWER]
    repeated = [f for f in found if f.technique.rank > 1 and f.mentions > 1]
    steps = written if len(written) >= STEPS.start else repeated
    return sorted(steps, key=lambda f: f.spans[-1])[: STEPS.stop - 1]


def is_coherent(steps: Sequence[Found]) -> bool:
    """Say whether there are enough telling steps, all of a single field but for tools that every field uses."""
    telling = sum(f.technique.rank == 3 for f in steps)
    return len(steps) in STEPS and telling > 1 and len({f.technique.domain for f in steps} - TOOLS) <= 1


def word_plan(trajectory: Trajectory, found: Sequence[Found], extractor: str) -> ExtractedProcedure | None:
    """Word the plan of a trace; nothing where too few steps or no general form of the question is known."""
    steps = choose_steps(found)
    if not is_coherent(steps):
        return None
    deciding = max(steps, key=lambda f: (f.technique.rank, f.technique.domain not in TOOLS, f.mentions)).technique
    asked = asked_part(trajectory.question)
    target, setting = find_target(last_request(asked)) or find_target(asked), find_setting(asked, deciding.domain)
    if not target or not setting:
        return None
    procedure = Procedure(
        subquestion=f"Which techniques should I combine to get {target} in a problem about {setting}?",
        subroutine=join_steps([f.technique for f in steps], deciding),
        applicability=f"Problems about {setting} that ask for {target} and need several techniques.",
        domain=deciding.domain,
        tags=("plan", *(f.technique.name for f in steps)),
        extractor=extractor,
    )
    return ExtractedProcedure(procedure, tuple(sorted(f.spans[-1] for f in steps)))


def join_steps(steps: Sequence[Technique], deciding: Technique) -> str:
    """Word the techniques of a plan, with more words for the one that carried the solution."""
    others = [f"I {t.step}" for t in steps if t is not deciding]
    tools = "; ".join(others[:-1]) + f"; and {others[-1]}" if len(others) > 1 else others[0]
    return (
        f"For problems like this I should build on a main technique: {deciding.step}. There I {deciding.method}"
        f" Around it I use these tools: {tools}."
    )
