"""Habits of careful work that show in many traces."""

from midthought.ingest.extraction.techniques.technique import Technique, both

HABITS: tuple[Technique, ...] = (
    Technique(
        name="recheck-by-inverse",
        domain="checking",
        step="recheck the arithmetic on another path or by the inverse operation",
        ask="How do I double-check a chain of calculations without repeating the same mistake?",
        where="Problems with several arithmetic or algebraic steps in a row.",
        method=(
            "redo the calculation from the statement, and each step on another path instead of reading it "
            "again: undo it (a quotient by multiplying, a difference by adding, a root by squaring, a "
            "factorisation by expanding), or split the product and order the sum differently. I compare the "
            "numbers I copied with the statement, look at every sign where a bracket was opened, and ask "
            "whether the result has the right size and unit. Where the paths disagree, I redo the step after "
            "the last value that both share."
        ),
        cues=(
            "double-check",
            "double check",
            "let me verify",
            "let's verify",
            "just to be sure",
            "let me check my",
            "let me check this",
            "let me check that",
            "let me check again",
            "let's check this",
            "let's check that",
            "to verify",
            "recheck",
            "re-check",
            "let me confirm",
            "let's confirm",
            "verify this",
            "verify that",
            "check my work",
            "check my calculation",
            "make sure i didn't",
        ),
        work=(
            r"\d[^\n]{0,80}(?:=|<|>|\bis\b|\bare\b|grouped|:)|=[^\n]{0,40}\d|\d ?÷|\d \u00d7|\\times|divided by|"
            r"\\frac"
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
            "values, a particular unit or form. I form exactly this from my result, discard solutions that the "
            "conditions exclude, and check the form, such as lowest terms or the requested rounding."
        ),
        cues=(
            "the problem asks",
            "the question asks",
            "asks for",
            "asking for",
            "the problem is asking",
            "the question is asking",
        ),
        work=(
            r"(?s)ask(?:s|ing|ed)?(?: us)? (?:for|to find)[^\n]{0,40}(?:sum|product|difference|number of|fractio"
            r"n|value of|m ?\+|\$?[a-z] ?[+-] ?[a-z]\b|\\\([a-z] ?[+-]|area|probability|minutes|cents|form)|(?:a"
            r"sk)[^\n]{0,160}(?:\bnot\b|rather than|instead of|, so i|in the form|m/n|expressed)"
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
            "write a subtraction as the addition of the opposite and keep each sign glued to its term. A minus "
            "before a bracket changes every sign inside; a term that changes sides changes its sign; an even "
            "power removes a sign and an odd power keeps it. After expanding I insert an easy value on both "
            "sides, because a lost sign shows at once."
        ),
        cues=(
            "distribute the minus",
            "distribute the negative",
            "distributing the negative",
            "distributing the minus",
            "subtracting a negative",
            "double negative",
            "negative sign is part",
        ),
        rank=1,
    ),
    Technique(
        name="standard-form",
        domain="algebra",
        step="bring the equation to its standard form and compare",
        ask="How do I read the parameters of an equation off its standard form?",
        where=(
            "Problems about lines, circles, conics, quadratics or linear differential equations whose "
            "parameters are wanted but whose equation is arranged differently."
        ),
        method=(
            "write down the standard form of this type of equation and the given equation below each other. I "
            "move terms, expand or complete squares until the given one has the same terms on the same sides, "
            "and divide so that the coefficient that must be one is one. Then I compare term by term, with "
            "signs; a missing term has a vanishing coefficient, and a parameter with a factor or a square in "
            "the form is solved for. Inserting the parameters and expanding must give back the given equation."
        ),
        cues=("standard form",),
        work=(
            r"(?s)\A"
            r"(?=.*(?:standard form\b))"
            "(?=.*(?:compar|match|divid|rearrang|rewrit|bring|in standard form|form of|form for))"
            "(?=.*(?:=))"
        ),
        rank=1,
    ),
    Technique(
        name="distribute-exponential",
        domain="algebra",
        step="split the complex exponential into size and direction",
        ask="How do I write an exponential with a complex exponent in terms of real and imaginary parts?",
        where="Problems with exponentials of complex numbers that are wanted in standard form.",
        method=(
            "split the exponent into its real and its imaginary part. The exponential of the real part is the "
            "modulus; the imaginary part is the angle in radians, whose cosine and sine, times the modulus, are "
            "the real and imaginary parts. I simplify the modulus with logarithm rules if the real part is a "
            "logarithm, and evaluate cosine and sine exactly. The squares of both parts must add up to the "
            "squared modulus."
        ),
        cues=(
            "e^{i",
            "e^(i",
            "e^{a+",
            "e^{a +",
            "e^{(a",
        ),
        work=r"e\^[({][^\n]{0,200}=[^\n]{0,80}(?<![a-z])(?:cos|sin)",
        rank=3,
    ),
    Technique(
        name="list-by-condition",
        domain="number_theory",
        step="list the numbers that satisfy the easier condition and filter them",
        ask="How do I find all numbers of a given length that satisfy several conditions?",
        where="Problems that ask for numbers in a small range with a digit or divisibility property.",
        method=(
            "start with the condition that leaves the fewest numbers and list these in increasing order, for "
            "instance by their leading digit. Next to each I note whether the other conditions hold, with the "
            "reason for every rejection. Before I count or report the survivors I look at both ends of the "
            "range and at the spacing of the list, because a skipped number is the usual slip."
        ),
        cues=(
            "let me list",
            "let's list",
            "list the two-digit",
            "list the three-digit",
            "list them",
        ),
        work=both(
            "(?:two|three|2|3)-digit|prime|divisible by|multiples? of",
            "not (?:a )?prime|is prime|not divisible|is not|isn't|doesn't|does not|not valid|sum (?:is|of)|✓",
        ),
    ),
)
