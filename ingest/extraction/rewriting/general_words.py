"""Words that say nothing particular: with the terms and the verbs, all that a general sentence may be made of.

A word outside these lists (apple, Moldavia, rhombi) ties a sentence to its source, or is noise; either way it is left.
"""

import re

from midthought.ingest.extraction.rewriting.terms import TERMS
from midthought.ingest.extraction.rewriting.verbs import GERUNDS, VERBS

_GENERAL = """
a above across activation actual added addition adjacent affect all already also always among amount amounts an and another any appears
appearing applied approximation arbitrary are area areas argument around as assignments associated assuming at atom atoms atomic
axes back based be because becomes been before beginning behavior being between bit blocks books both boundaries boxes brackets but by
can cannot carefully carry cases cells celsius center centimeters certain chance changes characteristic charge charges choices clarity
closest combined common completely component components concept condition conditions consecutive consider constants consumer contain
containing contribution contributions convenience correction correspond corresponding corresponds cosines costs counts covered covers
critical cube cubed cubes current curve curves damped damping day days decimals defined definition denominations desired difference
differences different digit dimensions direct direction directions directly displacement distributive doppler double-angle down each
easier either electrons element elementary elements eliminated emitted empty endpoints ends energies entire equal equality equally
equals equation equations equivalent equivalents euclidean even every exactly excitation excited expanded expansion explicit expressed
expression expressions extended external extreme extremes face faces fact factored fewer figure final first fit fixed flat following
for force form formed forms formula formulas found fraction free frequencies from full further general get given good goods graph
greater groups grouping half happens has have having held highest holds horizontal hour hours how hydrogen identical if image in
incident income independently index indices individual infinite initial inside instead integral interest intermediate internal into
invariants inverses inversion involved involving is itself joined just joules kelvin kilograms kilometers kinetic known lagrange
largest last law laws leading left left-hand leftmost less letter letters level levels lie lies like likely line lines linear list
lists logarithmic logs long longer longest lower lowest made makes manageable many marginal masses matches max maxima maximal
maximum maxmin mean meaning members meters method middle min minimal minimum minus minutes missing mixed mod molar molecular molecule
more most motion moves much multiple multiples multiplication multiplied multiplier multipliers n natural nearest needed negative
net newton new non-negative non-zero none nonnegative nonzero no not notation nth number numbers numerical object objects obtained
occurs odd of off on once only onto opposite or original other others out outcome outcomes outer outside over overall own pair
pairs pairwise parameters part particle particles parts per percent perfect piece pieces place places plus point points positions
positive possibilities possible practical present price prices problem-specific product profit profitable properties property
quadratic quantities quantity quickly range ranges rational real reciprocal reciprocals redshift reflected refraction related relates
relationship relationships relative relevant remaining required residue respect respective respectively response result resultant
resulting results reverse right right-hand rule rules same satisfied satisfies satisfy satisfying scaled second seconds separate
separately several shape shapes shared shoelace short-run shorter sides simple simpler simplest simplified simplification simultaneously
single situation size sizes small smaller smallest some source space specific specified spent squared stage star stars start starting
state states stoichiometric stoichiometry straight-line strictly structure subject substances such suitable sums supplied surplus
symbol symmetrical tables taken taking tax than that the their them then theorem there therefore time times to together top total
toward transformed trial trigonometric trinomial triple triples triplets true twice two-digit type typical under undefined underlying
unique unit unity unknown unknowns until up upper upward using valid value values variable variables vary versions via view volts
walking was way ways when whenever where whether which while whole whose width will winning with within without words x y years
yields zero kept sales multiplicities paths ordinary ev nm rolling dice throws player players games team teams letters people
person persons workers items item cards colors colours ball balls coin coins box event events trials steps step segment grundy nim
code program programs function call calls list lists word words loop error errors line statement statements test tests return name
names string strings character characters month months week weeks year date dates day clock hand hands vertical answer answers
""".split()
_ALLOWED = TERMS | VERBS | frozenset(GERUNDS) | frozenset(_GENERAL)
_WORD = re.compile(r"[a-z][a-z'-]*")
_NAMED = re.compile(
    r"\b(?:[A-Z][a-z]+(?:'s|s')?[ -])+(?:theorem|formula|rule|law|identity|inequality|equation|algorithm|method|triangle|relation|criterion|lemma|principle|inversion|[Pp]rinciple|[Tt]heorem|[Ff]ormula|[Rr]ule|[Ll]aw|[Ii]dentity|[Ii]nequality|[Ee]quation|[Aa]lgorithm)\b|\bVieta's(?: formulas)?|\bArrhenius|\bGaussian|\bPythagorean|\bEuclidean|\bBayes'?|\bLaplace"
)


def particular_words(text: str) -> list[str]:
    """Return the words of a text that are neither general nor terms of a craft; named theorems are terms."""
    words = _WORD.findall(_NAMED.sub(" ", text).lower())
    return [word for word in words if word.removesuffix("'s") not in _ALLOWED and word.rstrip("s") not in _ALLOWED]
