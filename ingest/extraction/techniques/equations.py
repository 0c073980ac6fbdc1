"""Techniques for equations, systems and inequalities."""

from midthought.ingest.extraction.techniques.technique import Technique, both

EQUATIONS: tuple[Technique, ...] = (
    Technique(
        name="substitute-elimination",
        domain="algebra",
        step="express one unknown through another and substitute",
        ask="How do I solve a system of equations by substitution?",
        where="Problems with several equations that share unknowns, of which some equation is easy to solve.",
        method=(
            "pick the equation in which an unknown stands alone most easily and solve it for that unknown. I "
            "substitute this expression into the remaining equations, so that this unknown is gone, simplify "
            "and solve. Then I go back and compute the eliminated unknown, and test all values in every "
            "original equation, because squaring may have added solutions. Before I divide by an expression, I treat "
            "the case that it vanishes separately."
        ),
        cues=(
            "substitute this into",
            "substitute into the",
            "substituting into the",
            "plug this into",
            "plug this back into",
            "substitute back into",
            "substituting this into",
            "substitute this expression",
            "substitute this back",
            "plugging this into",
            "substituting back into",
            "into the first equation",
            "into the second equation",
            "into equation",
            "into the other equation",
            "into the third equation",
            "into one of the equations",
        ),
        work=(
            r"(?s)\A(?!.*(?:differential|functional equation))(?=.*(?:(?:first|second|third|other|"
            r"remaining) equation|equation \\?\(?\d|equations).{0,250}=)"
        ),
    ),
    Technique(
        name="add-subtract-equations",
        domain="algebra",
        step="add or subtract the equations to eliminate an unknown",
        ask="How do I eliminate an unknown by combining equations?",
        where="Problems with a system of equations whose terms match or can be scaled to match.",
        method=(
            "line the equations up term by term and scale them so that some unknown has the same or the "
            "opposite coefficient in both. Subtracting or adding them removes that unknown at once. I solve "
            "the shorter equation that is left, then put the value into an original equation to find the other "
            "unknown, and test the pair in the equation not used for that."
        ),
        cues=(
            "subtract the first",
            "subtract the second",
            "subtracting the first",
            "subtracting the second",
            "subtract equation",
            "subtracting equation",
            "add the two equations",
            "adding the two equations",
            "adding these equations",
            "add these two equations",
            "subtract these",
            "subtracting these",
            "subtract the equations",
            "subtracting the equations",
            "add both equations",
            "add equation",
        ),
        work="=",
        pitfall="Subtract every term, including the right-hand side.",
    ),
    Technique(
        name="add-all-equations",
        domain="algebra",
        step="add or multiply all the equations to use their symmetry",
        ask="How do I use the symmetry of a system in which the unknowns play the same role?",
        where="Problems with a symmetric system: each equation is the same up to renaming the unknowns.",
        method=(
            "combine all equations at once: add them when they are sums, multiply them when they are "
            "products. The result is symmetric in the unknowns and gives their total sum or total product "
            "directly. Comparing this total with each single equation then gives the unknowns one after "
            "another, without long elimination."
        ),
        cues=(
            "add all three equations",
            "adding all three equations",
            "multiply all three",
            "multiplying all three",
            "add all the equations",
            "adding all the equations",
            "multiply all the equations",
            "multiply the three equations",
            "add all three",
            "adding all three",
            "multiply these three",
        ),
        work="=",
        rank=3,
    ),
    Technique(
        name="new-variable",
        domain="algebra",
        step="introduce a new variable for a repeated expression",
        ask="How do I simplify an equation in which the same expression keeps appearing?",
        where="Problems whose equation becomes polynomial or linear once a repeated expression is given its own name.",
        method=(
            "look for an expression that occurs several times, or as a power of itself, and give it a name "
            "of its own. I rewrite the whole equation in the new variable, note which values it may take, "
            "and solve this simpler equation. At the end I translate each solution back and discard those "
            "that the original expression cannot take."
        ),
        cues=(
            "make a substitution",
            "making the substitution",
            "use the substitution",
            "becomes a quadratic in",
            "quadratic in terms of",
            "substitute variables",
            r"to simplify, let \(",
            "to simplify, let me",
            "to make it simpler, let me",
            "to simplify the notation",
        ),
        work=(
            r"(?s)\A(?!.*divides)(?=.*(?:\blet\b|substitut|denote|"
            r"quadratic in (?:terms of )?\\?\(? ?\w+[\^(_]))(?=.*=)"
        ),
        pitfall="Solve for the original unknown at the end; the new variable is not the answer.",
        rank=3,
    ),
    Technique(
        name="ratio-variable",
        domain="algebra",
        step="replace related unknowns by their ratio or a common parameter",
        ask="How do I use a ratio or a common parameter to reduce the number of unknowns?",
        where="Problems whose equations are homogeneous or tie the unknowns together by powers or proportions.",
        method=(
            "express every unknown through a single parameter, for instance as a ratio of the unknowns or as"
            " powers of a common base that satisfy a given relation automatically. After substitution the "
            "common factors cancel and an equation in the parameter alone is left. I solve it, drop the "
            "values that break the conditions, and rebuild the unknowns from the parameter."
        ),
        cues=(
            "in terms of a single variable",
            "common parameter",
            "let me define the ratio",
            "both equal to some",
            "set the ratio",
            "terms of a parameter",
        ),
        work="=",
        rank=3,
    ),
    Technique(
        name="word-to-equation",
        domain="algebra",
        step="name the unknowns and turn each statement into an equation",
        ask="How do I translate a word problem into equations?",
        where="Problems told in words, where several quantities are tied together by stated relations.",
        method=(
            "choose a letter for each unknown quantity and say what it counts and in which unit. I go through "
            "the text sentence by sentence and write each stated relation as an equation, until there are as "
            "many independent equations as unknowns. Then I solve the system, insert the values into the "
            "sentences of the problem as a check, and read the answer back in its words."
        ),
        cues=(
            "let me denote",
            "let's denote",
            "let me define",
            "let's define",
            "let's assign",
            "let me call",
            "let's call",
        ),
        work=both("equation", "weigh|price|cost|speed|hours|minutes|amount|score|number of|total"),
        pitfall="Check that the value asked for is the value reported; it is often a combination of the unknowns.",
        rank=1,
    ),
    Technique(
        name="linear-equation",
        domain="algebra",
        step="isolate the unknown by inverse operations",
        ask="How do I solve a linear equation for its unknown?",
        where="Problems reduced to an equation in which the unknown appears only to the first power.",
        method=(
            "clear brackets and fractions first, by expanding and by multiplying through by a common "
            "denominator. I move all terms with the unknown to the same side and all constants to the other,"
            " combine them, and divide by the coefficient of the unknown. Putting the value back into the "
            "original equation shows at once whether a sign was lost."
        ),
        cues=(
            "divide both sides",
            "dividing both sides",
            "isolate",
            "subtract from both sides",
            "from both sides",
            "to both sides",
            "solving for",
        ),
        work=(
            r"(?s)\A(?!.*(?:[a-z]\)?\^|²|sqrt|√|log|\\ln\b|\bln\b|\\sin|\\cos|≤|≥|\\leq?\b|\\geq?\b|<|>|"
            r"\\neq|"
            r"mod\b))(?!.*\d ?([a-z]) ?[+-] ?\d* ?(?!\1)[a-z]\b)(?=.*both sides)(?=.*\d ?\*? ?[a-z]\b[^\n]{0,60}=|"
            r".*=[^\n]{0,60}\d ?\*? ?[a-z]\b)(?=.*(?:by \\?\(? ?-?\d|(?:subtract|add|from|"
            r"to)\w*[^\n]{0,40}both sides))"
        ),
        rank=1,
    ),
    Technique(
        name="clear-denominators",
        domain="algebra",
        step="clear the denominators",
        ask="How do I solve an equation that contains fractions?",
        where="Problems with an equation in which the unknown or constants stand in fractions, or with a proportion.",
        method=(
            "find the least common multiple of all denominators, note which values of the unknown would make a "
            "denominator vanish, and multiply every term on both sides by it; for a single fraction on each "
            "side this is cross-multiplying. What is left is an equation without fractions. I solve it and "
            "drop any solution that makes an original denominator vanish, and insert the others into the "
            "original equation."
        ),
        cues=(
            "eliminate the fraction",
            "eliminate the denominator",
            "clear the denominator",
            "get rid of the denominator",
            "clear the fraction",
            "eliminate fractions",
            "get rid of the fraction",
            "cross-multipl",
            "cross multipl",
            "multiply both sides by",
            "multiplying both sides by",
            "multiply through by",
            "to eliminate the denominators",
        ),
        work=(
            r"(?s)\A(?!.*(?:integrating|e\^|\^\{?1\d|"
            r"both sides by (?:\\\( ?)?-))(?=.*(?:frac\{?[^=]{0,60}=|/[^=\n]{0,40}=|÷|divided by|"
            r"=[^\n]{0,40}(?:frac|/)))(?=.*=)"
        ),
        pitfall="Multiply every term, also those without a fraction.",
    ),
    Technique(
        name="root-both-signs",
        domain="algebra",
        step="take the square root with both signs",
        ask="How do I solve an equation between squares without losing a solution?",
        where=("Problems with an equation in which a square of an expression equals a square or a known number."),
        method=(
            "bring the equation into the form square equals square, or square equals a number that is not "
            "negative. The expressions are then equal or opposite, so I write both equations, with plus and "
            "with minus, and solve each on its own. Taking only the positive root would lose a solution. Side "
            "conditions such as positivity then remove cases, and I insert every remaining solution into the "
            "original equation."
        ),
        cues=(
            "square root of both sides",
            "square roots of both sides",
            "square root on both sides",
            "taking square roots",
            "take the square root",
            "taking the square root",
        ),
        work=r"\\pm|±|plus or minus|two cases|two possib|or (?:\\?\( ?)?[a-z] ?[-+]?[^\n]{0,20}= ?-",
        pitfall="The root of a square is the absolute value, not the expression itself.",
    ),
)
