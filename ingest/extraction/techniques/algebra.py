"""Techniques of algebra: equations, polynomials and expressions."""

from midthought.ingest.extraction.techniques.technique import Technique, both

ALGEBRA: tuple[Technique, ...] = (
    Technique(
        name="vieta",
        domain="algebra",
        step="relate the roots to the coefficients by Vieta's formulas",
        ask="How do I find the sum or product of a polynomial's roots without solving for the roots?",
        where="Problems that ask for a symmetric expression in the roots of a polynomial with known coefficients.",
        method="write the polynomial in standard form and divide by the leading coefficient. The sum of the roots is minus"
        " the next coefficient, the sum of their pairwise products is the coefficient after that, and the product is the"
        " constant term, with a sign that is minus for odd degree. I rewrite the wanted expression in terms of these sums.",
        pitfall="Signs alternate along the coefficients; divide by the leading coefficient first.",
        cues=("vieta", "sum of the roots", "product of the roots", "sum of its roots"),
        work=r"coefficient|roots? (?:is|are|of)",
        rank=3,
    ),
    Technique(
        name="quadratic-formula",
        domain="algebra",
        step="solve the resulting quadratic equation with the quadratic formula",
        ask="How do I solve a quadratic equation that does not factor easily?",
        where="Problems that have been reduced to a quadratic equation in a single unknown.",
        method="bring every term to the same side and read off the coefficients. I compute the discriminant: the square of"
        " the linear coefficient minus the fourfold product of the other coefficients. The roots are minus the linear"
        " coefficient, plus or minus the square root of the discriminant, all over double the leading coefficient. Then I"
        " keep only the root that fits the conditions of the problem, such as being positive or lying in the allowed range.",
        pitfall="The denominator divides the whole numerator, not only the square root.",
        cues=("quadratic formula",),
        work=r"\\pm|±|discriminant|sqrt|√",
    ),
    Technique(
        name="factor-quadratic",
        domain="algebra",
        step="factor the quadratic and set each factor to zero",
        ask="How do I solve a quadratic equation by factoring?",
        where="Problems that lead to a quadratic equation with integer coefficients and simple roots.",
        method="bring every term to the same side, then look for a pair of numbers whose product is the constant term (times"
        " the leading coefficient) and whose sum is the linear coefficient. That pair splits the quadratic into linear"
        " factors. A product vanishes only when some factor does, so I set each factor to zero and solve. I multiply the"
        " factors out again as a check.",
        cues=(
            "factor this quadratic",
            "factor the quadratic",
            "factors as",
            "factoring the quadratic",
            "multiply to",
            "this factors",
            "factor it",
            "can be factored",
        ),
        work=r"\)\s*\(|\)\(|\\right\)\s*\\left\(",
    ),
    Technique(
        name="difference-of-squares",
        domain="algebra",
        step="factor by the difference of squares",
        ask="How do I simplify an expression that is a difference of squares?",
        where="Problems with an expression of the form one square minus another, in numbers or in symbols.",
        method="name the quantities being squared and replace the difference of their squares by the product of their sum"
        " and their difference. The product is usually easier: factors cancel in a fraction, round numbers appear, or each"
        " factor can be set to zero or matched with a divisor separately.",
        cues=("difference of squares", "difference of two squares"),
        rank=3,
    ),
    Technique(
        name="sum-of-cubes",
        domain="algebra",
        step="use the identity for a sum or difference of cubes",
        ask="How do I handle a sum or difference of cubes?",
        where="Problems in which cubes of expressions are added or subtracted.",
        method="factor the cubes: a difference of cubes is the difference of the bases times the sum of their squares and"
        " their product; for a sum of cubes the signs of the linear factor and of the middle term change. If the bases of"
        " several cubes add up to nothing, the sum of the cubes is the threefold product of the bases, which turns a cubic"
        " equation into a product that I can set to zero.",
        cues=("sum of cubes", "difference of cubes", "sum of two cubes", "difference of two cubes"),
        rank=3,
    ),
    Technique(
        name="complete-square",
        domain="algebra",
        step="complete the square to expose the vertex, centre or extreme value",
        ask="How do I rewrite a quadratic expression by completing the square?",
        where="Problems that need the vertex, minimum or maximum of a quadratic, or the centre and radius of a circle.",
        method="group the terms of each variable and factor out the leading coefficient. I take half of the linear"
        " coefficient, square it, then add and subtract that square so that nothing changes. The group is now a perfect"
        " square plus a constant. From this form I read off the centre or vertex, and the extreme value, because a square is"
        " never negative.",
        pitfall="Whatever is added inside a factored bracket is multiplied by the factor outside it.",
        cues=("completing the square", "complete the square"),
        work=r"\^2|²|\^\{2\}",
        rank=3,
    ),
    Technique(
        name="substitute-elimination",
        domain="algebra",
        step="express one unknown through another and substitute",
        ask="How do I solve a system of equations by substitution?",
        where="Problems with several equations that share unknowns, where some equation is easy to solve for an unknown.",
        method="pick the equation in which an unknown stands alone most easily and solve it for that unknown. I substitute"
        " this expression into the remaining equations, so that one fewer unknown is left, simplify and solve. Then I go"
        " back and compute the eliminated unknown, and test all values in the equation that I have not used.",
        cues=(
            "substitute this into",
            "substitute into the",
            "substituting into the",
            "plug this into",
            "substitute back into",
            "substituting this into",
            "substitute this expression",
            "plugging this into",
        ),
        work=r"equation.*=",
    ),
    Technique(
        name="add-subtract-equations",
        domain="algebra",
        step="add or subtract the equations to eliminate an unknown",
        ask="How do I eliminate an unknown by combining equations?",
        where="Problems with a system of equations whose terms match or can be scaled to match.",
        method="line the equations up term by term and scale them so that some unknown has the same or the opposite"
        " coefficient in both. Subtracting or adding them removes that unknown at once. I solve the shorter equation that is"
        " left, then put the value into an original equation to find the other unknown.",
        pitfall="Subtract every term, including the right-hand side.",
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
        work=r"=",
    ),
    Technique(
        name="add-all-equations",
        domain="algebra",
        step="add or multiply all the equations to use their symmetry",
        ask="How do I use the symmetry of a system in which the unknowns play the same role?",
        where="Problems with a symmetric system: each equation is the same up to renaming the unknowns.",
        method="combine all equations at once: add them when they are sums, multiply them when they are products. The result"
        " is symmetric in the unknowns and gives their total sum or total product directly. Comparing this total with each"
        " single equation then gives the unknowns one after another, without long elimination.",
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
        work=r"=",
        rank=3,
    ),
    Technique(
        name="new-variable",
        domain="algebra",
        step="introduce a new variable for a repeated expression",
        ask="How do I simplify an equation in which the same expression keeps appearing?",
        where="Problems whose equation becomes polynomial or linear once a repeated expression is given its own name.",
        method="look for an expression that occurs several times, or as a power of itself, and give it a name of its own. I"
        " rewrite the whole equation in the new variable, note which values it may take, and solve this simpler equation."
        " At the end I translate each solution back and discard those that the original expression cannot take.",
        pitfall="Solve for the original unknown at the end; the new variable is not the answer.",
        cues=(
            "make a substitution",
            "making the substitution",
            "use the substitution",
            "becomes a quadratic in",
            "quadratic in terms of",
            "this substitution",
            "substitute variables",
            "quadratic equation in terms of",
            "to simplify, let",
            "to make it simpler, let",
            "to simplify the notation",
        ),
        work=r"=",
        rank=3,
    ),
    Technique(
        name="ratio-variable",
        domain="algebra",
        step="replace related unknowns by their ratio or a common parameter",
        ask="How do I use a ratio or a common parameter to reduce the number of unknowns?",
        where="Problems whose equations are homogeneous or tie the unknowns together by powers or proportions.",
        method="express every unknown through a single parameter, for instance as a ratio of the unknowns or as powers of a"
        " common base that satisfy a given relation automatically. After substitution the common factors cancel and an"
        " equation in the parameter alone is left. I solve it, drop the values that break the conditions, and rebuild the"
        " unknowns from the parameter.",
        cues=(
            "in terms of a single variable",
            "common parameter",
            "parametrize",
            "parameterize",
            "let me define the ratio",
            "both equal to some",
            "set the ratio",
        ),
        work=r"=",
        rank=3,
    ),
    Technique(
        name="word-to-equation",
        domain="algebra",
        step="name the unknowns and turn each statement into an equation",
        ask="How do I translate a word problem into equations?",
        where="Problems told in words, where several quantities are tied together by stated relations.",
        method="choose a letter for each unknown quantity and say what it counts and in which unit. I go through the text"
        " sentence by sentence and write each stated relation as an equation, until there are as many independent equations"
        " as unknowns. Then I solve the system and read the answer back in the words of the problem.",
        pitfall="Check that the value asked for is the value reported; it is often a combination of the unknowns.",
        cues=(
            "let me denote",
            "let's denote",
            "let me define",
            "let's define",
            "let's assign",
            "let me call",
            "let's call",
        ),
        work=both(r"equation", r"weigh|price|cost|speed|hours|minutes|amount|score|number of|total"),
        rank=1,
    ),
    Technique(
        name="linear-equation",
        domain="algebra",
        step="isolate the unknown by inverse operations",
        ask="How do I solve a linear equation for its unknown?",
        where="Problems reduced to an equation in which the unknown appears only to the first power.",
        method="clear brackets and fractions first, by expanding and by multiplying through by a common denominator. I move"
        " all terms with the unknown to the same side and all constants to the other, combine them, and divide by the"
        " coefficient of the unknown. Putting the value back into the original equation shows at once whether a sign"
        " was lost.",
        cues=(
            "divide both sides",
            "isolate",
            "subtract from both sides",
            "solving for",
        ),
        work=r"both sides",
        rank=1,
    ),
    Technique(
        name="clear-denominators",
        domain="algebra",
        step="clear the denominators",
        ask="How do I solve an equation that contains fractions?",
        where="Problems with an equation in which the unknown or the constants stand in fractions.",
        method="find the least common multiple of all denominators, note which values of the unknown would make a"
        " denominator vanish, and multiply every term on both sides by it. What is left is an ordinary polynomial equation."
        " I solve it and drop any solution that makes an original denominator vanish.",
        pitfall="Multiply every term, also those without a fraction.",
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
            "multiply both sides by the denominator",
            "multiply through by",
            "to eliminate the denominators",
        ),
        work=r"=",
    ),
    Technique(
        name="extraneous",
        domain="algebra",
        step="square to remove the root and reject extraneous solutions",
        ask="How do I solve an equation with a square root without keeping false solutions?",
        where="Problems with an equation in which the unknown stands under a square root.",
        method="isolate the root on its own side, square both sides, and solve the polynomial equation that results."
        " Squaring can create solutions, so I put every candidate into the original equation: the expression under the root"
        " must not be negative, and the other side must have the sign of the root. Candidates that fail are dropped.",
        pitfall="A squared equation cannot tell a number from its negative.",
        cues=("square both sides", "squaring both sides"),
        work=r"check|extraneous|plug|original equation|verify|non-negative|sqrt|√",
        rank=3,
    ),
    Technique(
        name="absolute-value-cases",
        domain="algebra",
        step="split the absolute values into sign cases",
        ask="How do I solve an equation or inequality with absolute values?",
        where="Problems in which the unknown stands inside absolute value signs.",
        method="find the points where the inside of each absolute value changes sign and cut the line into intervals there."
        " On each interval every absolute value opens with a fixed sign, which leaves an ordinary equation or inequality. I"
        " solve it and keep only the solutions that lie in the interval assumed. The union over the intervals is the answer.",
        pitfall="A solution outside the assumed interval must be thrown away.",
        cues=("absolute value",),
        work=r"case|critical point|interval|\bor\b",
        rank=3,
    ),
    Technique(
        name="sign-chart",
        domain="algebra",
        step="make a sign chart over the critical points",
        ask="How do I find where a product or quotient of factors is positive or negative?",
        where="Problems with a polynomial or rational inequality, or that ask for the sign of a factored expression.",
        method="bring everything to the same side and factor. I mark the zeros of numerator and denominator on the number"
        " line; between neighbouring marks the sign is constant. I determine the sign in one interval with a test value,"
        " then cross the marks: the sign flips at a factor of odd multiplicity and stays at even multiplicity. I collect"
        " the intervals with the wanted sign and decide separately about the end points.",
        pitfall="Zeros of a denominator never belong to the solution set.",
        cues=(
            "sign chart",
            "sign analysis",
            "test interval",
            "test each interval",
            "test points",
            "sign changes",
            "changes sign",
            "change sign",
            "critical points",
            "testing intervals",
            "sign of each factor",
            "odd multiplicity",
            "odd exponent",
            "even multiplicity",
            "choose a test",
            "sign of the",
        ),
        work=r"interval|positive|negative",
        rank=3,
    ),
    Technique(
        name="linear-inequality",
        domain="algebra",
        step="solve the inequality while tracking its direction",
        ask="How do I solve a compound or linear inequality?",
        where="Problems that ask for all values of an unknown between given bounds.",
        method="treat each inequality like an equation, applying the same operation to every part, and reverse the signs"
        " whenever I multiply or divide by a negative number. With several conditions I solve each on its own and intersect"
        " the solution sets. I check one value inside and one outside, and decide for each end whether it is included.",
        cues=("inequality", "inequalities"),
        work=r"(?:subtract|divide|multiply|add)[^.]{0,60}(?:all parts|both sides|each part|all sides)|intersect|flip|revers",
    ),
    Technique(
        name="rational-root",
        domain="algebra",
        step="test the candidates of the rational root theorem",
        ask="How do I find the rational roots of a polynomial with integer coefficients?",
        where="Problems that lead to a polynomial equation of degree above quadratic with integer coefficients.",
        method="list the candidates: a divisor of the constant term over a divisor of the leading coefficient, with both"
        " signs. I test them by substitution, smallest first, until some candidate gives zero. Then I divide the"
        " corresponding linear factor out, and go on with the quotient of lower degree until it is quadratic.",
        cues=("rational root",),
        work=r"factor|test|try",
        rank=3,
    ),
    Technique(
        name="polynomial-division",
        domain="algebra",
        step="divide the polynomial by the known factor",
        ask="How do I divide a polynomial by a linear factor?",
        where="Problems that ask for a quotient of polynomials, or that reduce a polynomial by a known root.",
        method="write down all coefficients of the dividend, with zeros for missing powers, and use synthetic division with"
        " the root of the linear factor: bring the first coefficient down, multiply by the root, add to the next"
        " coefficient, and repeat. The last number is the remainder, the others are the coefficients of the quotient. I"
        " check by multiplying the quotient by the divisor and adding the remainder.",
        pitfall="A missing power needs a zero coefficient as a place holder.",
        cues=("synthetic division", "polynomial long division", "polynomial division", "long division"),
        work=r"coefficient|bring down|multiply|quotient|divid",
        rank=3,
    ),
    Technique(
        name="remainder-theorem",
        domain="algebra",
        step="evaluate the polynomial at the root of the divisor",
        ask="How do I find the remainder of a polynomial on division by a linear polynomial without dividing?",
        where="Problems that ask for a remainder after division by a linear polynomial, or whether such a factor divides.",
        method="solve the divisor for its root and evaluate the polynomial there: by the remainder theorem that value is the"
        " remainder. If it is zero, the divisor is a factor. High powers stay easy when the root makes the brackets"
        " plus or minus one or zero.",
        cues=("remainder theorem", "factor theorem"),
        rank=3,
    ),
    Technique(
        name="equate-coefficients",
        domain="algebra",
        step="expand both sides and compare the coefficients",
        ask="How do I find unknown constants in an identity between polynomials?",
        where="Problems in which an expression equals a form with unknown constants for all values of the variable.",
        method="expand both sides and collect equal powers of the variable. Because the identity holds for all values, the"
        " coefficients of each power must agree, which gives an equation for each power. I solve this system, starting with"
        " the highest and the constant terms, and check the constants in a coefficient not used so far.",
        cues=(
            "equating coefficients",
            "equate the coefficients",
            "comparing coefficients",
            "compare coefficients",
            "match the coefficients",
            "matching coefficients",
            "compare the coefficients",
            "coefficients must be equal",
            "equate coefficients",
            "coefficients of like terms",
        ),
        rank=3,
    ),
    Technique(
        name="partial-fractions",
        domain="algebra",
        step="split the fraction into partial fractions",
        ask="How do I split a rational expression into partial fractions?",
        where="Problems with a fraction of polynomials whose denominator factors into linear factors.",
        method="factor the denominator and write the fraction as a sum with an unknown numerator over each factor. I multiply"
        " by the whole denominator, then put in the roots of the factors in turn: each root removes all terms but one and"
        " gives its numerator at once. Comparing coefficients gives the same values and serves as a check.",
        cues=("partial fraction",),
        rank=3,
        work=r"\\frac\{[a-d]\}|[abcd]\(x|a/\(|= a|constants? a",
    ),
    Technique(
        name="combine-like-terms",
        domain="algebra",
        step="expand the brackets and combine like terms",
        ask="How do I expand and simplify a polynomial expression reliably?",
        where="Problems that ask to simplify products and differences of brackets.",
        method="multiply each term of a bracket by each term of the other, keeping the sign with its term, and write all"
        " products down before combining anything. I distribute a leading minus over the whole bracket. Then I group terms"
        " with the same power and add their coefficients. A quick test with an easy value of the variable in the original and"
        " in the result catches lost signs.",
        pitfall="A minus before a bracket changes the sign of every term inside.",
        cues=(
            "combine like terms",
            "combining like terms",
            "like terms",
            "distributive property",
            "distribute the negative",
        ),
        rank=1,
    ),
    Technique(
        name="rationalize",
        domain="algebra",
        step="rationalise the denominator with the conjugate",
        ask="How do I remove a root from the denominator of a fraction?",
        where="Problems that ask for an exact value or simplest radical form with a root below the fraction bar.",
        method="look at the denominator: for a single root, multiply numerator and denominator by that root; for a sum or"
        " difference with roots, multiply both by the conjugate, the same terms with the middle sign changed. The product in"
        " the denominator is a difference of squares, so the root disappears. I expand the numerator and reduce.",
        cues=("rationaliz", "rationalis", "conjugate of the denominator", "rationalizing"),
        work=r"multiply|conjugate|sqrt|√",
        rank=3,
    ),
    Technique(
        name="simplify-radical",
        domain="algebra",
        step="pull perfect powers out of the radical",
        ask="How do I simplify a radical to its simplest form?",
        where="Problems that ask for a root in simplest radical form, or combine several roots.",
        method="factor the number under the root into primes, or at least find its largest square factor (for a cube root: cube factor). Each"
        " complete group comes out of the root as a single factor, the rest stays inside. Roots with the same remaining"
        " radicand can then be added like terms; products and quotients are merged under a single root first.",
        cues=(
            "simplify the square root",
            "simplify the radical",
            "simplest radical",
            "perfect square factor",
            "under the square root",
            "simplify sqrt",
            "largest perfect square",
            "simplify \\(\\sqrt",
            "simplify \\sqrt",
        ),
        work=r"sqrt|√",
    ),
    Technique(
        name="exponent-same-base",
        domain="algebra",
        step="write both sides as powers of the same base",
        ask="How do I solve an equation in which the unknown stands in an exponent?",
        where="Problems with exponential equations, or products of powers whose bases share prime factors.",
        method="write every number as a power of the same small base, or of its prime factors, and use the exponent laws:"
        " powers of a power multiply exponents, products of powers add them, quotients subtract them. When both sides have"
        " the same base, the exponents must be equal, and what is left is usually a linear equation.",
        cues=(
            "same base",
            "powers of 2",
            "laws of exponents",
            "exponent rule",
            "exponents are equal",
            "exponents must be equal",
            "power of a power",
            "set the exponents equal",
            "bases are the same",
            "bases are equal",
        ),
        work=r"\^|exponent",
    ),
    Technique(
        name="log-laws",
        domain="algebra",
        step="apply the laws of logarithms to turn the equation into a linear or algebraic one",
        ask="How do I simplify equations with logarithms of products, quotients and powers?",
        where="Problems with one or more equations between logarithms.",
        method="break each logarithm up with the laws: a product becomes a sum, a quotient a difference, and an exponent moves"
        " to the front as a factor. With the logarithms of the unknowns as new unknowns, the equations are often linear. I"
        " solve them, go back by exponentiating, and keep only values for which every original logarithm is defined.",
        pitfall="The argument of a logarithm must be positive, its base positive and different from one.",
        cues=(
            "properties of logarithms",
            "logarithm properties",
            "logarithmic properties",
            "property of logarithms",
            "logarithm property",
            "laws of logarithms",
            "logarithm rules",
            "logarithmic identity",
            "logarithm identity",
            "properties of logs",
            "power rule for logarithms",
            "log rules",
            "rule of logarithms",
            "logarithm power rule",
        ),
        work=r"log|\\ln",
        rank=3,
    ),
    Technique(
        name="log-to-exponential",
        domain="algebra",
        step="rewrite the logarithm in exponential form",
        ask="How do I convert a logarithmic equation into exponential form?",
        where="Problems in which a single logarithm equals a known value or another simple expression.",
        method="isolate the logarithm, then read it as a statement about powers: the base raised to the value of the logarithm"
        " gives its argument. This removes the logarithm and leaves an equation between powers or polynomials. I solve it and"
        " check that argument and base of the original logarithm are admissible.",
        cues=(
            "exponential form",
            "definition of logarithm",
            "definition of a logarithm",
            "exponentiating both sides",
            "exponentiate both sides",
            "exponentiate",
            "definition of the logarithm",
        ),
        work=r"log|\\ln",
        rank=3,
    ),
    Technique(
        name="change-of-base",
        domain="algebra",
        step="change all logarithms to a common base",
        ask="How do I compare or combine logarithms with different bases?",
        where="Problems with logarithms to several bases in the same equation.",
        method="express every logarithm as a quotient of logarithms to a single convenient base: the logarithm of the argument"
        " over the logarithm of the old base. Swapping base and argument gives the reciprocal. After that I name the"
        " logarithms that occur and solve the resulting rational equation in them.",
        cues=("change of base", "change-of-base"),
        work=r"log|\\ln",
        rank=3,
    ),
    Technique(
        name="take-logs",
        domain="algebra",
        step="take logarithms of both sides",
        ask="How do I bring an unknown down from an exponent?",
        where="Problems with an equation or a growth law in which powers with unknown exponents or huge products occur.",
        method="make sure that both sides are positive and take the logarithm of both, with whichever base makes the known"
        " powers simple. Exponents come down as factors and products turn into sums, so the equation becomes linear in the"
        " unknown exponent. I solve it, and evaluate numerically only at the end.",
        cues=(
            "take logarithms",
            "taking logarithms",
            "take the natural log",
            "taking the natural log",
            "take natural log",
            "take the logarithm",
            "taking the logarithm",
            "take log",
            "taking log",
            "take ln",
            "taking ln",
            "natural logarithm of both sides",
        ),
        work=r"log|\\ln",
        rank=3,
    ),
    Technique(
        name="domain",
        domain="algebra",
        step="collect the conditions for the expression to be defined",
        ask="How do I find the domain of a function built from roots, fractions and logarithms?",
        where="Problems that ask where an expression is defined or real, or whose candidates must be filtered by a domain.",
        method="go through the expression from the inside out and write a condition for each part: the inside of an even root"
        " must not be negative, a denominator must not vanish, the argument of a logarithm must be positive. I solve each"
        " condition on its own and intersect the results. The end points of the intervals are tested singly.",
        cues=("domain",),
        work=r"denominator|log|sqrt|square root|√|greater than|non-negative|\\ge|≥|defined",
        rank=3,
    ),
    Technique(
        name="range",
        domain="algebra",
        step="follow the range of values from the inner function outwards",
        ask="How do I find the range of a composed function?",
        where="Problems that ask which values a function built from simpler functions can take.",
        method="start with the innermost expression and write down the interval of values it takes on the given domain. Then I"
        " send this interval through the next function outwards, using whether that function is increasing or decreasing, and"
        " go on to the outermost. At each stage I note whether the end values are reached or only approached.",
        cues=("range of the function", "find the range of", "the range of"),
        work=r"increasing|decreasing|interval|maximum|minimum|\(0|infty|\[",
    ),
    Technique(
        name="inverse-function",
        domain="algebra",
        step="solve for the input that gives the wanted output",
        ask="How do I evaluate the inverse of a function at a given value?",
        where="Problems with the inverse of a function given by a formula or a table.",
        method="remember that the inverse answers the question which input gives this output. So I set the formula of the"
        " function equal to the given value and solve for the input, or look the value up among the outputs of the table."
        " For nested inverses I work from the inside out, and I check by applying the function to the result.",
        cues=("inverse function", "inverse of the function", "f^{-1}", "the inverse of"),
        work=r"such that|solve|swap|equal",
    ),
    Technique(
        name="compose",
        domain="algebra",
        step="evaluate the composed function from the inside out",
        ask="How do I evaluate a composition of functions?",
        where="Problems in which the output of a function is used as the input of another.",
        method="start with the innermost function and compute its value at the given input. I use this value as the input of the"
        " next function and go on outwards. If an unknown sits inside, I keep it as a letter, build the composed formula by"
        " replacing every occurrence of the variable by the whole inner expression, and solve the equation that is asked.",
        pitfall="Keep brackets round the inner expression when it is substituted.",
        cues=(
            "composite function",
            "composition of",
            "from the inside out",
            "inner function",
            "innermost function",
            "f(g(",
            "g(f(",
            "t(g(",
            "f(q(",
        ),
        work="=",
    ),
    Technique(
        name="odd-even-parts",
        domain="algebra",
        step="use that even powers agree and odd powers change sign at opposite inputs",
        ask="How do I relate the values of a polynomial at an input and at its negative?",
        where="Problems that give a function value at a number and ask for the value at the opposite number.",
        method="split the function into terms of even power, which do not change when the sign of the input changes, and terms"
        " of odd power, which change sign. Adding or subtracting the values at both inputs removes one of these groups. So the"
        " unknown coefficients drop out, and the wanted value follows from the known one.",
        cues=("even powers", "odd powers", "even function", "odd function", "even terms"),
        work=r"f\(|sign|symmetr",
        rank=3,
    ),
    Technique(
        name="variation",
        domain="algebra",
        step="find the constant of proportionality from the known pair of values",
        ask="How do I solve a problem in which a quantity varies directly or inversely with another?",
        where="Problems that state direct or inverse variation and give a pair of values.",
        method="write the variation as an equation: for direct variation the quotient of the quantities is constant, for inverse"
        " variation their product is (with the stated power or root applied first). The known pair of values gives the constant."
        " With the constant known, I insert the new value and solve for the other quantity.",
        cues=(
            "inversely proportional",
            "varies inversely",
            "inverse variation",
            "directly proportional",
            "varies directly",
            "constant of proportionality",
            "inverse square law",
        ),
        rank=3,
    ),
    Technique(
        name="floor-ceiling",
        domain="algebra",
        step="replace each floor or ceiling by the neighbouring integer",
        ask="How do I evaluate expressions with floor and ceiling functions?",
        where="Problems with rounding down or up to integers inside a larger expression.",
        method="first find between which consecutive integers the inner value lies, for a root by comparing with perfect squares."
        " The floor is the lower of these integers, the ceiling the upper, and an integer is its own floor and ceiling. I apply"
        " the outer operations afterwards, in the order written, because squaring and rounding do not commute.",
        cues=("ceiling function", "floor function", "greatest integer", "ceiling of", "smallest integer greater than"),
        work=r"integer",
        rank=3,
    ),
    Technique(
        name="functional-equation",
        domain="algebra",
        step="put special values into the functional equation",
        ask="How do I find a function from a functional equation?",
        where="Problems that define a function by an equation that holds for all inputs.",
        method="put in the simplest values first: zero, equal inputs, opposite inputs, or a unit for one of the inputs. This gives"
        " single values, and then a recursion from each integer to the next. I unroll the recursion or guess a polynomial form,"
        " determine its coefficients from the known values, and check the guess in the original equation.",
        cues=("functional equation",),
        work=r"set|let|plug|substitut|f\(",
        rank=3,
    ),
    Technique(
        name="custom-operation",
        domain="algebra",
        step="apply the defined operation literally to its inputs",
        ask="How do I evaluate a newly defined operation or notation?",
        where="Problems that define their own operation and ask for its value at given inputs.",
        method="write the definition down and mark the role of each input position. I match the given inputs with these positions"
        " one after another, replace every occurrence in the definition, and only then compute. If an input must first be brought"
        " into the required form, such as a reduced fraction or a real and imaginary part, I do that before.",
        cues=(
            "operation is defined",
            "binary operation",
            "defined operation",
            "the operation @",
            "operation \\(",
        ),
        work=r"defin",
    ),
    Technique(
        name="complex-parts",
        domain="algebra",
        step="separate the real and the imaginary part",
        ask="How do I solve an equation with complex numbers by comparing parts?",
        where="Problems with an equation between complex expressions, or that ask for a real or imaginary part.",
        method="write the unknown as a real part plus a real multiple of the imaginary unit, expand, and replace the square of the"
        " imaginary unit by minus one. Complex numbers agree only if both parts agree, so I equate the real parts and the"
        " imaginary parts separately and solve this pair of real equations.",
        cues=("real and imaginary part", "imaginary part", "real part"),
        work=r"equat|real part (?:is|of)|imaginary part (?:is|of)|=",
    ),
    Technique(
        name="complex-polar",
        domain="algebra",
        step="write the complex number in polar form",
        ask="How do I use polar form to handle products and powers of complex numbers?",
        where="Problems with powers, products, roots or rotations of complex numbers.",
        method="compute the modulus as the root of the sum of the squares of both parts, and the argument from their quotient, with"
        " the quadrant checked. In polar form moduli multiply and arguments add, so a power raises the modulus and multiplies the"
        " argument. Equations split into an equation for the modulus and an equation for the argument, up to full turns.",
        pitfall="The arctangent alone does not know the quadrant.",
        cues=(
            "polar form",
            "de moivre",
            "euler's formula",
            "argument of",
        ),
        work=r"\\theta|θ|modulus|magnitude|angle",
        rank=3,
    ),
    Technique(
        name="complex-conjugate-division",
        domain="algebra",
        step="divide complex numbers with the conjugate of the denominator",
        ask="How do I divide complex numbers?",
        where="Problems with a quotient of complex numbers that is wanted in standard form or as a modulus.",
        method="multiply numerator and denominator by the conjugate of the denominator. The denominator becomes the sum of the"
        " squares of its parts, a real number. I expand the numerator, replace the square of the imaginary unit by minus one,"
        " and divide both parts by the real denominator. If only the modulus is wanted, I divide the moduli instead.",
        cues=("conjugate of the denominator", "complex conjugate"),
        work=r"denominator",
        rank=3,
    ),
    Technique(
        name="roots-of-unity",
        domain="algebra",
        step="use that the roots of unity are the roots of a simple polynomial",
        ask="How do I evaluate a product over all roots of unity?",
        where="Problems with a product or sum over the complex roots of unity.",
        method="factor the expression inside the product into linear factors in the root of unity. The product of a constant minus"
        " each root of unity is the defining polynomial evaluated at that constant, so each linear factor contributes a single"
        " value of that polynomial. I multiply these values; complex constants come in conjugate pairs and combine to an integer.",
        cues=("root of unity", "roots of unity"),
        work=r"product|factor|prod",
        rank=3,
    ),
    Technique(
        name="common-denominator",
        domain="algebra",
        step="bring the fractions to a common denominator",
        ask="How do I combine fractions with different denominators?",
        where="Problems that add, subtract or compare fractions, in numbers or in symbols.",
        method="find the least common multiple of the denominators and expand each fraction to it. I then combine the numerators"
        " over this denominator, keeping brackets round every numerator that is subtracted, and simplify. At the end I factor"
        " and cancel what numerator and denominator share.",
        pitfall="A minus before a fraction applies to its whole numerator.",
        cues=("common denominator", "least common denominator"),
        rank=1,
    ),
    Technique(
        name="fraction-division",
        domain="algebra",
        step="multiply by the reciprocal instead of dividing",
        ask="How do I divide by a fraction?",
        where="Problems with a quotient of fractions or a compound fraction.",
        method="replace division by a fraction with multiplication by its reciprocal, converting mixed numbers to improper"
        " fractions first. Before multiplying I cancel factors that occur both above and below. Then I multiply numerators and"
        " denominators and check that the result is reduced.",
        cues=("reciprocal",),
        work=r"multipl",
    ),
)
