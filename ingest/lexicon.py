"""The word lists of dedup and extraction, read from ``data/lexicon/*.toml`` at their first use.

A list of words is one string there, divided by spaces. The keys of all files are the fields of `Lexicon`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from midthought.ingest.word_files import check_lists, read_folder

Words = frozenset[str]
NameByWord = Mapping[str, str]
ValueByWord = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All word lists; the comments in the files say what each is for.

    Attributes:
        antonyms: ``axis:side`` of every word that stands on a side of an axis; a side is called by its first word.
        technical_axes: axes that both texts must name if one does.
        empty_words: words that say nothing by themselves.
        synonyms: groups of words that say the same.
        units: the name of every unit by each of its wordings.
        negations: words that negate.
        negating_prefixes: beginnings that negate a word of the antonyms.
        after_repetition: words after which ``times`` says how often.
        required_literals: operators and quantifiers that both texts must have if one does.
        operators: the name of each operator by its words.
        quantifiers: the name of each quantifier by its words.
        word_pairs: the literal that two words are together.
        ones: the words of zero to nineteen, in order.
        tens: the words of twenty to ninety, in order.
        ordinals: the words of second to nineteenth, in order.
        ordinal_endings: what turns digits into an ordinal.
        percent_signs: what makes a number a hundredth.
        parts: the divisor that a word of a part says.
        part_nouns: the divisor of parts that are no ordinals.
        multiples: the factor that a word says.
        scales: powers of ten and the dozen.
        particular_scales: scales that no general procedure may name.
        deciding_words: words that decide between two near copies.
        role_markers: prepositions between two words in different roles.
        conjunctions: words at which a clause is cut.
        noun_marks: words before a noun.
        suffixes: endings without which a word is compared, tried in order.
        sentence_openers: words that are capitalised only because they open a sentence.
        doubts: phrases that take an idea back, or leave it open.
        abandonments: phrases that give up what was done before them.
        turns: openers of a sentence that turns to another way, or checks.
        verifications: words of a turn that checks what was reached, and does not doubt it.
        arrivals: words by which a passage says that it reached something.
        plans: words after an arrival that make it a plan.
        common_numbers: numbers that many problems share.
        theory_nouns: what the name of a person makes a law or method of.
        general_names: words with a capital that name no one.
        generic_words: words of a key that name nothing by themselves.
        genus_nouns: nouns that a definition begins with.
        tool_nouns: what a name in code or capitals is called.
        operation_words: what joins the quantities of a relation that is said in words.
        law_nouns: what a general truth is called.
        particular_words: doubt, and words that tie a sentence to its problem.
        formula_functions: functions, signs and commands of formulas.
        greek_letters: the names of Greek letters.
        dependent_quantities: quantities whose formula depends on the system.
        plain_modifiers: words that do not say which system a quantity belongs to.
        vague_words: opinions.
        hedges: what opens a sentence whose author does not know whether it holds.
        retractions: what takes the sentence before back.
        general_things: things of a general kind, to which a quantity may belong.
    """

    antonyms: NameByWord
    technical_axes: Words
    empty_words: Words
    synonyms: tuple[tuple[str, ...], ...]
    units: NameByWord
    negations: Words
    negating_prefixes: tuple[str, ...]
    after_repetition: Words
    required_literals: Words
    operators: NameByWord
    quantifiers: NameByWord
    word_pairs: NameByWord
    ones: tuple[str, ...]
    tens: tuple[str, ...]
    ordinals: tuple[str, ...]
    ordinal_endings: Words
    percent_signs: Words
    parts: ValueByWord
    part_nouns: ValueByWord
    multiples: ValueByWord
    scales: ValueByWord
    particular_scales: Words
    deciding_words: Words
    role_markers: Words
    conjunctions: Words
    noun_marks: Words
    suffixes: tuple[str, ...]
    sentence_openers: Words
    doubts: tuple[str, ...]
    abandonments: tuple[str, ...]
    turns: tuple[str, ...]
    verifications: tuple[str, ...]
    arrivals: tuple[str, ...]
    plans: tuple[str, ...]
    common_numbers: Words
    theory_nouns: Words
    general_names: Words
    generic_words: Words
    genus_nouns: Words
    tool_nouns: Words
    operation_words: Words
    law_nouns: Words
    particular_words: Words
    formula_functions: Words
    greek_letters: Words
    dependent_quantities: Words
    plain_modifiers: Words
    vague_words: Words
    hedges: tuple[str, ...]
    retractions: tuple[str, ...]
    general_things: Words


@cache
def load_lexicon() -> Lexicon:
    """Return the word lists; raises `ValueError` naming the file if a list is missing, unknown, or in two files."""
    return read_lexicon(read_folder("lexicon"))


def read_lexicon(raw: Mapping[str, Any]) -> Lexicon:
    """Return the lists as their types say; raises `ValueError` unless they are exactly the fields of `Lexicon`."""
    check_lists(raw, Lexicon, what="the lexicon")
    readers = {Words: _read_words, tuple[str, ...]: _read_sequence, tuple[tuple[str, ...], ...]: _read_groups}
    special = {"antonyms": _read_sides, "units": _read_units, "operators": _by_word, "quantifiers": _by_word}
    return Lexicon(
        **{
            field.name: special.get(field.name, readers.get(field.type, dict))(raw[field.name])  # type: ignore[arg-type]
            for field in fields(Lexicon)
        }
    )


def _read_words(value: str | list[str]) -> Words:
    return frozenset(value.split() if isinstance(value, str) else value)


def _read_sequence(value: str | list[str]) -> tuple[str, ...]:
    return tuple(value.split() if isinstance(value, str) else value)


def _read_groups(value: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group.split()) for group in value)


def _read_sides(axes: Mapping[str, Iterable[str]]) -> NameByWord:
    sides = ((axis, side.split()) for axis, listed in axes.items() for side in listed)
    return {word: f"{axis}:{words[0]}" for axis, words in sides for word in words}


def _read_units(units: Iterable[str]) -> NameByWord:
    return {word: unit.split()[0] for unit in units for word in unit.split()}


def _by_word(table: Mapping[str, str]) -> NameByWord:
    return {word: name for name, words in table.items() for word in words.split()}
