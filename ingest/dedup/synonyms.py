"""Words that say nothing by themselves, and words that say the same in an instruction."""

from functools import lru_cache

from midthought.ingest.dedup.stems import stem
from midthought.ingest.dedup.word_lists import words_of

EMPTY_WORDS = words_of(
    """
    's a an the this that these those it its itself they them their theirs he she his her him we us our i me my you your
    who whom whose which what when where why how there here is are was were be been being am do does did done doing
    has have had having can could may might must shall should will would of to in on at by for from with as into onto
    and but so then thus hence therefore because since while whereas although though than such same also too very just
    again still yet already simply really quite well own some any certain given particular case cases way ways means
    manner thing things question problem problems like about get gets got getting take takes taken taking make makes
    made making give gives given giving come comes go goes going gone let lets put puts keep use uses used using
    want wants wanted need needs needed know knows known find finds found finding compute computes computed calculate
    determine work out obtain show shows shown see tell tells say says said mean call called begin through
    become becomes became becoming happen happens result results answer answers wanted one ones other each every
    both all total together number value amount over up off down if whether only even more less much many now long
    change changes changed move moves moved stay stays stayed remain remains stand stands lie lies lying appear appears
    belong belongs involve involves follow follows following draw draws drawn carry carries contain contains include
    until once instead otherwise otherwise whenever meanwhile time times anything something else alone thing article
    treat treats form forms allow allows contribute contributes matter matters decide check checks checked checking
    compare compares compared update test tests better proportional supposed
    single prove proves proof proofs came act acts effect bring brings among note notes convert converts rewrite
    rewritten turned flow flows direction directions turn turns around
    back place places count counts counted counting solve solved solves held holds hold
    every please exist exists possible able try tries tried look looks looking set sets write writes
    """
)

_GROUPS = """
largest maximum greatest biggest maximal max highest
smallest minimum least minimal min lowest
begin start commence
end finish
choose select pick
arrangement permutation
person people
swap exchange trade
solve solution root
corner vertex
price cost
guest visitor
chance probability likely likelihood
expected average mean
neglect ignore
distance far apart
travel go
velocity speed
keep kept
fraction ratio quotient
cut split share
cross meet
factor factorise factorisation
substitute substitution
restrict restriction
factor factorise factorisation factorization
divisible divide
half halve halves halved
investment invest percent-of
copy copying copied copies
backup back-up
eat eaten
correlate correlation correlated
dense denser density
enclose enclosed between encloses
forbid prohibit
contain hold
touch contact
position place index
list array
walk loop
remember store
node item element
safe safely
dilute dilution
follow conclude
lie liar
estimate estimation
mark marked
boil boiling
cycle cycling
child children
"""


@lru_cache(maxsize=1)
def synonyms() -> dict[str, str]:
    """Return the first word of its group for every word of a group."""
    found: dict[str, str] = {}
    for line in _GROUPS.strip().splitlines():
        words = [stem(word) for word in line.split()]
        found |= dict.fromkeys(words, words[0])
    return found
