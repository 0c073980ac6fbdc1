"""Habits of careful work that show in many traces."""

from midthought.ingest.extraction.techniques.technique import Technique

HABITS: tuple[Technique, ...] = (
    Technique(
        name="recheck-by-inverse",
        domain="checking",
        step="recheck the arithmetic by inverse operations",
        ask="How do I double-check a chain of calculations without repeating the same mistake?",
        where="Problems with several arithmetic or algebraic steps in a row.",
        method=(
            "check each step by the operation that undoes it: a quotient by multiplying, a difference by "
            "adding, a root by squaring, a factorisation by expanding. Then I compare the numbers I copied "
            "with the statement, look at every sign where a bracket was opened, and ask whether the result "
            "has the right size. A step that cannot be undone is redone in a different order."
        ),
        cues=(
            "let me double-check",
            "let me double check",
            "let me verify",
            "let's verify",
            "to double-check",
            "just to be sure",
        ),
        rank=0,
    ),
    Technique(
        name="answer-what-is-asked",
        domain="checking",
        step="compare what was found with what was asked",
        ask="How do I make sure that I report what the problem asks for?",
        where="Problems whose requested quantity differs from the unknown that was solved for.",
        method=(
            "reread the last sentence of the problem before answering and name the requested quantity: a "
            "combination of the unknowns, only the largest or the positive solution, a count instead of the "
            "values, a particular unit or form. I form exactly this from my result, discard solutions that "
            "the conditions exclude, and check the form, such as lowest terms or the requested rounding."
        ),
        cues=(
            "the problem asks",
            "the question asks",
            "asks for",
            "asking for",
            "the problem is asking",
            "the question is asking",
        ),
        rank=0,
    ),
    Technique(
        name="track-signs",
        domain="algebra",
        step="keep every sign with its term",
        ask="How do I avoid sign errors when I expand, subtract or move terms?",
        where="Problems with differences of brackets, negative numbers or several subtractions.",
        method=(
            "write a subtraction as the addition of the opposite and keep each sign glued to its term. A "
            "minus before a bracket changes every sign inside; a term that changes sides changes its sign; "
            "an even power removes a sign and an odd power keeps it. After expanding I insert an easy value "
            "on both sides, because a lost sign shows at once."
        ),
        cues=(
            "negative sign",
            "minus sign",
            "distribute the minus",
            "distribute the negative",
            "subtracting a negative",
            "double negative",
        ),
        rank=1,
    ),
    Technique(
        name="start-from-definition",
        domain="strategy",
        step="translate the definition into conditions",
        ask="How do I use a definition to get a problem started?",
        where="Problems that contain a defined term or notation on which everything depends.",
        method=(
            "write the definition out in full and replace each of its general parts by the part of the "
            "problem that plays this role. That turns the term into equations or conditions I can work with."
            " I test the definition on the simplest example, including an object that should not qualify, so"
            " that a misreading shows early."
        ),
        cues=("by definition", "is defined as", "definition of", "is defined by"),
        rank=1,
    ),
    Technique(
        name="sketch",
        domain="geometry",
        step="draw a sketch and mark what is known",
        ask="How do I use a sketch to find the relations in a geometric problem?",
        where="Problems about figures, paths or graphs that are described in words.",
        method=(
            "draw the figure roughly to scale and label every given length, angle and point, and the wanted "
            "quantity with a question mark. I add auxiliary lines that create right angles, equal parts or "
            "parallels, then write down each equality that the picture suggests and justify it before using "
            "it. A second sketch with other proportions shows whether a relation was an accident."
        ),
        cues=("sketch", "visualize", "draw a diagram", "draw this", "imagine the"),
        work="triangle|circle|rectang|line|point|axis|side",
        rank=1,
    ),
    Technique(
        name="standard-form",
        domain="algebra",
        step="bring the equation to its standard form",
        ask="How do I recognise which method an equation needs?",
        where="Problems with an equation that has to be rearranged before a known method applies.",
        method=(
            "bring all terms to a side, collect equal powers or functions, and divide by the leading "
            "coefficient, so that the equation stands in the form in which the method is stated. Then I read"
            " off the degree, the order or the type, and match each coefficient with its role in the method,"
            " with its sign. Only then do I apply the method."
        ),
        cues=("standard form",),
        work="=",
        rank=1,
    ),
    Technique(
        name="distribute-exponential",
        domain="algebra",
        step="split the complex exponential into size and direction",
        ask="How do I write an exponential with a complex exponent in terms of real and imaginary parts?",
        where="Problems with exponentials of complex numbers that are wanted in standard form.",
        method=(
            "split the exponent into its real and its imaginary part. The exponential of the real part is "
            "the modulus; the imaginary part is the angle, whose cosine and sine give the real and imaginary"
            " components. I simplify the modulus with logarithm rules if the real part is a logarithm, "
            "evaluate cosine and sine exactly, and multiply out."
        ),
        cues=(
            "e^{i",
            "e^(i",
            "e^{a+",
            "e^{a +",
            "e^{(a",
        ),
        work=r"(?<![a-z])(?:sin|cos)",
        rank=3,
    ),
    Technique(
        name="list-by-condition",
        domain="number_theory",
        step="list the numbers that satisfy the easier condition and filter them",
        ask="How do I find all numbers of a given length that satisfy several conditions?",
        where="Problems that ask for numbers in a small range with a digit or divisibility property.",
        method=(
            "start with the condition that leaves the fewest numbers and list them in increasing order, for "
            "instance by their leading digit. Next to each I note whether the other conditions hold, with "
            "the reason for every rejection. The survivors are counted or reported, after a look at the ends"
            " of the range."
        ),
        cues=("two-digit number", "two-digit prime", "possible pairs", "three-digit number", "list them"),
        work="not prime|is prime|prime|divisible|digit",
    ),
)
