"""The child process that compares mathematics: one JSON request per line, one JSON answer per line.

It is run as a script, not imported: math-verify sets alarm signals, and sympy may hang or take all memory, which must
stop this process and no other.
"""

import json
import sys

MAX_MEMORY = 2 << 30
"""Bytes of address space beyond what is used at the start."""


def limit_memory() -> None:
    """Let an expression that explodes fail here, not fill the machine. Not every system has such limits."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    except (ImportError, ValueError, OSError):
        return


def as_latex(text: str) -> str:
    """Return a bare expression between dollar signs: math-verify reads LaTeX only in its marks."""
    marked = "$" in text or "\\boxed" in text or "\\(" in text or "\\[" in text
    return text if marked else f"${text}$"


def same(gold: str, answer: str) -> bool | None:
    """Return whether two answers are the same; None if one of them cannot be read."""
    from math_verify import parse, verify  # not at import: it is an extra

    wanted, given = parse(as_latex(gold)), parse(as_latex(answer))
    return verify(wanted, given) if wanted and given else None


def main() -> None:
    """Answer requests until the input ends."""
    limit_memory()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            result = same(request["gold"], request["answer"])
        except Exception:  # noqa: BLE001 - whatever sympy raises, the two cannot be compared
            result = None
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
