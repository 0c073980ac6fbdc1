"""Techniques of checking."""

from midthought.ingest.extraction.techniques.technique import Technique, both

CHECKING: tuple[Technique, ...] = (
    Technique(
        name="check-by-substitution",
        domain="checking",
        step="put the result back into the original conditions",
        ask="How do I verify a solution by putting it back into the original problem?",
        where="Problems whose solution must satisfy stated equations or conditions.",
        method=(
            "take the original statement, not a transformed equation, and insert the found values. I evaluate "
            "each side or condition on its own and compare; every condition has to hold, including ranges and "
            "signs. If something fails, I go back to the last step whose result still satisfied the conditions "
            "and redo the work from there."
        ),
        cues=(
            "plug it back",
            "plug them back",
            "plugging back",
            "substitute back into the original",
            "plug back into the original",
            "back into the original",
            "check if these values",
            "check if this works",
            "verify if these",
            "verify this by plugging",
            "plugging these values",
            "let me verify",
            "let's verify",
            "verify the solution",
        ),
        work=both(
            "original|condition|satisf|plug|substitut|equation",
            "=[^=]{0,120}(?:which is (?:correct|true)|checks out|holds|works|correct|matches|good|satisf|true|yes)",
        ),
        rank=1,
    ),
    Technique(
        name="second-method",
        domain="checking",
        step="confirm the result by a different method",
        ask="How do I check a result by an independent second calculation?",
        where=(
            "Problems with more than a single way to the result, where an error in the first calculation is likely."
        ),
        method=(
            "choose a route that does not reuse the doubtful steps: a formula instead of a list, coordinates "
            "instead of angles, a complement instead of a direct count. I carry it out without looking at the "
            "first result. If both agree, the result is probably right; if not, I compare intermediate values "
            "of both routes to find the step where they part, and correct that step."
        ),
        cues=(
            "alternatively",
            "another way",
            "another method",
            "another approach",
            "different method",
            "different way",
            "different approach",
        ),
        work=(
            r"(?s)(?:alternatively|another (?:way|method|approach)|different (?:way|method|approach)).{0,1200}\d"
            ".{0,400}(?:same (?:result|answer|value|number|as before|thing|conclusion)|which matches|matches (?"
            ":the|my|our|what)|confirms|confirmed|consistent with|agrees|as before|as i (?:got|found|had)|also "
            "(?:gives|equals)|still (?:get|gives)|methods (?:give|lead|confirm))"
        ),
        rank=1,
    ),
    Technique(
        name="find-own-error",
        domain="checking",
        step="locate and correct the slip in the earlier step",
        ask="How do I find my mistake when my results contradict each other?",
        where="Problems in which a check fails or separate calculations disagree.",
        method=(
            "not patch the result but locate the first false step. I list the claims made so far in order and "
            "re-derive each from the ones before, starting with signs, copied numbers and formulas from memory. "
            "The first claim that cannot be reproduced is the error. I correct it and redo everything that "
            "depended on it, then repeat the failed check."
        ),
        cues=(
            "i made a mistake",
            "i made an error",
            "made an error",
            "that's not correct",
            "i think i made",
            "that can't be right",
            "that doesn't make sense",
            "i must have made",
            "my mistake",
            "made a mistake",
            "leading to a contradiction",
            "leads to a contradiction",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:(?:if|whether|suppose|unless|where|sure) i(?:'d| had| have)? made|didn't make|haven't m"
            "ade|did not make))"
            "(?=.*(?:should be|should have been|instead|actually|correct (?:formula|value|expression|calcula"
            "tion|way|answer|approach)|(?:mistake|error) (?:is|was)|i (?:forgot|missed|misread|overlooked|mi"
            "sinterpreted)|(?:formula|assumption|interpretation) (?:is )?wrong|is wrong))"
        ),
        rank=1,
    ),
    Technique(
        name="numeric-check",
        domain="checking",
        step="evaluate the result numerically",
        ask="How do I use a numerical estimate to check an exact result?",
        where="Problems whose exact answer contains roots, logarithms or fractions.",
        method=(
            "replace roots, logarithms and other exact expressions by decimals with a few digits more than I "
            "need, and evaluate both sides of the original condition, not of a rearranged one, with my result. "
            "Agreement within rounding supports the result; a clear difference shows a wrong sign, factor or "
            "root, and its ratio often tells which. I also ask whether size and sign are plausible for the "
            "situation."
        ),
        cues=(
            "approximately",
            "numerically",
        ),
        work=both(
            "which matches|matches (?:the|our|my)|consistent with|very close to|checks out|agrees with",
            r"sqrt|√|log|\\ln|\\pi|π|e\^|(?<![a-z])(?:sin|cos|tan)",
        ),
        rank=1,
    ),
    Technique(
        name="special-case",
        domain="strategy",
        step="test a special case first",
        ask="How do I use a special case to understand a general problem?",
        where="Problems with free parameters or a general size.",
        method=(
            "choose the parameters so that the problem becomes easy but keeps its structure, such as equal "
            "quantities, a small size or an extreme position. I solve this case completely and see which "
            "features the solution has. Then I test whether these features survive in the general case, and "
            "prove or correct them."
        ),
        cues=(
            "suppose that all",
            "special case where",
            "special case when",
            "special case of",
            "simplest case",
            "assume that a = b",
            "assume that x = y",
            "set a = b",
            "let a = b",
        ),
        work="=",
        rank=1,
    ),
    Technique(
        name="test-with-values",
        domain="checking",
        step="test the formula with easy values",
        ask="How do I test a formula, identity or claimed pattern with specific values?",
        where=(
            "Problems whose result is a general expression, a simplification, an inequality or a rule for all cases."
        ),
        method=(
            "choose small values that are easy to calculate with but not special: zero, unity and equal values "
            "hide many errors. I evaluate the original expression or situation and my result separately and "
            "compare. For an inequality or a domain I take a value inside, a value outside and the border "
            "itself; for a count I list a small case completely. A single disagreement refutes the result, "
            "agreement for several values of different kind makes it likely, but does not prove it."
        ),
        cues=(
            "let me test",
            "let's test",
            "test with",
            "testing with",
            "test this with",
            "test it with",
            "specific value",
            "some values",
            "try some",
            "for example, if",
            "let's try some",
            "small example",
        ),
        work=both(
            r"\d[^\n]*=|=[^\n]*\d|<|>",
            "works|holds|matches|correct|satisf|consistent|indeed|doesn't|does not|fails|positive|negative|same",
        ),
        rank=1,
    ),
)
