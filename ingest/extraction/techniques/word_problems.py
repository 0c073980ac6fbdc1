"""Techniques for word problems."""

from midthought.ingest.extraction.techniques.technique import Technique, both

WORD_PROBLEMS: tuple[Technique, ...] = (
    Technique(
        name="distance-rate-time",
        domain="rates",
        step="connect distance, speed and time",
        ask="How do I solve a problem about travel at constant speed?",
        where="Problems that give some of distance, speed and time for a trip.",
        method=(
            "write distance as speed times time for each part of the trip, with matching units. Waiting "
            "times are added to the travelling time and do not count as distance. If the same distance is "
            "covered at different speeds, I set up an equation for each and eliminate the unknown waiting "
            "time by subtracting. Then I solve for the speed."
        ),
        cues=(
            "time equals distance",
            "distance divided by speed",
            "speed multiplied by time",
            "distance = speed",
            "time = distance",
            "speed times time",
            "distance is speed",
            "walking time",
            r"\frac{\text{distance}}",
            "time is distance",
            "speed is distance",
            "distance divided by",
            "rate times time",
        ),
        work="speed|per hour|mph|km/h|miles",
        pitfall="Convert minutes to hours before combining them with speeds per hour.",
        rank=3,
    ),
    Technique(
        name="relative-speed",
        domain="rates",
        step="add the speeds of bodies that approach each other",
        ask="How do I find when and where moving bodies meet?",
        where="Problems about travellers who move towards or after each other.",
        method=(
            "combine the speeds: towards each other they add, in the same direction they subtract. The time "
            "to the meeting is the initial distance over this relative speed. The meeting place is the own "
            "speed of a traveller times that time, measured from where this traveller started. Both "
            "distances must add up to the initial distance."
        ),
        cues=("relative speed", "combined speed", "closing speed", "toward each other", "towards each other"),
        rank=3,
    ),
    Technique(
        name="unit-rate",
        domain="rates",
        step="find the rate for a single unit and scale it",
        ask="How do I use a unit rate to solve a proportion problem?",
        where="Problems with scales, prices, rates of work or other proportional quantities.",
        method=(
            "write the known pair of quantities as a quotient with units, so that it tells how much belongs "
            "to a single unit. I multiply by the wanted amount so that the units cancel, or set equal "
            "quotients and cross multiply. A larger input must give a larger output, which checks that the "
            "quotient was not turned round."
        ),
        cues=("set up a proportion", "unit rate", "using a proportion", "use a proportion"),
        work=r"=|\\frac",
    ),
    Technique(
        name="unit-conversion",
        domain="measurement",
        step="convert all quantities to the same units",
        ask="How do I convert units reliably in a calculation?",
        where="Problems whose data come in different units, or whose answer is wanted in a particular unit.",
        method=(
            "choose the unit of the answer and convert every quantity before combining them. I write each "
            "conversion as a fraction with equal quantities above and below, so that the unwanted unit "
            "cancels; areas need the factor squared, volumes cubed. I follow the units through to the end "
            "and ask whether the size is plausible."
        ),
        cues=("convert", "conversion"),
        work=(
            r"\b(?:meters?|metres?|cm|centimeters?|inches|feet|foot|minutes?|hours?|seconds?|grams?|kg"
            r"|miles?|joules?|ev|nm|\\mathrm\{~?(?:m|cm|nm|ev|j|km|s)|\\text\{ ?(?:m|cm|nm|ev|j|hours?"
            r"|minutes?|s|km))\b"
        ),
        pitfall="Convert first, then multiply; area units need the factor squared.",
    ),
    Technique(
        name="percent-chain",
        domain="percentages",
        step="turn each percentage change into a factor",
        ask="How do I handle successive discounts, taxes or percentage changes?",
        where="Problems about prices with discounts, taxes or repeated percentage changes.",
        method=(
            "replace every percentage change by a factor: one minus the rate for a reduction, one plus the "
            "rate for an increase. Successive changes multiply. If the final amount is known or bounded, I "
            "divide it by the product of all factors to get the original amount; an inequality keeps its "
            "direction, because the factors are positive."
        ),
        cues=("discount", "sales tax", "percent off", "% off"),
        work=r"0\.|1\.|\\%|%",
        pitfall="A later percentage refers to the already changed amount.",
        rank=3,
    ),
    Technique(
        name="percent-of",
        domain="percentages",
        step="relate part and whole by the percentage",
        ask="How do I find a part, a whole or a rate from the other quantities?",
        where="Problems in which a part of a whole is stated as a percentage or fraction.",
        method=(
            "decide which quantity is the whole: the percentage always refers to it. Then part equals rate "
            "times whole, with the rate as a decimal. I solve this for whatever is unknown; going back to "
            "the whole means dividing by the rate, not multiplying."
        ),
        cues=("percent of", "percentage of", r"\% of", "% of"),
        rank=1,
    ),
    Technique(
        name="equal-share",
        domain="word_problems",
        step="compute the total and share it equally",
        ask="How do I find how much must be moved so that everyone has the same amount?",
        where="Problems about sharing or levelling amounts equally.",
        method=(
            "add up everything there is and divide by the number of shares: this is the target for each. "
            "Then I compare a holder with the target; the difference is what this holder must give or get. "
            "The amounts given must equal the amounts received, which checks the result."
        ),
        cues=("same amount", "equally among", "equal amount", "divided equally", "distribute equally"),
        work="total|divide",
        rank=3,
    ),
    Technique(
        name="balance-equation",
        domain="word_problems",
        step="write equal weights or values as an equation and collect terms",
        ask="How do I solve a problem in which combinations of things weigh or cost the same?",
        where="Problems that equate combinations of weights, prices or currencies.",
        method=(
            "choose a letter for the value of a single thing of each kind and write every stated equality as"
            " an equation. I bring equal kinds to the same side, subtracting fractions with a common "
            "denominator, and express the wanted kind through the known kind. The answer is the number that "
            "multiplies the known kind."
        ),
        cues=("weight of", "weighs", "weigh"),
        work=both("weigh", "same|equal|="),
    ),
)
