"""All techniques, in one tuple."""

from midthought.ingest.extraction.techniques.algorithms import ALGORITHMS
from midthought.ingest.extraction.techniques.arrangements import ARRANGEMENTS
from midthought.ingest.extraction.techniques.astronomy import ASTRONOMY
from midthought.ingest.extraction.techniques.basics import BASICS
from midthought.ingest.extraction.techniques.checking import CHECKING
from midthought.ingest.extraction.techniques.chemistry import CHEMISTRY
from midthought.ingest.extraction.techniques.circles import CIRCLES
from midthought.ingest.extraction.techniques.complex_numbers import COMPLEX_NUMBERS
from midthought.ingest.extraction.techniques.congruences import CONGRUENCES
from midthought.ingest.extraction.techniques.conics import CONICS
from midthought.ingest.extraction.techniques.coordinates import COORDINATES
from midthought.ingest.extraction.techniques.differential_equations import DIFFERENTIAL_EQUATIONS
from midthought.ingest.extraction.techniques.digits import DIGITS
from midthought.ingest.extraction.techniques.divisibility import DIVISIBILITY
from midthought.ingest.extraction.techniques.economics import ECONOMICS
from midthought.ingest.extraction.techniques.equations import EQUATIONS
from midthought.ingest.extraction.techniques.everyday import EVERYDAY
from midthought.ingest.extraction.techniques.extrema import EXTREMA
from midthought.ingest.extraction.techniques.figures import FIGURES
from midthought.ingest.extraction.techniques.fractions import FRACTIONS
from midthought.ingest.extraction.techniques.functions import FUNCTIONS
from midthought.ingest.extraction.techniques.games import GAMES
from midthought.ingest.extraction.techniques.habits import HABITS
from midthought.ingest.extraction.techniques.inequalities import INEQUALITIES
from midthought.ingest.extraction.techniques.integers import INTEGERS
from midthought.ingest.extraction.techniques.light_and_atoms import LIGHT_AND_ATOMS
from midthought.ingest.extraction.techniques.logarithms import LOGARITHMS
from midthought.ingest.extraction.techniques.polynomials import POLYNOMIALS
from midthought.ingest.extraction.techniques.programming import PROGRAMMING
from midthought.ingest.extraction.techniques.puzzles import PUZZLES
from midthought.ingest.extraction.techniques.quadratics import QUADRATICS
from midthought.ingest.extraction.techniques.selections import SELECTIONS
from midthought.ingest.extraction.techniques.sequences import SEQUENCES
from midthought.ingest.extraction.techniques.series import SERIES
from midthought.ingest.extraction.techniques.small_steps import SMALL_STEPS
from midthought.ingest.extraction.techniques.strategies import STRATEGIES
from midthought.ingest.extraction.techniques.technique import Technique
from midthought.ingest.extraction.techniques.triangles import TRIANGLES
from midthought.ingest.extraction.techniques.trigonometry import TRIGONOMETRY
from midthought.ingest.extraction.techniques.undoing import UNDOING
from midthought.ingest.extraction.techniques.vectors import VECTORS
from midthought.ingest.extraction.techniques.word_problems import WORD_PROBLEMS

TECHNIQUES: tuple[Technique, ...] = (
    *QUADRATICS,
    *EQUATIONS,
    *INEQUALITIES,
    *POLYNOMIALS,
    *LOGARITHMS,
    *FUNCTIONS,
    *COMPLEX_NUMBERS,
    *FRACTIONS,
    *BASICS,
    *SMALL_STEPS,
    *UNDOING,
    *HABITS,
    *DIVISIBILITY,
    *CONGRUENCES,
    *DIGITS,
    *INTEGERS,
    *SEQUENCES,
    *SELECTIONS,
    *ARRANGEMENTS,
    *GAMES,
    *TRIANGLES,
    *COORDINATES,
    *CIRCLES,
    *FIGURES,
    *CONICS,
    *TRIGONOMETRY,
    *EXTREMA,
    *DIFFERENTIAL_EQUATIONS,
    *SERIES,
    *VECTORS,
    *WORD_PROBLEMS,
    *ECONOMICS,
    *EVERYDAY,
    *LIGHT_AND_ATOMS,
    *CHEMISTRY,
    *ASTRONOMY,
    *CHECKING,
    *PUZZLES,
    *STRATEGIES,
    *ALGORITHMS,
    *PROGRAMMING,
)
