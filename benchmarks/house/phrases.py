"""Find phrases in docstrings and comments for which plain technical English has a more common word.

    python benchmarks/house/phrases.py [--root CHECKOUT]

Prints the place and the line of each, and their number last. Lines are read one by one: a phrase that is broken over
two lines is not found.
"""

import argparse
import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("memory", "ingest", "retrieval", "reasoner", "api")
PHRASES = (
    r"anew",  # again
    r"beside",  # next to, in addition to, other than
    r"at the (?:most|least)",  # at most, at least
    r"(?:one|two|three|four) an? [a-z]+",  # one per line
    r"of (?:its|their|his) own",  # separate
    r"in any case|at any rate|all the same|none ?the ?less",  # anyway, or nothing
    r"so (?:many|few)",  # this many, or the number itself
    r"(?:at|in) hand",  # current, given
    r"go(?:es)? on",  # continue
    r"but for|(?:nothing|anything|all|none|nobody) but",  # except, only
    r"asked for",  # requested
    r"(?:told|tells?|telling) apart",  # distinguish
    r"whoever|whosoever|nobody|whence|hence|thereby|whereby|thereof|likewise|lest|unto",
    r"exists? no more",  # removed
    r"put right",  # repair
    r"(?:took|taken|takes?|taking) for",  # mistake for, treat as
    r"None where|where (?:none|nothing|no [a-z]+|it is that|one is)",  # if
    r"as (?:many|much) as there",
    r"what is (?:wanted|meant|there|given|asked)",  # the argument's name
)
_PHRASE = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of the docstrings and comments of a module, each with its number."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from enumerate(node.value.value.splitlines(), start=node.lineno)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def find_phrases(root: Path) -> list[str]:
    """Return ``file:line: phrase: the line`` for every phrase."""
    found = []
    for file in sorted(one for folder in FOLDERS for one in (root / folder).rglob("*.py")):
        for number, line in sorted(prose(file.read_text(encoding="utf-8"))):
            place = f"{file.relative_to(root)}:{number}"
            found += [f"{place}: {one[0]}: {line.strip()}" for one in _PHRASE.finditer(line)]
    return found


def main() -> None:
    """Print the phrases of a checkout, and their number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    found = find_phrases(parser.parse_args().root.resolve())
    print("\n".join([*found, f"{len(found)} phrases"]))


if __name__ == "__main__":
    main()
