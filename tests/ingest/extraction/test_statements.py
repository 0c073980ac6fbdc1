"""General statements of traces become concepts; what describes the instance, or cannot stand alone, does not."""

import pytest

from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.formulas import normal_formula
from midthought.ingest.extraction.meanings import Meaning, read_appositions, read_meanings
from midthought.ingest.extraction.statements import extract_statements, is_same_statement, statement_key
from midthought.ingest.extraction.symbols import explain, find_symbols
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.entry import Concept, ConceptKind, Procedure
from midthought.memory.records.trajectory import Outcome, Trajectory

QUESTION = "A bottle of 3.5 litres stands in a field. What happens?"


def drafts_of(thought: str, question: str = QUESTION, answer: str = "") -> list[ExtractedEntry[Concept]]:
    """The statements of a right trace."""
    trajectory = Trajectory(question, thought, answer, outcome=Outcome.CORRECT)
    found = extract_statements(trajectory, split_steps(trajectory))
    return [one for one in found if isinstance(one, ExtractedEntry)]


def sentences_of(thought: str, question: str = QUESTION) -> list[str]:
    """Their descriptions."""
    return [draft.entry.description for draft in drafts_of(thought, question)]


def test_a_formula_with_its_variables_is_a_concept() -> None:
    """Name, parameters with their meaning, cues, the formula, and the sentence repaired to stand alone."""
    thought = (
        "Let's think step by step. Therefore, the magnitude of the drag is given by\n$$ F = b v^2 $$\n"
        "where $b$ is the drag coefficient and $v$ is the speed. With $v = 3$ I get 9."
    )
    (draft,) = drafts_of(thought)
    concept = draft.entry
    assert concept.name == "magnitude of the drag"
    assert concept.concept_kind is ConceptKind.STRUCTURE
    assert concept.description == (
        "The magnitude of the drag is given by $F = b v^2$, where $b$ is the drag coefficient and $v$ is the speed."
    )
    assert [(one.name, one.description) for one in concept.parameters] == [
        ("$b$", "the drag coefficient"),
        ("$v$", "the speed"),
    ]
    assert concept.cues == ("magnitude of the drag", "the drag coefficient", "the speed")
    assert concept.implementation == ("$F = b v^2$",)
    assert concept.extractor == "statements-2"
    (span,) = draft.spans
    assert thought[span.start : span.end].strip().startswith("Therefore, the magnitude")


@pytest.mark.parametrize(
    ("thought", "sentence"),
    [
        (
            "The sum of the terms is given by the formula S = a(1 - r^n)/(1 - r), where a is the first term, r is the "
            "common ratio, and n is the number of terms. So 3.",
            "The sum of the terms is given by the formula S = a(1 - r^n)/(1 - r), where a is the first term, r is the "
            "common ratio and n is the number of terms.",
        ),
        (
            "The mass of a pair is \\(\\mu = \\frac{m_1 m_2}{m_1 + m_2}\\), where \\(m_1\\) and \\(m_2\\) are masses.",
            "The mass of a pair is \\(\\mu = \\frac{m_1 m_2}{m_1 + m_2}\\), where \\(m_1\\) and \\(m_2\\) are masses.",
        ),
        (
            "The value of a loan is calculated as:\n\nPV = C / (1 + r)^n\n\nwhere:\n- C is the cash flow\n"
            "- r is the discount rate\n- n is the number of periods\n\nNow I insert.",
            "The value of a loan is calculated as PV = C / (1 + r)^n, where C is the cash flow, r is the discount rate "
            "and n is the number of periods.",
        ),
    ],
)
def test_formulas_in_plain_text_and_lists(thought: str, sentence: str) -> None:
    """Plain text, LaTeX marks, a list of meanings, and one meaning for two symbols."""
    assert sentences_of(thought) == [sentence]


def test_a_symbol_may_be_explained_elsewhere_in_the_trace() -> None:
    """The meaning is added, so that the sentence stands alone; without any meaning there is no statement."""
    first = "The width of a fringe is given by $s = L w/d$, where $L$ is the distance and $d$ is the slit separation."
    assert sentences_of(first) == []
    second = "The angle of a grating is given by $a = w/d$, where $w$ is the wavelength and $d$ is the slit separation."
    assert any(
        "$w$ is the wavelength" in one and one.startswith("The width of a fringe")
        for one in sentences_of(f"{first} {second}")
    )


@pytest.mark.parametrize(
    "thought",
    [
        "The force is given by $F = 3.2 \\times 10^4 q$, where $q$ is the charge.",
        "The force is given by $F = m g$, where $m = 3$ and $g$ is the acceleration.",
        "This is given by $F = m a$, where $m$ is the mass and $a$ is the acceleration.",
        "The equation of the line is given by $y = 2x + 7$, where $x$ is the coordinate along it.",
        "The first equation is $x = y z$, where $y$ is positive and $z$ is negative.",
        "The area is given by A = w h. So it is large.",
        "What is the force? Is it given by $F = m a$, where $m$ is the mass and $a$ is the acceleration?",
        "The bottle is a container that stands in a field.",
        "A product is a multiple of 5 if one of its factors is such a multiple.",
        "It is a number that can be expressed as a square of something.",
        "The law states that we should add the two numbers of the problem.",
        "Maybe Ohm's law states that voltage might be equal to current.",
        "The `while` loop continues as long as the position is greater than zero.",
        "The `text.split(x)` method splits the text at each place where it stands.",
    ],
)
def test_what_describes_the_instance_is_no_statement(thought: str) -> None:
    """Numbers put in, pronouns, unexplained symbols, questions, doubt, and what the code of the question does."""
    assert sentences_of(thought) == []


@pytest.mark.parametrize(
    ("thought", "name"),
    [
        ("Okay, Ohm's law states that voltage is equal to current multiplied by resistance.", "Ohm's law"),
        (
            "The second law of thermodynamics states that heat cannot flow by itself from cold to hot.",
            "second law of thermodynamics",
        ),
        (
            "I use Cayley's formula, which states that there are n^(n-2) labelled trees on n vertices.",
            "Cayley's formula",
        ),
        ("A perfect square is a number that can be expressed as the square of an integer.", "perfect square"),
        ("A tort is a civil wrong that causes a loss to another person.", "tort"),
        ("Gross profit is equal to revenue minus the cost of goods sold.", "gross profit"),
        ("Molality is defined as the number of moles of solute per kilogram of solvent.", "molality"),
        ("Negligence refers to a failure to take the care that a prudent person would take.", "negligence"),
        ("The `and` operator returns the first operand if it is falsy, otherwise the second operand.", "and operator"),
        ("The `str.rpartition` method splits a text at the last place of a separator.", "str.rpartition method"),
        ("The GROUP BY clause collects rows that have the same values in some columns.", "GROUP BY clause"),
    ],
)
def test_laws_definitions_and_properties(thought: str, name: str) -> None:
    """What a law states, what a word means, and what a function or clause does, in any field."""
    (draft,) = drafts_of(f"Let me see what is known about it. {thought} That helps.")
    assert draft.entry.name == name


@pytest.mark.parametrize(
    ("thought", "sentence"),
    [
        (
            "For a helical spring, the deflection is given by $y = F/k$, where $F$ is the load and $k$ is its rate.",
            "For a helical spring, the deflection is given by $y = F/k$, where $F$ is the load and $k$ is its rate.",
        ),
        (
            "The terminal speed is given by $v = w/b$ for slow flow, where $w$ is the weight and $b$ is a factor.",
            "The terminal speed is given by $v = w/b$ for slow flow, where $w$ is the weight and $b$ is a factor.",
        ),
        (
            "When the list has an even number of elements, the median is the average of the two middle numbers.",
            "When the list has an even number of elements, the median is the average of the two middle numbers.",
        ),
    ],
)
def test_a_condition_stays_with_its_statement(thought: str, sentence: str) -> None:
    """Before or after the formula, and before a sentence in words."""
    assert sentences_of(thought) == [sentence]


@pytest.mark.parametrize(
    "thought",
    [
        "The deflection is given by $y = F/k$, where $F$ is the load and $k$ is the stiffness.",
        "The fringe spacing is given by $y = w/d$, where $w$ is the wavelength and $d$ is the slit separation.",
        "The change in entropy is given by $S = q/T$, where $q$ is the heat and $T$ is the temperature.",
        "The total force is equal to the product of the pressure and the area.",
        "The target is the sum of the capacities of all of the vessels.",
        "In this case, the drag is given by $F = b v$, where $b$ is the drag factor and $v$ is the speed.",
        "For the bottle, the drag is given by $F = b v$, where $b$ is the drag factor and $v$ is the speed.",
        "The drag on a body is given by $F = b v$ for our boat, where $b$ is the drag factor and $v$ is the speed.",
    ],
)
def test_a_quantity_of_no_system_and_an_instance_as_condition_are_refused(thought: str) -> None:
    """Which force? A formula of a bare quantity holds for a system that nobody names."""
    assert sentences_of(thought) == []


@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [
        ("I recall that", "So I can apply it.", True),
        ("I think", "So I can apply it.", False),
        ("I know that", "But I'm not sure if that is applicable here.", False),
        ("I know that", "But first I collect what is given.", True),
    ],
)
def test_a_hedged_statement_and_one_taken_back_are_refused(before: str, after: str, stands: bool) -> None:
    """Only the opening of the sentence and the one after it count."""
    law = "Ohm's law states that voltage is equal to current multiplied by resistance."
    assert (sentences_of(f"Let me see. {before} {law} {after}") == [law]) is stands


def test_words_before_symbols_explain_them() -> None:
    """In a name or beside the verb, a symbol in brackets or after its noun."""
    (draft,) = drafts_of(
        "The power (P) of a shaft is related to the torque (T) and the angular velocity (w) by P = T w."
    )
    assert {one.name: one.description for one in draft.entry.parameters} == {
        "P": "the power",
        "T": "the torque",
        "w": "the angular velocity",
    }
    assert read_appositions("a disk of mass m and radius R, the number of digits d", {"m", "R", "d"}) == {
        "m": Meaning("m", "the mass"),
        "R": Meaning("R", "the radius"),
        "d": Meaning("d", "the number of digits"),
    }
    assert read_appositions("the sum of the first n squares of vectors v", {"n", "v"}) == {}


def test_a_value_beside_a_symbol_is_no_part_of_its_meaning() -> None:
    """It is put in later; the constant is what is explained."""
    clause = "$G = 6.67 \\times 10^{-11}$ N is the gravitational constant, and k is the stiffness (k = 3 (SI))"
    meanings = read_meanings(clause, {"G", "k"})
    assert [one.text for one in meanings.values()] == ["the gravitational constant", "the stiffness"]


@pytest.mark.parametrize(
    ("thought", "meaning"),
    [
        (
            "The drag on a body is given by $F = b v$, where $b$ is a factor and $v$ is the speed of the bottle.",
            "the speed",
        ),
        (
            "The drag on a body is given by $F = b v$, where $b$ is the drag factor and $v$ is the speed of the body.",
            "the speed of the body",
        ),
        (
            "The drag on a body is given by $F = b v_e$, where $b$ is a factor and $v_e$ is the speed of the ship.",
            "the speed of the ship",
        ),
    ],
)
def test_meanings_name_no_instance(thought: str, meaning: str) -> None:
    """A thing of a general kind stays, and one that an index stands for."""
    (draft,) = drafts_of(thought)
    assert draft.entry.parameters[-1].description == meaning


def test_a_letter_of_an_unrelated_formula_explains_nothing() -> None:
    """Two symbols must be common: the same letter is often another quantity."""
    other = "The rate constant is given by $k = A c$, where $A$ is the pre-exponential factor and $c$ is a fraction."
    assert not any(
        "pre-exponential" in one
        for one in sentences_of(f"The decay rate is given by $r = A n$. {other}")
        if "decay" in one
    )


def test_a_law_explains_both_sides() -> None:
    """Of "the mass is" the left side is known; a law does not say what its left side is."""
    law = "Hooke's law is $F = k x$, where $k$ is the stiffness and $x$ is the extension."
    assert sentences_of(law) == []
    assert sentences_of(law.replace("where", "where $F$ is the load,")) != []


def test_filling_words_are_left_out() -> None:
    """They belong to the trace's way of speaking."""
    assert sentences_of("Apparent power is simply the product of voltage and current. Next I insert.") == [
        "Apparent power is the product of voltage and current."
    ]


def test_the_name_of_a_law_is_kept_whole() -> None:
    """What opens a sentence is left out, not the first word of a name."""
    law = "According to Newton's second law, F = ma, where F is the net force, m is the mass and a is the acceleration."
    (draft,) = drafts_of(law)
    assert draft.entry.name == "Newton's second law"


def test_a_rule_of_algebra_needs_no_meanings() -> None:
    """Its letters mean anything; that of the question's own expression does not stand."""
    rule = "The power rule of logarithms is \\(\\log_b(a^c) = c \\log_b(a)\\)."
    assert sentences_of(rule) == [rule]
    assert sentences_of(rule, question="Find \\(\\log_b(a^c)\\) if $a = b$.") == []


def test_the_same_statement_twice_is_one_draft_with_two_spans() -> None:
    """In thought and answer, in other words around the same formula."""
    first = (
        "The drag on a body is given by $F = \\frac{1}{2} b v$, where $b$ is the drag coefficient and $v$ is the speed."
    )
    second = "The drag on a body is given by $F=\\frac{1}{2}bv$, where $b$ is the coefficient and $v$ is the speed."
    (draft,) = drafts_of(first, answer=second)
    assert [span.part.value for span in draft.spans] == ["thought", "answer"]


def test_the_same_statement_of_two_traces_is_known() -> None:
    """By the normal form of its formula and a word of its name; another kind, formula or extractor is another one."""
    (one,) = drafts_of(
        "The drag on a body is given by $F = b v$, where $b$ is the drag coefficient and $v$ is the speed."
    )
    (other,) = drafts_of("The drag on a body is expressed as F = b*v, where b is a coefficient and v is the velocity.")
    (third,) = drafts_of(
        "The drag on a body is given by $F = b v^2$, where $b$ is the drag coefficient and $v$ is the speed."
    )
    assert one.entry.id != other.entry.id
    assert statement_key(one.entry) == statement_key(other.entry)
    assert is_same_statement(one.entry, other.entry)
    assert not is_same_statement(one.entry, third.entry)
    assert not is_same_statement(one.entry, Procedure("How?", "So."))
    assert not is_same_statement(one.entry, Concept("drag", ConceptKind.STRUCTURE, "F", implementation=("$F = b v$",)))


def test_a_formula_has_one_normal_form() -> None:
    """LaTeX or plain, with or without signs of multiplication."""
    forms = ["$K = \\frac{1}{2} m v^2$", "K = (1)/(2) * m * v\u00b2", "\\(K=\\dfrac{1}{2}\\,m\\cdot v^{2}\\)"]
    assert len({normal_formula(one.replace("\\(", "").replace("\\)", "")) for one in forms}) == 1
    assert normal_formula("\\rho g h") == normal_formula("\u03c1gh")


def test_symbols_and_their_meanings() -> None:
    """Functions are no symbols, constants need no meaning; letters side by side are told apart by what is explained."""
    assert find_symbols("\\frac{1}{2} m v^2 \\sin(\\theta) + \\pi r") == {"m", "v", "theta", "r"}
    assert explain("pir", {"r"}) == ("r",)
    assert find_symbols("\\Delta x / q_{rev}") == {"Deltax", "qrev"}
    assert explain("mv", {"m", "v"}) == ("m", "v")
    assert explain("mvx", {"m", "v"}) is None
    meanings = read_meanings("$A$ and $B$ are the sides, it is clear, and c is the angle", {"A", "B", "c"})
    assert {name: meaning.text for name, meaning in meanings.items()} == {
        "A": "the sides",
        "B": "the sides",
        "c": "the angle",
    }
