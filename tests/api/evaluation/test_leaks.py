"""What a memory knows of tasks already is found, and the wording of a task set is no leak."""

from midthought.api.evaluation.leaks import LeakKind, find_leaks
from midthought.ingest.harvest.tasks import Task
from midthought.memory.records.entry import Procedure, StoredEntry
from midthought.memory.records.trajectory import Trajectory

FRAME = "Your task is to answer the question below with one number and to show each of your steps in turn."
LEVEL = "In how many different ways can the letters of the word LEVEL be put in a row on a shelf?"
TILES = "A floor of nine metres by twelve metres is laid with square tiles of thirty centimetres; how many are needed?"
TASKS = [Task(0, f"{FRAME} {LEVEL}"), Task(1, f"{FRAME} {TILES}"), Task(2, "Seven plus six?")]


def entry(text: str) -> StoredEntry:
    """A stored procedure with a text."""
    return StoredEntry(1, Procedure("How do I count?", text), 1, ())


def trajectory(question: str, thought: str = "I think.") -> tuple[str, Trajectory]:
    """A trajectory with its id."""
    made = Trajectory(question, thought)
    return made.id, made


def by_kind(found: object) -> dict[LeakKind, int]:
    """The tasks of each kind of leak."""
    return dict(found.tasks_by_kind)  # type: ignore[attr-defined]


def test_a_planted_leak_is_found_and_named() -> None:
    """An entry that quotes 13 words of a task is one leak of that task, with the words."""
    planted = entry(f"For problems like this I should recall: {LEVEL} It is 30.")
    report = find_leaks(TASKS, [entry("For problems like this I should count."), planted], [])
    assert report.by_task == {0: frozenset({planted.id})}
    (leak,) = report.leaks
    assert (leak.task, leak.kind) == (0, LeakKind.RUN_OF_WORDS)
    assert (
        leak.words == "how many different ways can the letters of the word level be put" or leak.words in LEVEL.lower()
    )
    assert by_kind(report)[LeakKind.RUN_OF_WORDS] == 1


def test_twelve_words_in_common_are_none() -> None:
    """One word less is no leak."""
    shared = " ".join(LEVEL.split()[:12])
    assert find_leaks(TASKS, [entry(f"{shared} again")], []).by_task == {}
    assert find_leaks(TASKS, [entry(" ".join(LEVEL.split()[:13]))], []).by_task.keys() == {0}


def test_the_wording_of_a_task_set_is_no_leak() -> None:
    """The frame stands in two tasks: a trace of the same frame on another problem knows none of them."""
    report = find_leaks(TASKS, [], [trajectory(f"{FRAME} How old is the youngest of the four sisters of Anna?")])
    assert report.by_task == {}
    assert report.shared_wording == len(FRAME.split()) - 12


def test_the_same_question_and_its_near_copy_are_told_apart() -> None:
    """Case and blanks make no other question; another number makes a near copy."""
    report = find_leaks(
        TASKS, [], [trajectory(f"{FRAME}  {LEVEL}".upper()), trajectory(f"{FRAME} {TILES.replace('nine', 'ten')}")]
    )
    assert (by_kind(report)[LeakKind.SAME_QUESTION], by_kind(report)[LeakKind.NEAR_COPY]) == (1, 1)
    assert report.by_task.keys() == {0, 1}


def test_a_short_question_is_found_as_a_question_alone() -> None:
    """Three words are too few to be a run, and enough to be the same question."""
    assert find_leaks(TASKS, [entry("Seven plus six?")], []).by_task == {}
    assert find_leaks(TASKS, [], [trajectory("Seven plus six?")]).by_task.keys() == {2}


def test_a_thought_leaks_as_an_entry_does() -> None:
    """All texts of a trajectory are compared, not its question alone."""
    assert find_leaks(TASKS, [], [trajectory("Another?", f"A similar one: {TILES}")]).by_task.keys() == {1}
