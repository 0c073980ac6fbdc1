"""The words by which steps are told apart, read from ``data/steps/*.toml`` at their first use."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from midthought.ingest.word_files import check_lists, read_folder

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class StepWords:
    """All lists; the comments in the files say what each is for.

    Attributes:
        interjections: words passed over before an opener.
        groups: phrases that stand for ``{name}`` in openers.
        openers: phrases that open a sentence, by what the sentence does.
        labels: words before a colon that opens a line, by the role of the lines.
        thinking: commands that only say a thought.
        strong: those labels that need no other sign of their role.
        tags: words in the name of a tag that opens a line, by the role of the lines.
        parts: words that number parts, by rank.
        kinds: words of headings, by the kind of the part.
        before_verbs: words before the verb of an aim.
        asking: words by which the first sentence of a thought says what is asked.
        joining: those of them that only go on with an aim before them.
    before_imperatives: words that may open a sentence before an imperative.
        not_aims: phrases that open no aim although a verb stands in them.
    after_attributes: words after a verb that show it to be an attribute: "the value to delete is 5".
    keep_finding: words, with the blank before them, that are no goal without the verb before: "determine if n is even".
    purposes: words, with the blank before them, that open the purpose of an aim.
    applied: words by which what was said in general is applied to what is given.
    unfinished: words, with the blank before them, at which no title ends.
    conditional: words that open a condition or another clause, with the blank after them.
    leaving: words by which a reply takes leave, whatever follows in it.
    requesting: words by which a reply asks the user for something.
    awaiting: words by which a reply says what comes after the user has answered.
    before_clauses: words that open a condition before what a reply says.
    offering: words by which a reply offers something.
    serving: words by which a reply only promises help, or repeats what the user said.
    before_replies: words before what a reply says.
    rulings: words by which a reply refuses, or says what is not allowed.
    before_requests: words before the verb of what a user asks for.
    request_verbs: verbs by which a user asks for something, beside the others.
    not_requested: verbs by which a user asks for nothing.
    telling_verbs: verbs by which a user asks to be told something.
    no_objects: words after the verb of a request that name nothing.
    ends_of_requests: words at which a request ends.
    phrase_openers: words that open a title which is a phrase of time, place or condition, or starts a loop.
    phrase_verbs: verbs of a title which is a clause.
    not_before_to: words before "to" after which no aim follows.
        finding: verbs whose object is the goal.
        acting: verbs that are in the goal with their object.
        acting_with_tools: the same, if a call of a tool follows.
    ends: words at which a goal ends.
        ends_of_finding: those that end only the object of a finding verb.
        after_goals: words after a comma that begin another clause.
        vague: words that name nothing.
        vague_subjects: subjects that name nothing.
        subject_verbs: verbs after the subject of a result.
        before_questions: words before a self-question that are no part of it.
        not_before_that: verbs that name nothing if "that" follows.
        checked: words by which a check speaks of a result.
        trailing: words at the end of a goal that are no part of it.
        hanging: words before the end of a goal that are no part of it.
        pointing: objects that name nothing by themselves.
        standing_alone: words after such an object.
        telling: names of arguments that say what a call does.
        finishing: names of calls that give the final answer.
        abbreviations: words before a full stop inside a sentence.
        inner_words: words that cannot end a clause.
        sentence_openers: words that begin a sentence even without a full stop before them.
    """

    interjections: Words
    groups: Mapping[str, tuple[str, ...]]
    openers: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]
    thinking: Words
    strong: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    before_verbs: tuple[str, ...]
    asking: tuple[str, ...]
    joining: tuple[str, ...]
    before_imperatives: tuple[str, ...]
    not_aims: tuple[str, ...]
    after_attributes: tuple[str, ...]
    keep_finding: tuple[str, ...]
    purposes: tuple[str, ...]
    applied: tuple[str, ...]
    unfinished: tuple[str, ...]
    conditional: tuple[str, ...]
    leaving: tuple[str, ...]
    requesting: tuple[str, ...]
    awaiting: tuple[str, ...]
    before_clauses: tuple[str, ...]
    offering: tuple[str, ...]
    serving: tuple[str, ...]
    before_replies: tuple[str, ...]
    rulings: tuple[str, ...]
    before_requests: tuple[str, ...]
    request_verbs: tuple[str, ...]
    not_requested: tuple[str, ...]
    telling_verbs: tuple[str, ...]
    no_objects: tuple[str, ...]
    ends_of_requests: tuple[str, ...]
    phrase_openers: Words
    phrase_verbs: Words
    not_before_to: Words
    finding: tuple[str, ...]
    acting: tuple[str, ...]
    acting_with_tools: tuple[str, ...]
    ends: Words
    ends_of_finding: Words
    after_goals: tuple[str, ...]
    vague: Words
    vague_subjects: tuple[str, ...]
    subject_verbs: tuple[str, ...]
    before_questions: Words
    not_before_that: Words
    checked: Words
    trailing: Words
    hanging: Words
    pointing: Words
    standing_alone: Words
    telling: Words
    finishing: Words
    abbreviations: Words
    inner_words: Words
    sentence_openers: Words


@cache
def load_words() -> StepWords:
    """Return the lists; raises `ValueError` naming the file or list if one is missing, unknown, or in two files."""
    return read_words(read_folder("steps"))


def read_words(raw: Mapping[str, Any]) -> StepWords:
    """Return the lists as their types say; raises `ValueError` unless they are exactly the fields of `StepWords`."""
    check_lists(raw, StepWords, what="the words of steps")
    return StepWords(**{name: _read_list(name, value) for name, value in raw.items()})


def _read_list(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return frozenset(value.split())
    if _is_phrases(value):
        return tuple(value)
    if isinstance(value, Mapping) and all(map(_is_phrases, value.values())):
        return {key: tuple(listed) for key, listed in value.items()}
    raise ValueError(f"{name} must be words in one string, a list of phrases, or a table of such lists")


def _is_phrases(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(phrase, str) for phrase in value)


def plain(text: str) -> str:
    """Return a text of the same length in lower case, with straight apostrophes."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters, such as \u0130, grow
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.replace("\u2019", "'").replace("\u2018", "'")


def any_of(phrases: Iterable[str]) -> str:
    """Return a pattern of any of some phrases, longer ones first."""
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in _longest(phrases))


def _longest(phrases: Iterable[str]) -> list[str]:
    return sorted(phrases, key=lambda phrase: (-len(phrase.split()), -len(phrase), phrase))
