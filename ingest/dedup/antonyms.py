"""Words that decide what a text says: each stands on one side of an axis, and another side is another meaning.

The table is by hand and errs on the side of too many words: a word too many costs a merge, a word too few an entry.
A line is an axis; lines that begin with spaces go on with the one before.
"""

from functools import lru_cache

_AXES = """
size: more larger greater bigger exceed exceeds above over-all longer higher taller | less smaller fewer below
    shorter
growth: increase increases increased increasing grow grows grew grown rise rises raise raises raised gain gains
    gained earn earns | decrease decreases decreased decreasing shrink shrinks fall falls drop drops lowers lowered
    reduce reduces reduced reduction lose loses lost loss decline declines
extreme: largest greatest biggest maximum max maximal maximise maximize longest highest most latest | smallest
    least minimum min minimal minimise minimize shortest lowest fewest earliest
speed: fast faster quick quickly quicker rapidly | slow slower slowly gradually
side: left | right
height: up upward upwards upper top | down downward downwards bottom lower
depth: front forward forwards | back backward backwards behind backing
place: inside interior inner internal within | outside exterior outer external beyond
time: before earlier previous previously ahead prior | after later next afterwards following
rank: first | last final finally | middle
compass: north northern | south southern | east eastern eastward eastwards | west western westward westwards
strength: strong strongly stronger | weak weakly weaker
heat: hot hotter warm warmer | cold colder cool cooler
wide: wide wider broad broader | narrow narrower
deep: deep deeper | shallow shallower
texture: soft softer | hard harder
open: open opened | closed
full: full | empty
motion: rest still | moving moves
gear: accelerate accelerates accelerating acceleration | brake brakes braking decelerate decelerates
flow: enter enters entering | leave leaves leaving exit exits
fill: fill fills filled filling | drain drains drained empties emptying
trade: buy buys bought buyer purchase purchases | sell sells sold seller
loan: lend lends lent lender | borrow borrows borrowed borrower
debt: credit credits creditor | debit debits debtor
result: profit profits | deficit
truth: true truth truthful truly | false liar
bigness: large big | small little tiny
length: long | short
level: high | low
weightiness: heavy heavier | light lighter
nearness: near nearer closer | far farther further
age: new newer | old older
thickness: thick thicker | thin thinner
ease: easy easily easier | difficult
sameness: same | different other another
passing: pass passes passing passed | avoid avoids avoiding miss misses
keeping: retain retains | discard discards
success: succeed succeeds success | fail fails failure
parity: even | odd
polarity: positive | negative
exact: exactly precisely just | approximately roughly nearly almost
rounding: ceiling | floor
reach: toward towards | away apart-from
kind of mean: mean average | median | mode
spread: variance | deviation
circle: radius | diameter | circumference
measure: area areas surface | perimeter | volume volumes | height | width
angle function: sine sin | cosine cos | tangent tan
degree: square squared squares squaring quadratic second-degree | cube cubed cubes cubic third-degree |
    fourth-degree
shape: triangle triangles triangular | rectangle rectangles | circle circles circular | sphere spheres | cylinder
    cylinders | cone cones | polygon polygons
triangle kind: isosceles | equilateral | scalene
curve: convex | concave
line: parallel | perpendicular orthogonal | series
sequence: arithmetic | geometric | harmonic
progress: linear | logarithmic | exponential | polynomial-time
calculus: derivative derivatives differentiate | integral integrals integrate
number kind: prime primes | composite
divisor: divisor divisors factor-of gcd | dividend dividends | multiple multiples lcm
part: numerator | denominator
remainder: remainder remainders modulo mod | quotient quotients
function sets: domain | range
interest: compound | simple
cost: fixed | variable
chemistry: acid acidic acids | base basic bases alkaline
charge: proton protons | neutron neutrons | electron electrons
redox: oxidised oxidized oxidation oxidise | reduction-of
electric: resistor resistors resistance | capacitor capacitors capacitance | inductor inductors inductance
current: current currents | voltage voltages
rest of physics: mass masses | weight weights
speedness: speed speeds velocity | acceleration-of
heritage: dominant | recessive
cell: plant plants | animal animals
order: ascending | descending
container: stack stacks | queue queues
linking: singly | doubly
table: row rows | column columns
duplicates: duplicate duplicates repeated repeat repeats repetition | unique uniques distinct-only
logic proof: contradiction | induction | contraposition
logic words: sufficient | necessary
edge: diagonal diagonals | edge edges
time of day: morning | afternoon | evening | night | noon
day: yesterday | today | tomorrow
people: mother | father | sister | brother | son | daughter
money flow: income | expense expenses
sharing: direct directly | inverse inversely
start: start starts begin begins beginning | stop stops end ends ending
in or out: import imports | export exports
putting: push pushes pushed | pull pulls pulled
adding: append appends appended insert inserts | remove removes removed delete deletes | replace replaces replaced
lock: acquire acquires | release releases released
reading: read reads reading | write writes writing written
gate: always | never | sometimes
fair: fair | unfair biased
sorted: sorted | unsorted
independent: independent independence independently | dependent dependence
reader: vertical vertically | horizontal horizontally
turn: clockwise | counterclockwise anticlockwise
"""


@lru_cache(maxsize=1)
def contrasts() -> dict[str, str]:
    """Return ``axis:side`` of every word that stands on a side of an axis."""
    found: dict[str, str] = {}
    for line in _AXES.replace("\n    ", " ").strip().splitlines():
        axis, _, sides = line.partition(": ")
        for side in sides.split(" | "):
            words = side.split()
            found |= dict.fromkeys(words, f"{axis}:{words[0]}")
    return found
