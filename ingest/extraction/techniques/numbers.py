"""Techniques of number theory and arithmetic."""

from midthought.ingest.extraction.techniques.technique import Technique, both

NUMBERS: tuple[Technique, ...] = (
    Technique(
        name="prime-factorization",
        domain="number theory",
        step="factor the numbers into primes",
        ask="How do I use prime factorisation to answer a question about divisors, multiples or perfect powers?",
        where="Problems about divisibility, perfect squares or cubes, common divisors, or products of powers.",
        method="write every number as a product of prime powers and translate the condition into a condition on exponents:"
        " a divisor has exponents no larger, a perfect square has even exponents, a perfect cube exponents divisible by the"
        " index. I then treat each prime on its own and put the answers together by multiplying.",
        cues=("prime factorization", "prime factors", "prime factorisation", "factorize", "factorizing", "into primes"),
        work=r"\\times|\\cdot|\*|×|·|\^",
        rank=2,
    ),
    Technique(
        name="lcm-gcd-exponents",
        domain="number theory",
        step="translate the least common multiples into maxima of prime exponents",
        ask="How do I find unknown integers from their least common multiples or greatest common divisors?",
        where="Problems that give the least common multiple or greatest common divisor of unknown integers.",
        method="handle each prime separately. The exponent in a least common multiple is the maximum of the exponents, in a"
        " greatest common divisor the minimum, and in a product the sum. For every prime I write these conditions down; a small"
        " maximum bounds both exponents at once, a large one forces the remaining number to carry it. I solve the small system"
        " and multiply the prime powers.",
        cues=("lcm", "least common multiple"),
        work=r"exponent|max",
        rank=3,
    ),
    Technique(
        name="lcm",
        domain="number theory",
        step="take the least common multiple of the conditions",
        ask="How do I count or find the numbers that are divisible by several given numbers at once?",
        where="Problems that ask for common multiples, or how many numbers in a range share several divisors.",
        method="combine the divisors into a single condition: a number is divisible by all of them exactly when it is divisible by"
        " their least common multiple. I build it from the largest power of every prime that occurs. The count up to a bound is"
        " the bound divided by this multiple, rounded down.",
        cues=("lcm", "least common multiple"),
        work=r"divisible by (?:all|both|each|\d+, )|multiples? of (?:all|both|each)|divisible by (?:the )?lcm|must be (?:a multiple|divisible)",
        rank=2,
    ),
    Technique(
        name="euclid",
        domain="number theory",
        step="run the Euclidean algorithm",
        ask="How do I find the greatest common divisor of large numbers or of expressions?",
        where="Problems that ask for a greatest common divisor of integers, or of linear expressions in an integer.",
        method="divide the larger by the smaller and replace the pair by the smaller number and the remainder; the greatest common"
        " divisor does not change. I repeat until the remainder vanishes; the last non-zero remainder is the answer. For"
        " expressions I subtract multiples of each other until only a constant is left: the divisor must divide that constant,"
        " and I check whether the constant is really reached.",
        cues=("euclidean algorithm", "euclid's algorithm"),
        rank=3,
    ),
    Technique(
        name="modular-inverse",
        domain="number theory",
        step="find the inverse modulo the given number",
        ask="How do I find the inverse of an integer modulo another integer?",
        where="Problems that ask for a modular inverse or need to divide in a congruence.",
        method="make sure that number and modulus have no common factor. I run the Euclidean algorithm on them and write the"
        " remainders backwards as combinations of both; the coefficient of the number in the combination that gives one is the"
        " inverse. Near the modulus it is quicker to replace the number by its small negative remainder. I check by multiplying.",
        cues=("modular inverse", "inverse modulo", "multiplicative inverse", "inverse of", "extended euclidean"),
        work=r"\\equiv|≡|mod",
        rank=3,
    ),
    Technique(
        name="mod-reduce",
        domain="number theory",
        step="reduce everything modulo the divisor",
        ask="How do I find the remainder of a large expression on division by a number?",
        where="Problems that ask for a remainder, or whether an expression is divisible by a given number.",
        method="replace every number by its remainder modulo the divisor before calculating, choosing negative remainders where"
        " they are smaller. Sums and products may be reduced at every step. For powers I look for the exponent at which the base"
        " returns to one and reduce the exponent by that cycle length. The last step brings the result into the range from"
        " zero up to the divisor.",
        pitfall="Exponents are reduced by the cycle length, not by the modulus.",
        cues=(
            "modulo",
            "mod ",
            "\\mod",
            "pmod",
            "modular arithmetic",
        ),
        work=r"\\equiv|≡|remainder (?:is|of) \d|mod \d+ (?:is|=)",
        rank=2,
    ),
    Technique(
        name="power-cycle",
        domain="number theory",
        step="find the cycle of the powers and reduce the exponent",
        ask="How do I find the last digit or the remainder of a large power?",
        where="Problems that ask for the units digit or remainder of a power with a large exponent.",
        method="compute the first few powers modulo the given number and wait until a value repeats; from there on the remainders"
        " run in a cycle. I divide the exponent by the cycle length and look the remainder up in the cycle (remainder zero"
        " means the last entry). For several powers I treat each on its own and combine at the end.",
        cues=("cycle", "repeats every", "pattern repeats", "cyclic"),
        work=r"units digit|mod|last digit|remainder",
        rank=3,
    ),
    Technique(
        name="fermat-little",
        domain="number theory",
        step="shrink the exponent with Fermat's little theorem",
        ask="How do I reduce a large exponent modulo a prime?",
        where="Problems that ask for the remainder of a high power on division by a prime.",
        method="check that the base is not divisible by the prime. Then the base raised to the prime minus one leaves remainder"
        " one, so only the remainder of the exponent modulo the prime minus one matters. I reduce the base modulo the prime as"
        " well, and compute the small power that is left by repeated squaring.",
        cues=("fermat's little theorem", "euler's theorem"),
        work=r"\\equiv|≡|mod",
        rank=3,
    ),
    Technique(
        name="crt",
        domain="number theory",
        step="combine the congruences",
        ask="How do I find a number that leaves given remainders for several divisors?",
        where="Problems that give the remainders of an unknown number for several group sizes or divisors.",
        method="write each condition as a congruence. I list the numbers that satisfy the condition with the largest divisor and"
        " test them in the other condition until some number fits; with divisors without common factor it exists. All"
        " further solutions differ from it by multiples of the least common multiple of the divisors. Then I keep those within"
        " the stated bounds.",
        cues=("chinese remainder", "system of congruences"),
        rank=3,
    ),
    Technique(
        name="congruence-solve",
        domain="number theory",
        step="solve the linear congruence",
        ask="How do I solve a linear congruence whose coefficient shares a factor with the modulus?",
        where="Problems with a linear congruence for an unknown integer.",
        method="divide coefficient, right-hand side and modulus by their common factor; if the right-hand side is not divisible by"
        " the factor of the others, there is no solution. The reduced coefficient has an inverse modulo the reduced modulus, so"
        " I multiply by it. The solutions are this value plus multiples of the reduced modulus.",
        cues=("congruence",),
        work=r"inverse|divide|gcd|multiply",
        rank=3,
    ),
    Technique(
        name="base-to-decimal",
        domain="number theory",
        step="expand the digits in powers of the base",
        ask="How do I convert a number between the decimal system and another base?",
        where="Problems with numerals written in a base other than the decimal one.",
        method="go to the decimal system by multiplying each digit by the power of the base that belongs to its place and adding."
        " In the other direction I divide repeatedly by the new base and collect the remainders; read from last to first they"
        " are the digits. Between a base and a power of it I simply group the digits. I convert back as a check.",
        cues=("base 5", "base 8", "base-8", "base 9", "base 10", "base 2", "base eight", "binary", "base b", "in base"),
        work=r"remainder|digit|convert|place",
        rank=2,
    ),
    Technique(
        name="base-arithmetic",
        domain="number theory",
        step="carry and borrow with the base in place of the usual carry",
        ask="How do I add, subtract or multiply numbers in another base?",
        where="Problems that ask for a sum, difference or product with the result in a given base.",
        method="work column by column from the right as usual, but carry or borrow the base itself: when a column exceeds the base I"
        " subtract the base and carry one, and a borrow adds the base to the column. Alternatively I convert to decimal,"
        " calculate there and convert back. Doing both is a good check.",
        cues=("borrow", "carry over", "carry the"),
        work=r"base",
        rank=3,
    ),
    Technique(
        name="divisor-pairs",
        domain="number theory",
        step="list the factor pairs and test each",
        ask="How do I find integer solutions when a product of integer expressions is known?",
        where="Problems that ask for integers whose product, or product of shifted values, is fixed.",
        method="bring the equation into the form of a product of integer expressions equal to a constant. I list all ways to write"
        " the constant as a product, including negative factors and both orders where they differ, and solve for the unknowns in"
        " each case. Conditions such as positivity, size or distinctness then remove cases.",
        pitfall="Negative factors are easily forgotten.",
        cues=(
            "factor pairs",
            "pairs of factors",
            "divisor pairs",
            "pairs of integers",
            "pairs of numbers that multiply",
            "positive divisors of",
            "positive factors of",
        ),
        work=r"pair|\(\d+, ?\d+\)|×|times",
        rank=2,
    ),
    Technique(
        name="count-divisors",
        domain="number theory",
        step="count divisors from the exponents of the prime factorisation",
        ask="How do I count the divisors of a number?",
        where="Problems that ask how many divisors or factors a number has, possibly with a condition.",
        method="factor the number into primes. A divisor chooses for each prime an exponent from nothing up to the exponent in the"
        " number, so the count is the product of the exponents each increased by one. For divisors with an extra condition I"
        " restrict the choice for the primes concerned.",
        cues=("number of divisors", "number of factors", "number of positive divisors", "how many divisors"),
        work=r"\+ ?1|exponent",
        rank=3,
    ),
    Technique(
        name="common-divisors-list",
        domain="number theory",
        step="list the common divisors of both numbers",
        ask="How do I find the numbers that divide several given numbers?",
        where="Problems that ask which or how many numbers are factors of several numbers at once.",
        method="list the factors of the smaller number, and keep those that divide the others as well; equivalently the common"
        " divisors are the divisors of the greatest common divisor. Negative divisors count only where the problem says integers.",
        cues=(
            "common factors of",
            "common divisors",
            "factors of both",
            "divides both",
            "greatest common divisor",
            "common factors are",
        ),
        work=r"gcd|divisor|factor|divid",
        rank=1,
    ),
    Technique(
        name="perfect-square-bounds",
        domain="number theory",
        step="bound the root and count the admissible integers",
        ask="How do I count perfect squares below a bound that also satisfy a divisibility condition?",
        where="Problems that count squares or cubes in a range under an extra condition.",
        method="translate the condition on the square into a condition on its root: a prime divides a square only if it divides the"
        " root. I take the root of the bound, rounded down, and count the admissible roots as multiples of the required number up"
        " to it. I check the first and last candidates and whether zero counts.",
        cues=("perfect square", "perfect squares"),
        work=both("less than|below|up to|between|<", "divisible|multiple"),
        rank=2,
    ),
    Technique(
        name="perfect-power-completion",
        domain="number theory",
        step="raise every prime exponent to the next multiple of the power",
        ask="How do I find the smallest factor that turns a number into a perfect square or cube?",
        where="Problems that ask for the least multiplier that makes a product a perfect power.",
        method="factor the given number into primes and compare each exponent with the next multiple of the index of the power. The"
        " missing exponents, over all primes, make the multiplier. I multiply it in and read the root off as a check.",
        cues=("perfect cube", "perfect power"),
        work=r"exponent|multiple of 3|prime",
        rank=3,
    ),
    Technique(
        name="digits-log",
        domain="number theory",
        step="collect the trailing zeros and count the remaining digits",
        ask="How do I count the digits of a product of large powers?",
        where="Problems that ask how many digits a product of powers has.",
        method="factor all bases into primes and pair off the prime factors of the decimal base, because each pair"
        " only appends a digit. What remains is a small number that I can compute, so the total is its digits plus the number of"
        " pairs. Alternatively I add the decimal logarithms, round down and add one.",
        cues=("number of digits", "how many digits"),
        work=r"10\^|log",
        rank=3,
    ),
    Technique(
        name="digit-constraints",
        domain="number theory",
        step="write the number through its digits and use the place values",
        ask="How do I find a number from conditions on its digits?",
        where="Problems about the digits of a number, digit sums, palindromes or divisibility rules.",
        method="write the number as the sum of its digits times their place values, and turn each statement into an equation or a"
        " divisibility rule. The leading digit is not zero and every digit is a single-digit integer, which leaves few values to"
        " try. I work through them in order and test each candidate in all conditions.",
        cues=("units digit", "tens digit", "sum of the digits", "sum of its digits", "digit sum", "palindrome"),
        work=r"divisible|=|possible|between",
        rank=2,
    ),
    Technique(
        name="divisibility-rules",
        domain="number theory",
        step="apply divisibility rules to the digits",
        ask="How do I decide divisibility by a composite number from the digits?",
        where="Problems with an unknown digit in a number that must be divisible by a given number.",
        method="split the divisor into coprime factors and use the rule of each: the last digits decide about powers of the even prime,"
        " the digit sum about the smallest odd prime and its square. Each rule limits the unknown digit; the digits that satisfy"
        " all rules at the same time are the solutions.",
        cues=("divisible by 3", "divisible by both", "divisibility rule"),
        work=r"sum of (?:the|its) digits|digit",
        rank=3,
    ),
    Technique(
        name="consecutive-integers",
        domain="number theory",
        step="centre the consecutive integers on their middle value",
        ask="How do I work with the sum or product of consecutive integers?",
        where="Problems about runs of consecutive integers with a given sum, product or mean.",
        method="name the middle integer instead of the first. The deviations from it cancel, so the sum is the number of terms times"
        " the middle, and the mean and the median both equal it. A product of neighbours becomes the middle times differences of"
        " squares. I solve for the middle and rebuild the run.",
        cues=("consecutive integers", "consecutive positive integers"),
        work=r"middle|median|n ?- ?1|n ?\+ ?1|average",
        rank=3,
    ),
    Technique(
        name="frobenius",
        domain="number theory",
        step="find the largest amount that no combination of the values reaches",
        ask="How do I find the largest amount that cannot be paid with coins of given values?",
        where="Problems about amounts that cannot be written as sums of given values.",
        method="sort the amounts by their remainder modulo the smallest value. In each class I find the smallest amount that the"
        " other values can reach; everything above it in the class follows by adding the smallest value. The largest unreachable"
        " amount is the greatest of these class minima, less the smallest value. I verify that it fails and its successors work.",
        cues=("frobenius", "chicken mcnugget", "cannot be expressed", "cannot be represented", "cannot be purchased"),
        rank=3,
    ),
    Technique(
        name="coprime-fraction",
        domain="number theory",
        step="reduce the fraction to lowest terms",
        ask="How do I make sure that a fraction is in lowest terms?",
        where="Problems that ask for an answer as a reduced fraction, or for a combination of its numerator and denominator.",
        method="compute the greatest common divisor of numerator and denominator, by common prime factors or by the Euclidean"
        " algorithm, and divide both by it. I check that no prime divides both afterwards, and only then form the combination"
        " that the problem asks for.",
        cues=("relatively prime", "coprime", "simplest form", "lowest terms"),
        work="gcd|common factor|common divisor|share no|no common",
        rank=1,
    ),
    Technique(
        name="repeating-decimal",
        domain="number theory",
        step="turn the repeating decimal into a fraction",
        ask="How do I convert a repeating decimal into a fraction?",
        where="Problems that calculate with repeating decimals and want an exact fraction.",
        method="call the decimal by a letter and multiply by the decimal power that shifts it by exactly a period. Subtracting the"
        " original removes the endless tail, which leaves an equation for the letter: the period over as many nines as it has"
        " digits. Then I reduce the fraction, and do further arithmetic with it exactly.",
        cues=("repeating decimal", "overline", "decimal repeats"),
        work=r"99|9\}|10x|subtract",
        rank=3,
    ),
    Technique(
        name="parity",
        domain="number theory",
        step="argue with even and odd",
        ask="How do I use parity to rule out or force cases?",
        where="Problems about integers in which sums, products or moves are restricted by being even or odd.",
        method="note which quantities are even and which are odd, and how each operation changes that: a sum is odd only if its"
        " terms differ in parity, a product is odd only if all factors are. An equation must have the same parity on both sides,"
        " and an invariant parity cannot change during moves. Cases that violate this are dropped, and the rest are worked out.",
        cues=("parity",),
        work=r"odd|even",
        rank=3,
    ),
    Technique(
        name="multiplicative-function",
        domain="number theory",
        step="evaluate the function on prime powers and multiply",
        ask="How do I evaluate an arithmetic function that is defined by a sum over divisors?",
        where="Problems that define a function on positive integers through a sum over all divisors.",
        method="start from the smallest arguments: one, then a prime, then its powers; each equation contains only a single new value."
        " If the function is multiplicative, it is enough to know it on prime powers, so I factor the wanted argument and multiply"
        " the values. Otherwise I go through the divisors of the argument in increasing order.",
        cues=("multiplicative", "dirichlet", "möbius", "sum over divisors", "divisors of n", "divisor sum"),
        work=r"f\(|prime",
        rank=3,
    ),
    Technique(
        name="order-of-operations",
        domain="arithmetic",
        step="evaluate in the order of operations",
        ask="How do I evaluate an arithmetic expression with several operations safely?",
        where="Problems that ask for the value of an expression with brackets, powers, products and sums.",
        method="rewrite the expression so that the order is visible: brackets first, then powers, then products and quotients from"
        " left to right, then sums and differences from left to right. I replace a single operation at a time and copy the rest"
        " unchanged. A rough estimate of the size at the end catches slips.",
        cues=("order of operations", "pemdas", "left to right"),
        rank=2,
    ),
    Technique(
        name="perfect-square-pattern",
        domain="arithmetic",
        step="recognise a binomial square or another product pattern",
        ask="How do I evaluate a numerical expression quickly by recognising an algebraic pattern?",
        where="Problems with numbers arranged like an expanded square, a difference of squares or another identity.",
        method="look at the terms for squares and for a middle term that is the double product of their roots. Then the whole is the"
        " square of the sum or difference of the roots. Computing this single square is shorter and safer than evaluating each"
        " term. I confirm the middle term before using the pattern.",
        cues=("perfect square trinomial", "(a + b)^2", "(a+b)^2", "expansion of a square", "square of a binomial"),
        rank=3,
    ),
    Technique(
        name="pair-terms",
        domain="sequences",
        step="group the terms of the sum in pairs",
        ask="How do I evaluate a long alternating sum?",
        where="Problems with a long sum whose terms alternate in sign or follow a regular pattern.",
        method="group neighbouring terms with opposite signs and work out the value of a pair in general. If every pair has the same"
        " value, the sum is the number of pairs times it; otherwise the pair values follow a simple formula that I can sum with"
        " known formulas. I count the pairs carefully and check for a term left over at the end.",
        cues=(
            "pair the terms",
            "pair up the terms",
            "pairs of terms",
            "each pair",
            "group the terms",
            "grouping the terms",
            "pairing",
        ),
        work=both(r"pair", r"alternat|cancel|dots|terms|series"),
        rank=3,
    ),
    Technique(
        name="sum-formulas",
        domain="sequences",
        step="split the sum and use the formulas for sums of powers",
        ask="How do I evaluate a sum whose general term is a polynomial in the index?",
        where="Problems with sums of integers, squares or cubes, or with a polynomial general term.",
        method="write the general term as a formula in the index and expand it. The sum splits into sums of the index, of its square"
        " and of its cube, each with a closed formula in the number of terms, and constants come out as factors. I substitute"
        " the number of terms and test the formula on the first few terms.",
        cues=("sum of squares", "sum of cubes", "sum of the first", "formula for the sum of", "sum formula"),
        work=both(r"formula|sum", r"n\(n|\\frac\{n|\\sum"),
        rank=3,
    ),
    Technique(
        name="arithmetic-sequence",
        domain="sequences",
        step="use the general term or the sum of an arithmetic sequence",
        ask="How do I find a term or the sum of an arithmetic sequence?",
        where="Problems with numbers that grow by the same difference each time.",
        method="read off the first term and the common difference. A term is the first plus the difference times the number of steps"
        " taken, which is the position less one. The sum is the number of terms times the mean of the first and last term. I"
        " set up whichever of these contains the unknown and solve for it.",
        pitfall="The number of steps is smaller by one than the number of terms.",
        cues=("arithmetic sequence", "arithmetic progression", "arithmetic series", "common difference"),
        rank=3,
    ),
    Technique(
        name="geometric-sequence",
        domain="sequences",
        step="use the ratio of the geometric sequence",
        ask="How do I find a term or the sum of a geometric sequence or series?",
        where="Problems with numbers that are multiplied by the same ratio each time.",
        method="find the common ratio by dividing a term by the one before it. A term is the first times the ratio to the power of"
        " its position less one. A finite sum is the first term times one minus the power of the ratio, over one minus the ratio;"
        " an infinite sum exists only for a ratio below one in size, and then the power drops out.",
        cues=("geometric sequence", "geometric series", "common ratio", "geometric progression"),
        rank=3,
    ),
    Technique(
        name="telescoping",
        domain="sequences",
        step="rewrite the terms so that the sum telescopes",
        ask="How do I evaluate a sum or product in which neighbouring terms cancel?",
        where="Problems with sums of differences, partial fractions or products of consecutive quotients.",
        method="rewrite the general term as a difference of consecutive values of some expression (for products: a quotient). I write"
        " out the first and last few terms to see what cancels; only the ends remain. For an infinite sum I let the upper end"
        " grow and see what it tends to.",
        cues=("telescop",),
        rank=3,
    ),
    Technique(
        name="recurrence-pattern",
        domain="sequences",
        step="compute the first terms and find a rule",
        ask="How do I find a distant term of a sequence that is given by a recurrence?",
        where="Problems with a sequence, array or process in which each stage is built from the ones before.",
        method="compute the first few stages by hand and look for a rule: a cycle, a constant factor, a simple polynomial or a sum that"
        " obeys its own recurrence. I prove the rule from the definition, for instance by adding up a whole row, then jump to the"
        " wanted stage by formula or by the position within the cycle.",
        cues=("recurrence", "recursive", "recursion"),
        rank=3,
        work=r"_\{?n|\(n|_n|s\(|a\(",
    ),
    Technique(
        name="spot-pattern",
        domain="sequences",
        step="work out small cases and look for a pattern",
        ask="How do I find a pattern from small cases and use it for a large one?",
        where="Problems that ask for a large case of a process that can be carried out by hand for small cases.",
        method="work out the smallest cases completely and write the results in a table. I look for constant differences, constant"
        " ratios, a cycle or a formula in the index, and test the guess on a further case that was not used to find it. Only then"
        " do I apply it to the large case, and I look for a reason why it must go on.",
        pitfall="A pattern seen in few cases may break; check another case.",
        cues=(
            "see a pattern",
            "look for a pattern",
            "find a pattern",
            "see if there's a pattern",
            "small cases",
            "smaller cases",
            "the pattern",
            "a pattern here",
        ),
        work=r"pattern (?:is|repeats|continues|seems|emerges|that)|see (?:a|that|the) pattern|repeat|in general|generaliz",
        rank=1,
    ),
    Technique(
        name="double-sum",
        domain="sequences",
        step="regroup the double sum by the value of the combined index",
        ask="How do I evaluate a double sum whose terms depend only on the sum of the indices?",
        where="Problems with an infinite double series in a combination of both indices.",
        method="collect all pairs of indices with the same combined value, count how many pairs there are, and rewrite the double sum as"
        " a single sum of count times term. The count is usually linear in the new index, so the sum splits into known series. I"
        " check where the new index starts.",
        cues=("double sum", "switch the order of summation", "order of summation"),
        rank=3,
    ),
)
