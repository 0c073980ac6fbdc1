"""Techniques of economics and everyday data."""

from midthought.ingest.extraction.techniques.technique import Technique

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
            "agree. In an open economy the world price replaces the equilibrium condition and trade fills "
            "the gap between the quantities."
        ),
        cues=("equilibrium", "supply equals demand", "quantity demanded equals", "demand equals supply"),
        work="price|quantity|suppl",
        rank=3,
    ),
    Technique(
        name="marginal-rate",
        domain="economics",
        step="form the quotient of the marginal utilities",
        ask="How do I find a consumer's optimal bundle or marginal rate of substitution?",
        where="Problems with a utility function of several goods and a budget.",
        method=(
            "differentiate the utility function with respect to each good. The marginal rate of substitution"
            " is the quotient of the marginal utilities. At an interior optimum it equals the price ratio; "
            "together with the budget equation this determines both quantities. I check whether a quantity "
            "would become negative, in which case the solution lies at a corner."
        ),
        cues=("marginal utility", "marginal rate of substitution", "marginal utilities"),
        rank=3,
    ),
    Technique(
        name="marginal-cost",
        domain="economics",
        step="set marginal cost equal to the price",
        ask="How do I derive a competitive firm's supply and the industry supply?",
        where="Problems with a cost function of identical price-taking firms.",
        method=(
            "differentiate the cost function to get marginal cost, set it equal to the price and solve for "
            "the output: that is the supply of a firm. Multiplying by the number of firms gives the industry"
            " supply. Equating it with demand gives the equilibrium price. I check that the price covers "
            "variable cost."
        ),
        cues=("marginal cost", "industry supply"),
        rank=3,
    ),
    Technique(
        name="elasticity",
        domain="economics",
        step="multiply the derivative by price over quantity",
        ask="How do I compute a price elasticity of demand?",
        where="Problems that ask for the elasticity of a demand function.",
        method=(
            "differentiate the quantity with respect to the price and multiply by the price over the "
            "quantity. I insert the demand function for the quantity and simplify. The sign is negative for "
            "falling demand, unless the problem fixes another convention."
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
        cues=("every third day", "leap year", "every day", "days in february"),
        rank=3,
    ),
    Technique(
        name="table-read",
        domain="data",
        step="read the needed values off the table or graph and compare",
        ask="How do I answer a question from a table or graph?",
        where="Problems that give their data in a table, chart or graph.",
        method=(
            "decide which rows, columns or points the question needs and copy just these values with their "
            "labels. Then I compute the requested quantity for each, such as a quotient for a speed, and "
            "compare. I check the axis titles and units, because the wanted quantity may not be an axis "
            "itself."
        ),
        cues=(
            "looking at the graph",
            "looking at the table",
            "from the table",
            "according to the table",
            "in the table",
            "from the graph",
            "the graph shows",
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
        work=r"\+ ?1|plus (?:1|one)",
    ),
)
