"""Steps as examples: keys that name their object, passages that stand alone and end at what the key says."""

import pytest

from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.extraction.function_goals import is_function_goal
from midthought.ingest.extraction.goal_wording import count_named, name_by_formula
from midthought.ingest.extraction.goals import derive_goal, find_goal_fault
from midthought.ingest.extraction.passage_symbols import find_symbols, introduces
from midthought.ingest.extraction.step_examples import MAX_STEPS
from midthought.ingest.extraction.tool_goals import is_bare, word_call
from midthought.ingest.extraction.worked_examples import extract_step_examples
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.trajectory import Outcome, Trajectory


def draft(question: str, thought: str) -> tuple[dict[str, str], dict[str, str]]:
    """The passages of a trace by their goals, and the reasons of what was refused."""
    trajectory = Trajectory(question, thought, "7", outcome=Outcome.CORRECT)
    drafts = extract_step_examples(trajectory, split_steps(trajectory))
    passages = {one.entry.goal: one.entry.passage for one in drafts if isinstance(one, ExtractedEntry)}
    return passages, {one.key: one.reason for one in drafts if isinstance(one, RefusedDraft)}


@pytest.mark.parametrize(
    ("goal", "named"),
    [
        ("Solve the equation", False),
        ("Simplify the fraction", False),
        ("Find \\( y \\)", False),
        ("Find the ratio of the areas", True),
        ("Find the heat of the bath", True),
        ("Factor 5183", True),
        ("Compute \\( 3 \\mod 7 \\)", True),
        ("Solve the equation |2t - 3| = t + 8", True),
    ],
)
def test_kinds_of_things_name_no_object(goal: str, named: bool) -> None:
    """An equation, a fraction or a symbol names nothing; a thing, two kinds together, or a formula does."""
    assert bool(count_named(goal)) is named


@pytest.mark.parametrize(
    ("goal", "passage", "key"),
    [
        ("Simplify the fraction", "The GCD is 7: \\[ \\frac{21}{28} = \\frac{3}{4} \\]", "\\(\\frac{21}{28}\\)"),
        ("Calculate the cost", "\\[ \\text{Cost} = 4 \\times 13 = 52 \\]", "\\(4 \\times 13\\)"),
        ("Solve for \\( w \\)", "From \\(2k + 5 = 11\\) and \\(3w - 4 = 11\\) it follows.", "3w - 4 = 11"),
        ("Splitting the sum", "\\[ \\sum_{n=2}^{9} n + 1 = 52 \\]", ""),
        ("Find the product", "\\[ 3 \\times 4 = 12 \\]", ""),
    ],
)
def test_a_key_that_names_nothing_gets_the_formula_it_acts_on(goal: str, passage: str, key: str) -> None:
    """Equations for what is solved, expressions for what is computed, with the symbol that is sought; else none."""
    assert name_by_formula(goal, passage) == (f"{goal}: {key}" if key else goal)


def test_what_acts_on_an_equation_begins_with_it() -> None:
    """A passage that begins with the squares is preceded by the equation that was squared, which is in its key."""
    answer = (
        "The height is unknown.\n\nFrom the two triangles we have \\[ \\sqrt{h + 9} = 3 \\sqrt{7} \\]\n\n"
        "**Square both sides**:\n\\[ h = 9 \\times 7 - 9 = 63 - 9 = 54 \\]\nso the mast is 54 feet high, "
        "which is more than the old one had."
    )
    passages, _ = draft("How high is the mast?", answer)
    ((goal, passage),) = passages.items()
    assert goal == "Square both sides: \\(\\sqrt{h + 9} = 3 \\sqrt{7}\\)"
    assert passage.startswith("From the two triangles we have")


@pytest.mark.parametrize(
    "goal",
    [
        "Find the circle touches the longer side",
        "Find the maximum would occur at the corner",
        "Fix such a prime number",
        "Find the elements that satisfy either",
        "Updates the dictionary to {'a'",
    ],
)
def test_sentences_and_cut_clauses_are_no_keys(goal: str) -> None:
    """A sentence that was taken for a goal, "such a", and a clause that was cut off are refused."""
    assert find_goal_fault(goal)


@pytest.mark.parametrize(
    ("sentences", "acts"),
    [
        (
            (
                "The function `f` takes a list `xs`.",
                "It drops the first item.",
                "For the input `[4]`, nothing is left.",
            ),
            "takes a list `xs` and drops the first item",
        ),
        (
            (
                "The function checks if `s` begins with `p`.",
                "If it does, it returns the rest.",
                "Otherwise, it returns `s`.",
            ),
            "checks if `s` begins with `p`; if it does, it returns the rest; otherwise, it returns `s`",
        ),
    ],
)
def test_what_a_function_does_is_told_by_several_sentences(sentences: tuple[str, ...], acts: str) -> None:
    """Sentences up to the first that speaks of one call are one goal."""
    goal = derive_goal(sentences[0], sentences[1:])
    assert goal == f"Find the output of a function that {acts}"
    assert is_function_goal(goal)


def test_the_opening_of_a_function_is_no_goal() -> None:
    """A function of which only the beginning is told gives no key."""
    assert derive_goal("The function `f` takes a list and iterates over it.", ("The list is `[1, 2]`.",)) == ""


def test_symbols_are_those_of_formulas() -> None:
    """Letters of formulas are symbols; commands, words and letters of running text are none."""
    assert set(find_symbols("A rod of \\(m = \\rho \\text{ vol} \\sin t\\) and $q_1$.")) == {"m", "rho", "t", "q"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Let \\(r\\) be the radius.", True),
        ("For every integer \\(r\\), this holds.", True),
        ("Hence \\(r = 4 + 5\\).", True),
        ("It follows that \\(2r > 5\\).", False),
    ],
)
def test_a_symbol_is_introduced_by_what_stands_around_it(text: str, said: bool) -> None:
    """The word "let", a noun before it, or an equality behind it say what a symbol stands for."""
    assert introduces(text, "r") is said


RENT = (
    "Let \\(r\\) be the monthly rent of the flat.\n\n**Compute the deposit for the flat**\n"
    "The deposit is two rents, so \\[ 2r + 0.5r = 2.5r, \\qquad 2.5r = 2.5 \\times 400 = 1000 \\]"
)


def test_a_passage_begins_with_what_its_symbols_stand_for() -> None:
    """The sentence that introduces a symbol is part of the passage that uses it; one of the question is known."""
    passages, _ = draft("How much does the tenant pay first?", RENT)
    assert passages["Compute the deposit for the flat"].startswith("Let \\(r\\) be the monthly rent of the flat.")
    passages, _ = draft("The rent is $r$. How much does the tenant pay first?", RENT)
    assert passages["Compute the deposit for the flat"].startswith("The deposit is two rents")


def test_a_passage_of_unknown_symbols_gives_no_step() -> None:
    """What uses symbols that nothing explains cannot be understood alone."""
    answer = (
        "We know \\(2p > q + 3s - t\\).\n\n**Compute the surplus of the mill**\n"
        "Since it grows, \\(5p + 6q > 7s\\) and \\(8t > 3\\), thus the surplus is \\[ 4 \\times 5 = 20 \\]"
    )
    _, refused = draft("What is the surplus?", answer)
    assert refused["Compute the surplus of the mill"] == "passage uses what stands outside"


def test_a_passage_ends_where_what_is_sought_stands_alone() -> None:
    """A goal with a symbol is reached where the symbol stands alone; what only sets up the equation is refused."""
    answer = (
        "**Solve the pump equation for \\( v \\)**\nWe have \\[ 3v + 4 = 19 \\]\nso \\[ v = \\frac{15}{3} = 5 \\]\n\n"
        "**Find the power of the pump**\nSet the sum of the flows to zero: \\[ w^2 - 4w + 3w = 12w - 12w + w^2 = 0 \\]"
    )
    passages, refused = draft("How fast is the pump with v and w?", answer)
    assert refused["Find the power of the pump"] == "passage ends before its result"
    assert "Find the power of the pump" not in passages


def test_what_comes_next_is_no_end() -> None:
    """An announcement at the end of a passage is left out."""
    answer = (
        "**Compute the weight of the crate**\nThe crate holds 12 jars of 3 kg: \\[ 12 \\times 3 = 36 \\]\n"
        "so it weighs 36 kg.\nNow we need to find the weight of the truck, which is \\(W\\)."
    )
    passages, _ = draft("How heavy is the truck?", answer)
    assert passages["Compute the weight of the crate"].endswith("so it weighs 36 kg.")


def test_a_labelled_item_ends_before_the_next() -> None:
    """Of a list of labelled computations, each is a step of its own."""
    answer = (
        "The costs of the house are these.\n\n- Yearly cost of heating: 12 * 90 + 120 = 1080 + 120 = 1200 euros.\n"
        "- No-load cost of the pump: 8 * 15 + 30 = 120 + 30 = 150 euros."
    )
    passages, _ = draft("What does the house cost?", answer)
    assert all("1200" not in passage or "150" not in passage for passage in passages.values())


def test_the_best_steps_are_taken_or_the_best_one() -> None:
    """Of many good steps the best few are taken; of steps that say little, one."""
    good = "\n\n".join(
        f"**Compute the yearly loss of turbine {name}**\nTurbine {name} loses {n} of 50 hours, so its loss is "
        f"\\[ \\frac{{{n}}}{{50}} = {n} \\times 2 / 100 = {2 * n} / 100 \\] which means {2 * n} per cent of the year."
        for n, name in enumerate(("Alpha", "Birch", "Cedar", "Delta", "Ember"), start=11)
    )
    assert len(draft("Which turbine loses most?", good)[0]) == MAX_STEPS
    poor = "\n\n".join(f"**Cost {name}**\n{n} * 5 = {5 * n}" for n, name in ((3, "of bread"), (4, "of milk")))
    assert len(draft("What is bought?", poor)[0]) <= 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('get_booking({"booking_id": "QX81ZP"})', "Get booking"),
        ('find_train({"from": "Oslo", "date": "2024-05-17"})', "Find train (Oslo, 2024-05-17)"),
        ('get_user({"user": "ana_ruiz_4821"})', "Get user"),
    ],
)
def test_names_of_single_records_are_no_part_of_a_key(call: str, words: str) -> None:
    """Ids say nothing to anybody else; places and dates do."""
    assert word_call(call) == words


def test_a_call_without_a_purpose_is_no_step() -> None:
    """What only says what is searched names no goal."""
    assert is_bare("Search Mount Orland", "Search[Mount Orland]")
    assert not is_bare("Search Mount Orland and find its country", "Search[Mount Orland]")
    thought = (
        "Thought 1: I need to search Mount Orland.\nAction 1: Search[Mount Orland]\n"
        "Observation 1: Mount Orland is a mountain in the south of Verdania, close to the border.\n"
        "Thought 2: Mount Orland lies in the south of Verdania.\nAction 2: Finish[Verdania]"
    )
    passages, refused = draft("In which country is Mount Orland?", thought)
    assert not passages
    assert "no purpose is said" in refused.values()


@pytest.mark.parametrize(
    ("goal", "passage"),
    [
        ("Find the inflow and outflow of the basin", "The inflow is 3 * 20 = 60 = 12 * 5 litres per minute all day."),
        ("Solve the tariff for \\( p \\) and \\( q \\)", "It follows that 11 * p = 77 and so \\[ p = 77 / 11 = 7 \\]"),
        ("Calculate each fare to the coast", "The first fare to the coast is 12 * 4 = 48."),
    ],
)
def test_a_passage_holds_all_that_its_goal_promises(goal: str, passage: str) -> None:
    """Of "X and Y" both are reached; "each" needs several results."""
    passages, refused = draft("What does the town pay?", f"**{goal}**\n{passage}")
    assert not passages
    assert refused[goal] == "passage holds only part of its goal"


def test_a_passage_that_goes_on_ends_where_it_comes_to_its_goal() -> None:
    """What a thought does after it has reached a goal belongs to another step."""
    thought = (
        "To find the speed of the tram, we divide the way by the time.\n\n"
        "The way is 600 metres = 0.6 km and the time is 90 s = 0.025 h.\n\n"
        "So the speed of the tram is 0.6 / 0.025 = 24 km per hour.\n\n"
        "Seats cost 3 * 40 = 120 coins.\n\nDoors cost 2 * 45 = 90 coins."
    )
    passages, _ = draft("What is known of the new vehicle?", thought)
    assert passages["Find the speed of the tram"].endswith("24 km per hour.")


def test_a_formula_goes_on_to_its_value() -> None:
    """A stated formula is followed up to where it is worked out, even if that names the quantity no more."""
    thought = (
        "The drag of the boat is given by $D = k v^2$, where $k$ is a constant and $v$ the speed.\n\n"
        "We have k = 3 and v = 4 in the units of the table.\n\nPlugging in, we get 3 * 16 = 48 newtons.\n\n"
        "The crew is tired. The harbour closes at nine."
    )
    passages, _ = draft("How strong is the resistance?", thought)
    assert passages["Find the drag of the boat"].endswith("48 newtons.")


@pytest.mark.parametrize("goal", ["Proving \\(Q(n+1)\\)", "\\(i=k-1\\)"])
def test_a_key_of_unknown_symbols_is_none(goal: str) -> None:
    """A heading that is only a formula, or names its object by a symbol that nothing explains, is no key."""
    answer = (
        f"### {goal}\nWe get \\(6 = 2 \\times 3\\) and hence \\(12 = 2 \\times 6\\), so it follows that 12 = 12 holds."
    )
    passages, _ = draft("Show the claim.", answer)
    assert goal not in passages
