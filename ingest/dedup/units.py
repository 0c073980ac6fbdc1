"""Units by one name each; a short sign counts only after a number."""

import re

from midthought.ingest.dedup.words import Sentence

_NAMES = """
m metre metres meter meters
cm centimetre centimetres centimeter centimeters
mm millimetre millimetres millimeter millimeters
km kilometre kilometres kilometer kilometers
ft foot feet
inch inches
mile miles mi
yard yards
g gram grams
kg kilogram kilograms
mg milligram milligrams
t ton tons tonne tonnes
lb pound pounds lbs
oz ounce ounces
s second-of-time seconds sec
min minute minutes
h hour hours
d day days
week weeks
month months
year years
l litre litres liter liters
ml millilitre millilitres milliliter milliliters
gallon gallons
cup cups
n newton newtons
j joule joules
w watt watts kw
v volt volts
a ampere amperes
hz hertz
k kelvin
degree degrees °
radian radians
celsius
fahrenheit
dollar dollars $ usd
cent cents
euro euros € eur
pound-sterling £
mph
bit bits
byte bytes
mole moles mol
"""
_UNITS = {word: line.split()[0] for line in _NAMES.strip().splitlines() for word in line.split()}
_DIGIT = re.compile(r"\d")


def read_units(sentence: Sentence) -> list[tuple[int, str]]:
    """Return (place, unit) of every unit of a sentence; ``m/s`` is two units with a slash between."""
    found: list[tuple[int, str]] = []
    for place, word in enumerate(sentence):
        before = sentence[place - 1] if place else ""
        short = len(word) <= 2 and word.isalpha()
        if word in _UNITS and (not short or _DIGIT.search(before) or before == "/" or _slashed(sentence, place)):
            over = "per " if before in {"/", "per"} else ""
            found.append((place, over + _UNITS[word]))
    return found


def _slashed(sentence: Sentence, place: int) -> bool:
    return sentence[place + 1 : place + 2] == ("/",)
