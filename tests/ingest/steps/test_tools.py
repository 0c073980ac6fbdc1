"""Traces of tools, terminals, notebooks and conversations are split at their turns."""

import pytest

from midthought.ingest.steps.split import split_steps
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Trajectory

CALL, CODE, RESTATEMENT, RESULT, TALK, WORK = (
    StepKind.CALL,
    StepKind.CODE,
    StepKind.RESTATEMENT,
    StepKind.RESULT,
    StepKind.TALK,
    StepKind.WORK,
)


def split(thought: str) -> tuple[Step, ...]:
    """Return the steps of a thought."""
    return split_steps(Trajectory("q", thought))


def kinds_and_goals(thought: str) -> list[tuple[StepKind, str]]:
    """Return what each step does and its goal."""
    return [(step.kind, step.goal) for step in split(thought)]


def test_labels_in_capitals() -> None:
    """A label in capitals on its own line begins a turn, and a command in a fence with an observation is a call."""
    thought = (
        "DISCUSSION\nThe issue names one file. Let me open it and look for `parse`.\n```\nopen dates.py\n```\n"
        "OBSERVATION:\n# Dates\n\n```python\ndef parse():\n```\n\nDISCUSSION\nI'll run the tests.\n```\npytest\n```\n"
        "OBSERVATION:\n3 passed"
    )
    assert kinds_and_goals(thought) == [(CALL, "look for `parse`"), (CALL, "run the tests")]


def test_conclusion_belongs_to_the_call() -> None:
    """What is concluded of an output belongs to its call; what announces the next call belongs to that."""
    thought = (
        "Let me look up the weather in Paris.\n"
        '{"name": "get_weather", "arguments": {"city": "Paris"}}\n{"degrees": 18}\n'
        "It is mild in Paris. Next, look up the weather in Rome.\n"
        '{"name": "get_weather", "arguments": {"city": "Rome"}}\n'
        '{"degrees": 27}\nRome is warmer.'
    )
    steps = split(thought)
    assert [step.goal for step in steps] == ["look up the weather in Paris", "look up the weather in Rome"]
    assert thought[: steps[0].span.end].rstrip().endswith("It is mild in Paris.")


def test_terminal() -> None:
    """A command with its output is a call whose goal is what led to it, or the command."""
    thought = (
        "I want to find out which folder is full.\n\n$ df -h\n/dev/sda1 50G\n\n$ du -sh /var\n38G /var\n\n"
        "The logs take all.\n\n$ rm a.log\n$ df -h\n/dev/sda1 12G\n\nSo the answer is /var."
    )
    assert kinds_and_goals(thought) == [
        (CALL, "which folder is full"),
        (CALL, "du -sh /var"),
        (CALL, "rm a.log"),
        (RESULT, ""),
    ]


def test_quoted_commands() -> None:
    """Lines that are quoted one by one are commands; several in a row are a quotation."""
    thought = "> think: I need to find a mug.\nOK.\n> go to shelf 1\nYou see a mug 1.\n> take mug 1\nYou pick it up."
    assert kinds_and_goals(thought) == [(CALL, "a mug"), (CALL, "take mug 1")]
    assert [step.kind for step in split("The page says:\n\n> first line\n> second line\n> third line")] == [WORK]


def test_notebook() -> None:
    """A cell with its output is a step of code, below the heading that it stands under."""
    thought = (
        "# Prices\n\n## Load the data\n\nIn [1]:\nimport pandas as pd\n\ndf = pd.read_csv('a.csv')\nOut[1]: 3\n\n"
        "There are gaps.\n\nIn [2]:\ndf = df.dropna()\n\n## Conclusion\n\nTwo rows are left."
    )
    assert [(step.kind, step.depth) for step in split(thought)] == [(WORK, 0), (CODE, 1), (CODE, 2), (RESULT, 1)]


def test_conversation() -> None:
    """A user's turn restates what is wanted, with the reply to it; thanks are talk."""
    thought = (
        "User: Hi! I need to cancel one of my flights.\n\nOf course! Could you please tell me your user ID?\n\n"
        'User: It is ann_7.\n\nCall get_user({"id": "ann_7"})\n\nResult: {"flights": ["A1"]}\n\nI found flight A1.\n\n'
        "1. **Cabin**: economy\n2. **Price**: 80\n\nShall I cancel it?\n\nUser: Thank you, that's all! ###STOP###"
    )
    assert kinds_and_goals(thought) == [
        (RESTATEMENT, "cancel one of my flights"),
        (RESTATEMENT, ""),
        (CALL, "get user"),
        (TALK, ""),
    ]


@pytest.mark.parametrize(
    "text", ["Parameters: a and b", "Function: f is even.", "Result: 12", "Query the table.", "Model: ok"]
)
def test_words_of_prose(text: str) -> None:
    """Words that label calls and outputs are ordinary words in prose."""
    assert CALL not in [step.kind for step in split(f"We look at it first.\n\n{text}\n\nThen we stop.")]


def test_final_call() -> None:
    """A call that gives the final answer is a result."""
    thought = "Thought 1: The sky is blue.\nAction 1: Finish[blue]\nObservation 1: Answer is CORRECT"
    assert kinds_and_goals(thought) == [(RESULT, "")]


def test_code_of_the_writer() -> None:
    """Code with its output that no tool ran is code."""
    thought = "We count them:\n\n```python\nprint(3)\n```\nOutput:\n```\n3\n```"
    assert [step.kind for step in split(thought)] == [CODE]


@pytest.mark.parametrize(
    ("call", "goal"),
    [
        ("Action: edit 2:2", "edit 2:2"),
        ('Action: run_shell({"command": "wc -l a.py"})', "run shell wc -l a.py"),
        ('Action: get_user({"id": 7, "full": true})', "get user"),
        ("Action 2: Search[tank museum]", "Search tank museum"),
        ("Thought: I need the town of the museum.\nAction: Search[museum]", "the town of the museum"),
    ],
)
def test_goals_of_calls(call: str, goal: str) -> None:
    """The goal of a call is what was said before it, its command, or its name with what it is told."""
    assert kinds_and_goals(f"{call}\nObservation: 3") == [(CALL, goal)]


def test_final_command() -> None:
    """A command in a fence that submits is a result where such commands are run."""
    thought = "Let me open it.\n```\nopen a.py\n```\nObservation: 1: x = 3\n\nI am done.\n\n```\nsubmit\n```"
    assert [step.kind for step in split(thought)] == [CALL, RESULT]


def test_answer_as_heading() -> None:
    """A heading that is a number states the answer."""
    assert kinds_and_goals("Half of 120 is 60. Losing them takes 60/4 = 15 minutes.\n#### 15")[-1][0] is RESULT


@pytest.mark.parametrize(
    "head", ["Action: look\n\n", "In [1]: x\n\n", "User: hi\n\n", "Thought: hi\n\n", "```\nx\n```\n"]
)
def test_long_reply(head: str) -> None:
    """A hundred thousand characters after a call or a turn are covered by steps too."""
    thought = head + "There is more to say. Not now. " * 3_000
    assert sum(step.span.end - step.span.start for step in split(thought)) == len(thought)


def test_reply_with_headings() -> None:
    """A message to the user is one step with its headings and lists; a request for details restates."""
    thought = (
        'User: Show me both fares, please.\n\nCall get_fares({"id": 3})\n\nResult: [120, 80]\n\nHere they are:\n\n'
        "### Outgoing\n\n1. **Fare A**: 120\n2. **Fare B**: 80\n\n### Return\n\nNone is left.\n\n"
        "Please tell me which one you take.\n\nUser: Fare B.\n\nI will need more to book it.\n\n"
        "Please provide the names of all passengers, as they stand in the passports, and their dates of birth."
    )
    assert kinds_and_goals(thought) == [
        (RESTATEMENT, "both fares"),
        (CALL, "get fares"),
        (RESTATEMENT, ""),
    ]


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        ("Great, I'll look it up. Thank you!\n\nYou're welcome! If you decide to change it, feel free to ask.", TALK),
        ("Thank you! I'll write again. ###STOP###", TALK),
        ("I'll get the sums. Thanks!\n\nYou're welcome! The desk is open until nine, and on Sundays until six.", TALK),
        (
            "I'm sorry, but I do not know my number.\n\nNo problem! If you can give me a name, I can find it.",
            RESTATEMENT,
        ),
        (
            "Is it free?\n\nNo. The policy covers illness. It does not cover changes that you make yourself, so that "
            "the fare of the other flight would have to be paid by you.",
            WORK,
        ),
    ],
)
def test_kinds_of_turns(turn: str, kind: StepKind) -> None:
    """A goodbye is talk even if something stands beside it; an apology with a message is none."""
    assert [step.kind for step in split(f"User: {turn}")] == [kind]


def test_request_goes_on() -> None:
    """A request with thanks, which the agent carries out, is no talk."""
    thought = 'User: Yes, please book it. Thank you!\n\nCall book({"id": 3})\n\nResult: done'
    assert kinds_and_goals(thought) == [(RESTATEMENT, ""), (CALL, "book 3")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("I'm sorry, but the order has been sent, so it cannot be cancelled. Let me know if you need help.", RESULT),
        ("Your seat is 3A.\n\nThe fare is 80.\n\nIf you need anything else, feel free to ask!", RESULT),
        ("You're welcome! Have a great day!", TALK),
    ],
)
def test_last_message(answer: str, kind: StepKind) -> None:
    """The last message of an agent is one step: a result, even if it refuses, or talk."""
    steps = split_steps(Trajectory("q", 'Call get_order({"id": 3})\n\nResult: sent', answer))
    assert [step.kind for step in steps] == [CALL, kind]


def test_answer_like_a_greeting() -> None:
    """A word of small talk that is the answer is a result."""
    assert [step.kind for step in split_steps(Trajectory("q", "", "'BYE, NO, WAY'"))] == [RESULT]


def test_note_of_a_thought() -> None:
    """A call that only notes a thought is work, and its goal is what the note wants."""
    thought = (
        'Call think({"thought": "I need to compute the total fare (with bags). It is 80 + 20."})\n\nResult:\n\n'
        'Call calculate({"expression": "(80 + 20) * 2"})\n\nResult: 200'
    )
    assert kinds_and_goals(thought) == [(WORK, "the total fare (with bags)"), (CALL, "calculate (80 + 20) * 2")]


def test_goal_of_a_user() -> None:
    """A user's goal is what is asked for, not what the user will do or an offer to be told."""
    asked = "User: I can check my mail later. Could you find the fare for May 17?"
    assert kinds_and_goals("User: I want to cancel because I moved.") == [(RESTATEMENT, "")]
    assert kinds_and_goals("User: Thanks! Take care of it. ###STOP###") == [(TALK, "")]
    assert kinds_and_goals(asked) == [(RESTATEMENT, "find the fare for May 17")]
    assert kinds_and_goals("User: I managed to find the number of the order. Does that help?") == [(RESTATEMENT, "")]
    assert kinds_and_goals("User: Just let me know if they are cheap fares.") == [(RESTATEMENT, "")]
    assert kinds_and_goals("User: I'd like to know the sum of my fares.") == [(RESTATEMENT, "the sum of my fares")]
    assert kinds_and_goals("User: Cancel flight A1 now, please.") == [(RESTATEMENT, "cancel flight A1")]


def test_page_of_a_browser() -> None:
    """Lines with a number in brackets are a page that was returned, not cells."""
    thought = (
        "Thought: I should fill in the origin first.\nAction: type [12] [A]\nObservation: [12] textbox 'From'\n"
        "[13] textbox 'To'\n$ 20 off\n\nThought: It is set.\nAction: click [14]\nObservation: [20] link 'X'"
    )
    assert kinds_and_goals(thought) == [(CALL, "fill in the origin"), (CALL, "click 14")]


def test_unlabelled_calls() -> None:
    """Each observation ends a call, even if the call is hidden in a sentence."""
    thought = (
        "I want to search for blue mugs. The next action is ```type [3] [mug]```\n\nOBSERVATION:\n[7] link 'Mug'\n\n"
        "The list has one mug. I will open the page of the mug. The next action is ```click [7]```\n\n"
        "OBSERVATION:\n[9] button 'Add'"
    )
    assert kinds_and_goals(thought) == [(CALL, "search for blue mugs"), (CALL, "open the page of the mug")]


def test_labelled_replies() -> None:
    """A labelled reply belongs to the turn or the output before it; one that holds a call is a call."""
    thought = (
        'USER: What is the rate from USD to EUR?\n\nASSISTANT: <functioncall> {"name": "get_rate"}\n\n'
        'FUNCTION RESPONSE: {"rate": 0.85}\n\nASSISTANT: The rate is 0.85.\n\nUSER: No problem, thank you.\n\n'
        "ASSISTANT: You're welcome!"
    )
    assert kinds_and_goals(thought) == [
        (RESTATEMENT, "the rate from USD to EUR"),
        (CALL, "get rate"),
        (TALK, ""),
    ]


def test_labels_in_brackets() -> None:
    """A label may stand in brackets with what it labels; what a tool is asked for names the goal."""
    thought = (
        'Let me get the list of the open issues.\n\n[Tool call: list_issues({"state": "open"})]\n\n'
        "[Tool result: #12 and #15]\n\nThere are two.\n\n[Tool call: close({})]\n\n[Tool result: closed]"
    )
    assert kinds_and_goals(thought) == [(CALL, "get the list of the open issues"), (CALL, "close")]


def test_fenced_command_names_the_goal() -> None:
    """A command in a fence is the goal if nothing better was said before it."""
    thought = "Think: It is large.\n\nAct: bash\n\n```bash\nls /etc | wc -l\n```\n\nThe output of the OS:\n220"
    assert kinds_and_goals(thought) == [(CALL, "ls /etc | wc -l")]
    thought = (
        "I open it.\n```\nopen a.py 3\n```\nOBSERVATION:\n3: x\n\nI change it.\n```\nedit 3:3\nx\n```\nOBSERVATION:\nok"
    )
    assert kinds_and_goals(thought) == [(CALL, "open a.py 3"), (CALL, "edit 3:3")]


def test_thought_in_an_object() -> None:
    """An object that holds a thought and an action is a call; its thought says the goal."""
    thought = (
        '{"thought": "I need to open the settings page.", "action": "click", "element": "#a"}\n\n'
        'Observation: It is open.\n\n{"thought": "The page is open, so I stop.", "action": "finish"}'
    )
    assert kinds_and_goals(thought) == [(CALL, "open the settings page"), (RESULT, "")]


def test_output_in_a_tag() -> None:
    """A command in a fence with its output in a tag was run."""
    thought = "Let me look at the handler.\n\n```bash\ncat a.py\n```\n\n<output>\nx = 3\n</output>\n\nIt is short."
    assert kinds_and_goals(thought) == [(CALL, "look at the handler")]


def test_request_of_a_user() -> None:
    """What a user wants a tool to do is the goal; a number alone is no sign that ends the talk."""
    thought = 'User: I want to return the lamp.\n\nWhich order is it?\n\nUser: #W23\n\nCall return_items({"id": 3})'
    assert kinds_and_goals(thought) == [(RESTATEMENT, "return the lamp"), (RESTATEMENT, ""), (CALL, "return items")]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("I can help with that. Could you please give me your user ID?", RESTATEMENT),
        ("To go on, I'll need:\n\n1. Your name\n2. The date of the flight\n\nPlease share them.", RESTATEMENT),
        ("Certainly! Once you have the number, I will look it up for you.", RESTATEMENT),
        ("I can help with that. First, I'll need your user ID to look it up.", RESTATEMENT),
        ("Basic fares cannot be changed.", WORK),
        ("I can only change the whole booking. Please give me its number.", WORK),
        ("If you need more, I can transfer you to a colleague.", WORK),
        ("The fare is 80 for each of the two seats, so both cost 160.", WORK),
        ("Yes, you can pay with a gift card.", WORK),
    ],
)
def test_kind_of_a_reply(reply: str, kind: StepKind) -> None:
    """A reply that decides, refuses, offers or computes is work; one that asks for details restates the request."""
    assert [step.kind for step in split(f"User: I want to change my seat.\n\n{reply}")] == [kind]


@pytest.mark.parametrize(
    ("said", "goal"),
    [
        ("Could you help me with changing the seat?", "change the seat"),
        ("Once it is booked, can we use my gift card for it?", "use my gift card for it"),
        ("What is the price of a seat?", "the price of a seat"),
        ("Order A1 is late.", ""),
        ("I don't want to buy the insurance.", ""),
        ("Let me take some time to look at my options.", ""),
        ("I would like to cancel that.", ""),
        ("Is there a seat by the window?", ""),
        ("I need to leave on May 1st. Cancel my seat.", "cancel my seat"),
    ],
)
def test_requests(said: str, goal: str) -> None:
    """The goal of a user is a short clause of what is asked for, or empty: never a question, a denial or a reason."""
    assert [step.goal for step in split(f"User: {said}")] == [goal]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("I can transfer you to a colleague, since basic fares cannot be changed.", TALK),
        ("Would you like me to transfer you to a colleague who can look at it?", TALK),
        ("Your seat has been changed to 3A.", RESULT),
        ("Please tell me your name, so that I can change it.", TALK),
        ("# Seats\n\nSeat 3A is booked for Ann, by the window.\n\n# Fares\n\nThe fare of 80 was paid by card.", RESULT),
    ],
)
def test_closing_message(answer: str, kind: StepKind) -> None:
    """The last message to a user is one step, a result if it says what was done or refused; talk if it only repeats."""
    offer = "I can transfer you to a colleague, since basic fares cannot be changed."
    thought = f"User: Change my seat.\n\n{offer}\n\nUser: Yes.\n\nCall transfer({{}})\n\nResult: done"
    answers = [step for step in split_steps(Trajectory("q", thought, answer)) if step.span.part is Part.ANSWER]
    assert [(step.kind, step.goal) for step in answers] == [(kind, "")]


def test_labelled_tag() -> None:
    """A call in a tag after the label of a speaker is named by what is called, and what is concluded belongs to it."""
    thought = (
        'User: Send the blue jacket back.\n\nAssistant: <tool_call>\n{"name": "find_order", "arguments": {"id": 3}}\n'
        '</tool_call>\n\nTool: {"state": "sent"}\n\nAssistant: It was sent on Monday.\n\nUser: And the red one?\n\n'
        "Assistant: To look it up, please give me its number."
    )
    assert kinds_and_goals(thought) == [
        (RESTATEMENT, "send the blue jacket back"),
        (CALL, "find order"),
        (RESTATEMENT, ""),
    ]


def test_condition_in_a_reply() -> None:
    """What a reply says under a condition counts, not the condition: "If you're unable to find it, I can help"."""
    asked = (
        "User: I don't have the number.\n\nI'll need the number. If you're unable to find it, I can help you further."
    )
    assert [step.kind for step in split(asked)] == [RESTATEMENT]
