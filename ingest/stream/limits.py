"""How much one source may hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from midthought.ingest.stream.chunks import StreamError
from midthought.memory.errors import BadInput, TooLarge
from midthought.memory.records.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one source, named as the settings are; None for no cap.

    Attributes:
        max_unpacked_mb: its size when decompressed, in MiB.
        max_records: its lines, documents or list items that are not blank.
        max_thought_characters: the longest thought, question or answer.
    """

    max_unpacked_mb: int | None = None
    max_records: int | None = None
    max_thought_characters: int | None = None

    def count_bytes(self, chunks: Iterator[bytes | StreamError]) -> Iterator[bytes | StreamError]:
        """Yield the chunks; raises `TooLarge` as soon as they are too many bytes together."""
        size = 0
        for chunk in chunks:
            size += 0 if isinstance(chunk, StreamError) else len(chunk)
            self.check_size(size)
            yield chunk

    def check_size(self, size: int) -> None:
        """Raise `TooLarge` if so many bytes of a source are too many."""
        max_bytes = None if self.max_unpacked_mb is None else self.max_unpacked_mb << 20
        if max_bytes is not None and size > max_bytes:
            raise TooLarge(
                f"its content is larger than {max_bytes:,} bytes when decompressed ({size:,} were read): send less "
                f"at a time, or raise the setting 'max_unpacked_mb' ({self.max_unpacked_mb})"
            )

    def check_records(self, number: int) -> None:
        """Raise `TooLarge` if a source has a record with this number, counted from 1."""
        if self.max_records is not None and number > self.max_records:
            raise TooLarge(
                f"it holds at least {number:,} records, expected at most {self.max_records:,}: send fewer at a time, "
                f"or raise the setting 'max_records' ({self.max_records})"
            )

    def check_texts(self, trajectory: Trajectory) -> None:
        """Raise `BadInput` if a text of a record is too long."""
        if self.max_thought_characters is None:
            return
        for name in ("thought", "question", "answer"):
            length = len(getattr(trajectory, name))
            if length > self.max_thought_characters:
                raise BadInput(
                    f"the {name} has {length:,} characters, expected at most {self.max_thought_characters:,} "
                    f"(setting 'max_thought_characters')"
                )


NO_LIMITS = Limits()
