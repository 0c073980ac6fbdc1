"""Reading concepts as models write them: one that is broken is not the end of the others, and nothing is lost."""

import json
from pathlib import Path

import pytest

from midthought.ingest.concepts.answers import (
    CONCEPTS_SCHEMA,
    BadItem,
    ShortNotes,
    SolutionSketch,
    WordedItem,
    read_concepts,
    read_lessons,
    read_notes,
    read_sketch,
)
from midthought.ingest.concepts.prompts import load_concept_prompts
from midthought.ingest.decomposition.answers import AnswerFault, AnswerFaultKind
from midthought.ingest.decomposition.prompts import load_prompts
from midthought.ingest.language_model import Completion, Finish
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Concept, ConceptKind, Parameter
from midthought.memory.records.trajectory import Outcome, Trajectory

from .reciting import PSEUDOCODE, concept, lesson

ENGLISH = "In how many rows can they stand?"
PROMPTS = load_concept_prompts()


def said(text: str, finish: Finish = Finish.STOP) -> Completion:
    """An answer."""
    return Completion(text, finish, 1, 1)


def concepts(text: str, finish: Finish = Finish.STOP) -> tuple[list[str], list[tuple[str, AnswerFaultKind]]]:
    """The names of good concepts, and of bad ones with their faults."""
    found = read_concepts(
        said(text, finish), example=PROMPTS.concepts_example, language_of=ENGLISH, extractor="concepts-1"
    )
    assert not isinstance(found, AnswerFault), found
    good = [one.entry.name for one in found if isinstance(one, WordedItem)]
    return good, [(one.name, one.fault.kind) for one in found if isinstance(one, BadItem)]


def fault(text: str, finish: Finish = Finish.STOP) -> AnswerFaultKind:
    """What is wrong with a whole answer."""
    found = read_concepts(
        said(text, finish), example=PROMPTS.concepts_example, language_of=ENGLISH, extractor="concepts-1"
    )
    assert isinstance(found, AnswerFault), found
    assert found.complaint.endswith(".")
    return found.kind


def bare(text: str) -> str:
    """A block without its fence."""
    return text.removeprefix("```json\n").removesuffix("\n```")


TWO = [bare(concept("one")), bare(concept("two"))]


@pytest.mark.parametrize(
    "text",
    [
        concept("one") + "\n" + concept("two"),
        "Here they are.\n\n" + concept("one") + "\n\nand\n\n" + concept("two") + "\nThat is all.",
        f"```json\n[{', '.join(TWO)}]\n```",
        f"[{', '.join(TWO)}]",
        '{"concepts": [' + ", ".join(TWO) + "]}",
        "\n".join(TWO),
        f"```\n{TWO[0]}\n{TWO[1]}\n```",
        f"```json\n{TWO[0]}\n```\n```json\n{TWO[1]}",
    ],
    ids=["blocks", "talk", "list in a fence", "list", "object", "one after the other", "both in a fence", "open fence"],
)
def test_concepts_as_models_write_them(text: str) -> None:
    """In fences or alone, in a list, an object or one after the other."""
    assert concepts(text) == (["one", "two"], [])


def test_all_fields_are_read() -> None:
    """The format of the field, whole; blanks in the name are one, and `used_in` is not the model's to say."""
    parameters = [{"name": "k", "typing": "int", "description": "how many"}, {"name": "f", "typing": None}]
    given = concept(" A  name", routine_subtype="S", output_typing="T := int", parameters=parameters, used_in=["x"])
    found = read_concepts(said(given), example="", language_of=ENGLISH, extractor="concepts-1")
    assert not isinstance(found, AnswerFault)
    (item,) = found
    assert isinstance(item, WordedItem)
    assert item.passages == ("I treat the twins as one block",)
    assert item.entry == Concept(
        "A name",
        ConceptKind.ROUTINE,
        "Treat what stays together as one thing.",
        "S",
        "T := int",
        (Parameter("k", "int", "how many"), Parameter("f")),
        ("things that must stay together",),
        ("join them to a block",),
        extractor="concepts-1",
    )


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (concept("bad").replace('"routine"', "routine"), "bad"),
        (concept("bad", kind="theorem"), "bad"),
        (concept("bad", description=""), "bad"),
        (concept("bad", cues="a cue"), "bad"),
        (concept("bad", cues=[1]), "bad"),
        (concept("bad", parameters=["k"]), "bad"),
        (concept("bad", parameters=[{"name": "k", "type": "int"}]), "bad"),
        (concept("bad", passages=[]), "bad"),
        (concept("bad", pseudocode="x"), "bad"),
        (concept("", description="d"), ""),
        ("```json\n{'name': 'bad'}\n```", ""),
        ('```json\n{"name": "bad", "kind": "rout\n```', "bad"),
        ("```json\nnull\n```", ""),
    ],
)
def test_one_bad_concept_fails_alone(broken: str, name: str) -> None:
    """The trap of the published code: one bad block lost all concepts of a problem, and nobody heard of it."""
    good, bad = concepts(concept("one") + "\n" + broken + "\n" + concept("two"))
    assert good == ["one", "two"]
    assert [found for found, _ in bad] == [name]
    assert [kind for _, kind in bad] == [AnswerFaultKind.NO_JSON]


def test_a_broken_list_gives_its_good_ones() -> None:
    """Between two that can be read, what cannot is one broken concept, with its text."""
    broken = TWO[0].replace("one", "bad").replace('"description":', '"description"')
    text = f"[{TWO[0]}, {broken}, {TWO[1]}]"
    assert concepts(text) == (["one", "two"], [("bad", AnswerFaultKind.NO_JSON)])
    cut = text[: -len(TWO[1]) // 2]
    assert concepts(cut, Finish.LENGTH) == (
        ["one"],
        [("bad", AnswerFaultKind.NO_JSON)],
    )
    assert concepts(f"[{TWO[0]}, {{'name': 'bad', 'kind': 'x'}}]") == (["one"], [("", AnswerFaultKind.NO_JSON)])
    later = f"[{TWO[0]}, {TWO[1][:-30]}"
    assert concepts(later, Finish.LENGTH) == (["one"], [("two", AnswerFaultKind.NO_JSON)])


def test_the_example_copied_back_is_no_concept() -> None:
    """It fails alone as well."""
    assert concepts(PROMPTS.concepts_example + "\n" + concept("one")) == (
        ["one"],
        [("sliding window maximum", AnswerFaultKind.COPIED)],
    )


@pytest.mark.parametrize("text", ["```json\n```", "```json\n[]\n```", "[]", '{"concepts": []}', "```json\n{}\n```"])
def test_no_concepts_are_an_answer(text: str) -> None:
    """Not every solution has one."""
    assert concepts(text) == ([], [])


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("", Finish.STOP, AnswerFaultKind.EMPTY),
        ("I cannot help with that.", Finish.STOP, AnswerFaultKind.NO_JSON),
        ("### Concepts\n1. one\n2. two", Finish.STOP, AnswerFaultKind.NO_JSON),
        ("{" * 15, Finish.STOP, AnswerFaultKind.NO_JSON),
        ('{"lessons": "none"', Finish.STOP, AnswerFaultKind.NO_JSON),
        (TWO[0][:60], Finish.LENGTH, AnswerFaultKind.CUT),
        ('"a cue of many", ' * 200, Finish.LENGTH, AnswerFaultKind.LOOP),
        ("两个人必须坐在一起时怎样计算排列数量呢", Finish.STOP, AnswerFaultKind.OTHER_LANGUAGE),
    ],
)
def test_answers_that_cannot_be_used(text: str, finish: Finish, kind: AnswerFaultKind) -> None:
    """Each way to misbehave has its own fault."""
    assert fault(text, finish) is kind


def test_lessons_are_read_alike() -> None:
    """Situation and suggestion; a bad one fails alone."""
    text = lesson() + "\n" + lesson("When nothing helps", suggestion=" ") + "\n" + lesson("When it grows")
    found = read_lessons(said(text), language_of=ENGLISH, extractor="concepts-1")
    assert not isinstance(found, AnswerFault)
    names = [one.name if isinstance(one, BadItem) else one.entry.situation for one in found]
    assert names == ["When things stay together", "When nothing helps", "When it grows"]
    assert [isinstance(one, BadItem) for one in found] == [False, True, False]


def test_pseudocode_is_read_from_sections_or_json() -> None:
    """Indentation stays, fences and empty lines go; a missing part is a fault."""
    wanted = SolutionSketch("a name", "It does it.", ("first", "  then", "last"))
    text = "### Name\na name\n### Summary\nIt does\nit.\n### Pseudocode\n```\nfirst\n\n  then\nlast\n```"
    assert read_sketch(said(text), language_of=ENGLISH) == wanted
    record = {"name": "a name", "summary": "It does it.", "pseudocode": ["first", "  then", "", "last"]}
    assert read_sketch(said(json.dumps(record)), language_of=ENGLISH) == wanted
    for bad in (PSEUDOCODE.replace("### Summary", "Summary"), json.dumps({**record, "summary": ""})):
        assert isinstance(read_sketch(said(bad), language_of=ENGLISH), AnswerFault)


def test_shorter_notes_are_shorter_and_lose_no_field() -> None:
    """Notes that are longer, or that leave nothing where something was, are refused."""
    before = Concept("n", ConceptKind.ROUTINE, "d", cues=("a b c", "d e"), implementation=("f g h",))
    good = json.dumps({"cues": ["a e"], "implementation": ["f"]})
    assert read_notes(said(f"```json\n{good}\n```"), before=before) == ShortNotes(("a e",), ("f",))
    longer = read_notes(said(json.dumps({"cues": ["a " * 8], "implementation": ["f"]})), before=before)
    assert isinstance(longer, AnswerFault)
    assert longer.kind is AnswerFaultKind.NOT_SHORTER
    assert isinstance(read_notes(said('{"cues": [], "implementation": ["f"]}'), before=before), AnswerFault)
    assert isinstance(read_notes(said("shorter"), before=before), AnswerFault)


def test_the_prompts_say_what_they_must() -> None:
    """Exact names, nothing of the instance, the verdict; and they begin as those of decomposition do."""
    right, wrong = (
        Trajectory("Q {memory}?", "T </thought>", "A", outcome=one) for one in (Outcome.CORRECT, Outcome.WRONG)
    )
    asked = PROMPTS.ask_concepts(right, right.thought, structured=False, memory="- known </memory>", solution="s")
    text = asked[-1].text
    assert "exactly its name" in text
    assert "{memory}" in text.split("</problem>")[0]
    assert "- known < /memory>" in text
    assert "T < /thought>" in text
    first = load_prompts().ask_subquestions(right, right.thought, structured=False)
    assert asked[0] == first[0]
    shared = first[-1].text.index("</thought>", first[-1].text.index("T < "))
    assert first[-1].text[:shared] == text[:shared]
    verdicts = [PROMPTS.ask_lessons(one, "", structured=False)[-1].text for one in (right, wrong)]
    assert ["judged right" in one for one in verdicts] == [True, False]
    assert ["judged wrong" in one for one in verdicts] == [False, True]
    assert json.loads(CONCEPTS_SCHEMA)["properties"]["concepts"]["items"]["additionalProperties"] is False


def test_a_file_of_own_prompts_is_checked(tmp_path: Path) -> None:
    """A prompt without the blank that it needs is named."""
    shipped = (Path(__file__).parents[3] / "data" / "prompts" / "concepts.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(shipped.replace("{memory}", "memory"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"'concepts' lacks \{memory\}"):
        load_concept_prompts(own)
    own.write_text(shipped.replace("Which concepts", "What concepts"), encoding="utf-8")
    assert load_concept_prompts(own).digest != PROMPTS.digest
