"""Techniques for word problems."""

from midthought.ingest.extraction.techniques.technique import Technique

WORD_PROBLEMS: tuple[Technique, ...] = (
    Technique(
        name="distance-rate-time",
        domain="rates",
        step="connect distance, speed and time",
        ask="How do I solve a problem about travel at constant speed?",
        where="Problems that give some of distance, speed and time for a trip, possibly with stops.",
        method=(
            "write distance as speed times time for each part of the trip, with matching units. Waiting times "
            "are added to the travelling time and do not count as distance. If the same distance is covered at "
            "different speeds, I set up an equation for each and eliminate a common waiting time by "
            "subtracting. I solve for the unknown, keep the positive solution, and recompute every stated time "
            "with it."
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
        step="combine the speeds of bodies that approach or pursue each other",
        ask="How do I find when and where moving bodies meet?",
        where="Problems about travellers who move towards or after each other along the same line.",
        method=(
            "bring both travellers to a common starting time: whoever left earlier is first moved on, which "
            "changes the distance between them. Towards each other the speeds add, in a pursuit the slower "
            "speed is subtracted from the faster. The time to the meeting is the distance at the common start "
            "over this relative speed, and the place follows from a traveller's own speed times that time, "
            "measured from where this traveller then was. As a check, the distances covered since then add up "
            "to the distance between them if they approach, and differ by it in a pursuit."
        ),
        cues=(
            "relative speed",
            "combined speed",
            "closing speed",
            "toward each other",
            "towards each other",
            "until they meet",
            "when they meet",
            "distance between them",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:=))"
            "(?=.*(?:speed|mph|per hour|km/h|miles))"
            r"(?=.*(?:toward|speed|t\b))"
            "(?=.*(?:meet|approach|catch|gap|clos))"
        ),
        rank=3,
    ),
    Technique(
        name="unit-rate",
        domain="rates",
        step="find the rate for a single unit and scale it",
        ask="How do I use a unit rate to solve a proportion problem?",
        where="Problems with scales, prices, recipes or other directly proportional quantities.",
        method=(
            "write the known pair of quantities as a quotient with units, so that it tells how much belongs to "
            "a single unit. I multiply by the wanted amount so that the units cancel, or set equal quotients "
            "and cross multiply. A larger input must give a larger output, which checks that the quotient was "
            "not turned round."
        ),
        cues=(
            "set up a proportion",
            "unit rate",
            "using a proportion",
            "use a proportion",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:off the original))"
            "(?=.*(?:proportion|unit rate))"
            r"(?=.*(?:=|\\frac))"
        ),
    ),
    Technique(
        name="unit-conversion",
        domain="measurement",
        step="convert all quantities to the same units",
        ask="How do I convert units reliably in a calculation?",
        where="Problems whose data come in different units, or whose answer is wanted in a particular unit.",
        method=(
            "choose the unit of the answer and convert every quantity before combining them. I write each "
            "conversion as a fraction with equal quantities above and below, so that the unwanted unit cancels; "
            "areas need the factor squared, volumes cubed. Temperature scales with different starting points "
            "need an added offset as well. I follow the units through to the end and ask whether the size is "
            "plausible: in a smaller unit the same quantity has a larger value."
        ),
        cues=(
            "convert",
            "conversion",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:convert|conversion))"
            r"(?=.*(?:\d[^\n]{0,40}(?:meters?|metres?|cm|centimeters?|inches|feet|foot|minutes?|hours?|second"
            r"s?|grams?|kg|km|miles?|joules?|ev\b|nm\b|pounds?|kelvin|\\text\{ ?(?:m|cm|nm|ev|j|hours?|minute"
            r"s?|s|km)\b|\\mathrm\{~?(?:m|cm|nm|ev|j|km|s)\b)))"
            r"(?=.*(?:=|\u00d7|\\times|\*|/))"
        ),
        pitfall="Convert first, then multiply; area units need the factor squared.",
    ),
    Technique(
        name="percent-chain",
        domain="percentages",
        step="turn each percentage change into a factor",
        ask="How do I handle discounts, taxes or other percentage changes, alone or in succession?",
        where="Problems about prices with discounts, taxes or repeated percentage changes.",
        method=(
            "replace every percentage change by a factor: one minus the rate for a reduction, one plus the rate "
            "for an increase. Successive changes multiply, and a later percentage refers to the already changed "
            "amount. If the final amount is known or bounded, I divide it by the product of all factors to get "
            "the original amount; an inequality keeps its direction, because the factors are positive. Applying "
            "the changes to the original in order must give the final amount."
        ),
        cues=(
            "discount",
            "sales tax",
            "percent off",
            "% off",
        ),
        work=r"0\.|1\.|\\%|%",
        pitfall="A later percentage refers to the already changed amount.",
        rank=3,
    ),
    Technique(
        name="percent-of",
        domain="percentages",
        step="relate part and whole by the percentage",
        ask=(
            "How do I find the part, the whole or the percentage when the remaining quantities of a percentage "
            "are known?"
        ),
        where="Problems in which a part of a whole is stated as a percentage or fraction.",
        method=(
            "decide which quantity is the whole: the percentage always refers to it. Then the part equals the "
            "percentage, as a decimal, times the whole. I solve this for whatever is unknown: going back to the "
            "whole means dividing the part by the decimal, not multiplying, and the percentage is the part over "
            "the whole. Taking the percentage of the whole I found must give the part."
        ),
        cues=(
            "percent of",
            "percentage of",
            r"\% of",
            "% of",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:kelvin|rate constant|tax|rest mass))"
            r"(?=.*(?:\d+ ?\\?% of [^\n]{0,80}(?:=|\bis\b|equal)|percent(?:age)? of[^\n]{0,60}(?:=|\bis\b)))"
            "(?=.*(?:=))"
        ),
        rank=1,
    ),
    Technique(
        name="equal-share",
        domain="word_problems",
        step="compute the total and share it equally",
        ask="How do I find how much must be moved so that everyone has the same amount?",
        where="Problems about sharing or levelling amounts equally.",
        method=(
            "add up everything there is and divide by the number of shares: this is the target for each. Then I "
            "compare each holder with the target; the difference is what this holder must give or get, and as a "
            "fraction of the own amount or of a full container if that is asked. The amounts given must equal "
            "the amounts received, and all holders must end at the target, which checks the result."
        ),
        cues=(
            "same amount",
            "equally among",
            "equal amount",
            "divided equally",
            "distribute equally",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:amount of time|same time))"
            "(?=.*(?:total|divide))"
            "(?=.*(?:each))"
        ),
        rank=3,
    ),
    Technique(
        name="balance-equation",
        domain="word_problems",
        step="write equal weights or values as an equation and collect terms",
        ask="How do I solve a problem in which combinations of things weigh or cost the same?",
        where="Problems that equate combinations of weights, prices or currencies.",
        method=(
            "choose a letter for the value of a single thing of each kind and write every stated equality as an "
            "equation, with known values inserted and all in the same unit. I bring equal kinds to the same "
            "side, subtract fractions with a common denominator, and solve for the wanted kind in terms of the "
            "known ones. Inserting the value must make both stated combinations equal."
        ),
        cues=(
            "weight of",
            "weighs",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:molecular|atomic|weighted|molar))"
            "(?=.*(?:weigh))"
            "(?=.*(?:same|equal))"
            "(?=.*(?:=))"
        ),
    ),
)
