"""Where traces come from: whether a source can be read at all, and what its name says of its format."""

from pathlib import Path

from midthought.ingest.formats.format import Format
from midthought.ingest.stream.chunks import StreamError, read_chunks
from midthought.ingest.stream.reader import STDIN, TEXT_NAME, read_trajectories
from midthought.ingest.transfer.place_kind import PlaceKind, refuse_other
from midthought.ingest.transfer.read_export import is_export

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
            start += b"" if isinstance(chunk, StreamError) else chunk
            if isinstance(chunk, StreamError) or start.removeprefix(_BOM).strip():
                break
    return Format.AUTO if start.removeprefix(_BOM).lstrip().startswith(b"{") else Format.TEXT


def check_source(source: str | Path) -> None:
    """Raise `BadInput` where a file cannot be opened, is an export of ours, or standard input is closed."""
    path = Path(source)
    if str(source) != STDIN and (path.is_dir() or _is_export(path)):
        refuse_other(path, PlaceKind.TRACES)
    read_trajectories(source)  # checks at the call, opens at the first record


def _is_export(path: Path) -> bool:
    return path.is_file() and is_export(path)
