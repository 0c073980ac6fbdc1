"""Where traces come from: whether a source can be read at all, and what its name says of its format."""

from pathlib import Path

from midthought.ingest.readers.chunks import Break, read_chunks
from midthought.ingest.readers.format import Format
from midthought.ingest.readers.reader import TEXT_NAME, read_trajectories

_BOM = b"\xef\xbb\xbf"


def tell_format(path: Path) -> Format:
    """Return `TEXT` for a file named .txt or .md that does not begin with a JSON object, else `AUTO`.

    This is what the reader does with a file it opens itself. A pipe is not looked into: that would use it up.
    """
    if not TEXT_NAME.search(path.name) or not path.is_file():
        return Format.AUTO
    start = b""
    with path.open("rb") as file:
        for chunk in read_chunks(file):
            start += b"" if isinstance(chunk, Break) else chunk
            if isinstance(chunk, Break) or start.removeprefix(_BOM).strip():
                break
    return Format.AUTO if start.removeprefix(_BOM).lstrip().startswith(b"{") else Format.TEXT


def check_source(source: str | Path) -> None:
    """Raise `BadInput` where a file cannot be opened, or standard input is closed; nothing is read."""
    read_trajectories(source)  # checks at the call, opens at the first record
