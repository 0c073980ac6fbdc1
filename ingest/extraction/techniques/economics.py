"""Techniques of economics and everyday data."""

from midthought.ingest.extraction.techniques.technique import Technique, both

ECONOMICS: tuple[Technique, ...] = (
    Technique(
        name="supply-demand",
        domain="economics",
        step="set supply equal to demand",
        ask="How do I find the equilibrium price and quantity of a market?",
        where="Problems that give demand and supply as functions of the price.",
        method=(
            "insert the known prices of other goods, set quantity demanded equal to quantity supplied, and "
            "solve for the price. Inserting the price into either function gives the quantity; both must "
            "agree. In an open economy the world price replaces the equilibrium condition, and imports or "
            "exports fill the gap between demand and supply at that price. Price and quantity must both be "
            "positive."
        ),
        cues=("equilibrium", "supply equals demand", "quantity demanded equals", "demand equals supply"),
        work=(
            r"q_?\{?s\}?\}? ?= ?\\?\(? ?q|q_?\{?d\}?\}? ?= ?\\?\(? ?q|set[^.\n]{0,60}equal|"
            "supply (?:equals|equal to|=|equal) ?(?:the )?demand|demand (?:equals|equal to|=|"
            r"equal) ?(?:the )?supply|equat\w+ (?:supply|demand|the)|supplied (?:equals|is equal to|=)|"
            "y = y"
        ),
        rank=3,
    ),
    Technique(
        name="marginal-rate",
        domain="economics",
        step="form the quotient of the marginal utilities",
        ask="How do I find a consumer's optimal bundle or marginal rate of substitution?",
        where="Problems with a utility function of several goods and a budget.",
        method=(
            "differentiate the utility function with respect to each good. The marginal rate of substitution "
            "is the quotient of the marginal utilities, that of the good to be gained on top. At an interior "
            "optimum it equals the price ratio in the same order; together with the budget equation this "
            "determines both quantities. I check that spending adds up to income, and whether a quantity would "
            "become negative, in which case the solution lies at a corner."
        ),
        cues=("marginal utility", "marginal rate of substitution", "marginal utilities"),
        rank=3,
    ),
    Technique(
        name="marginal-cost",
        domain="economics",
        step="set marginal cost equal to the price",
        ask="How do I find a competitive firm's output, its supply and the industry's supply from its costs?",
        where="Problems with costs of price-taking firms, as a function or a table.",
        method=(
            "differentiate the cost function to get marginal cost, set it equal to the price and solve for the "
            "output on the rising branch: that is the supply of a firm. From a table I take the last unit "
            "whose marginal cost does not exceed the price. Multiplying by the number of identical firms gives "
            "the industry supply, and equating it with demand the equilibrium price. I check that the price "
            "covers average variable cost; below it the firm produces nothing."
        ),
        cues=("marginal cost", "industry supply"),
        work=(
            r"(?s)\A(?!.*(?:lrmc|lrac))(?=.*(?:derivative|mc ?= ?p|mc\(|marginal cost (?:equal|equals|"
            "is equal|=)|price (?:equals|equal to|is equal|=)|p = mc))"
        ),
        rank=3,
    ),
    Technique(
        name="elasticity",
        domain="economics",
        step="multiply the derivative by price over quantity",
        ask="How do I compute a price elasticity of demand?",
        where="Problems that ask for the elasticity of a demand function.",
        method=(
            "differentiate the quantity with respect to the price and multiply by the price over the quantity. "
            "I insert the demand function for the quantity and simplify; for a power law the elasticity is the "
            "exponent. For a total demand I weigh the single elasticities with the shares in the quantity. The "
            "sign is negative for falling demand, unless the problem fixes another convention, and the result "
            "carries no unit."
        ),
        cues=("elasticity",),
        rank=3,
    ),
    Technique(
        name="budget-count",
        domain="word_problems",
        step="count the occurrences in the period and multiply",
        ask="How do I find the fewest or most events in a period with a regular rhythm?",
        where="Problems about calendars, regular schedules or repeated events.",
        method=(
            "write the positions of the events as a first position plus multiples of the rhythm. To get the "
            "fewest events I start as late as possible, for the most as early as possible, and use the "
            "shortest or longest admissible period. The count is the number of positions within the period; "
            "I multiply it by the amount for each event."
        ),
        cues=(
            "every third day",
            "leap year",
            "days in february",
        ),
        rank=3,
    ),
    Technique(
        name="fence-post",
        domain="word_problems",
        step="count places and gaps separately",
        ask="How do I avoid counting errors by one in ranges and positions?",
        where="Problems about pages, positions, terms or numbers between limits.",
        method=(
            "ask whether things or the gaps between them are counted. From a first to a last integer there "
            "are their difference plus one integers, but only the difference many steps. I test the rule on "
            "a tiny range by listing it, and then apply it to the real limits."
        ),
        cues=("inclusive", "off by one", "off-by-one"),
        work=r"- ?\(?-?\w+\)? ?\+ ?1|plus (?:1|one)|add(?:ing)? (?:1|one)",
    ),
    Technique(
        name="quantity-at-price",
        domain="economics",
        step="insert the price into demand and supply",
        ask="How do I find the quantities demanded, supplied or traded in a market at a known price?",
        where="Problems that give demand and supply functions and the price, of an equilibrium or of the world market.",
        method=(
            "fix the prices of all other goods and insert the known price into the demand function and into "
            "the supply function, each on its own. At the equilibrium price both must give the same quantity, "
            "so the second is a free check of the price. At any other price the difference matters: more "
            "demanded than supplied is a shortage, or imports in an open economy; more supplied than demanded "
            "is a surplus, or exports. Negative quantities mean that nobody trades at that price."
        ),
        cues=(
            "equilibrium price",
            "world price",
            "market price",
            "at this price",
            "at that price",
            "demand equation",
            "demand function",
            "supply equation",
            "supply function",
        ),
        work=both(
            "demand|suppl",
            r"(?:plug|substitut|insert)[^.\n]{0,60}(?:into|back)[^.\n]{0,40}(?:demand|suppl|either)|the equation\b",
        ),
    ),
)
