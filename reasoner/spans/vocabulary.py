"""What each token stands for, in bytes: a token may hold part of a character, or the space before a word."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from midthought.memory.errors import BadSettings

_WORD_MARK = "\u2581"
"""What SentencePiece vocabularies write for a space."""


class Vocabulary:
    """The bytes of every token.

    Args:
        pieces: the bytes of token 0, 1, ...; empty for ids that stand for nothing. Special tokens have those they are
            written with in a prompt.
        special: the ids of special tokens (chat template, end of text): never copied.
    """

    def __init__(self, pieces: Sequence[bytes], *, special: Iterable[int] = ()) -> None:
        self.pieces = tuple(pieces)
        self.special = frozenset(special)

    def __len__(self) -> int:
        return len(self.pieces)

    def join(self, tokens: Iterable[int]) -> bytes:
        """Return the bytes that `tokens` spell together."""
        return b"".join([self.pieces[token] for token in tokens])

    def pending(self, token: int, before: int) -> int:
        """Return how many bytes the last character still lacks after `token`; `before` is the same before it."""
        change = self._unfinished.get(token, 0)
        return change if change >= 0 else max(0, before + change)

    @cached_property
    def fragments(self) -> frozenset[int]:
        """The tokens that begin inside a character."""
        return frozenset(token for token, piece in enumerate(self.pieces) if piece and _continues(piece[0]))

    @cached_property
    def word_beginnings(self) -> frozenset[int]:
        """The tokens that begin with a character of a word."""
        return frozenset(token for token, piece in enumerate(self.pieces) if piece and is_word_byte(piece[0]))

    def ends_in_word(self, token: int, *, before: bool) -> bool:
        """Whether a text ends in a character of a word after `token`; `before` is the same before it."""
        return before if token in self._headless else token in self._word_endings

    def word_edges(self, tokens: Iterable[int]) -> list[bool]:
        """Say of each of `tokens`, a text, whether it begins at the edge of a word: not between two characters of one.

        Of a character that is cut by the beginning of the text only its rest is seen: it counts as one of a word.
        """
        headless, endings, beginnings = self._headless, self._word_endings, self.word_beginnings
        edges: list[bool] = []
        headed = in_word = False
        for token in tokens:
            edges.append(not (in_word and token in beginnings))
            if token not in headless:
                headed, in_word = True, token in endings
            elif not headed:
                in_word = True
        return edges

    @cached_property
    def special_texts(self) -> "re.Pattern[bytes]":
        """What special tokens are written with, as a pattern: no ordinary tokens may spell it in a span."""
        texts = {piece for token in self.special for piece in self.pieces[token : token + 1] if piece.strip()}
        # In an alternation the first match wins: a shorter token may be the beginning of a longer one.
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        return re.compile(b"|".join(map(re.escape, longest_first)) or rb"(?!)")

    @cached_property
    def _word_endings(self) -> frozenset[int]:
        return frozenset(token for token, piece in enumerate(self.pieces) if is_word_byte(_last_head(piece)))

    @cached_property
    def _headless(self) -> frozenset[int]:
        """The tokens in which no character begins."""
        return frozenset(token for token, piece in enumerate(self.pieces) if piece and not _last_head(piece))

    @cached_property
    def spellings(self) -> Mapping[bytes, tuple[int, ...]]:
        """The tokens that stand for some bytes, special ones apart: usually one, seldom several."""
        found: dict[bytes, tuple[int, ...]] = {}
        for token, piece in enumerate(self.pieces):
            if piece and token not in self.special:
                found[piece] = (*found.get(piece, ()), token)
        return found

    @cached_property
    def beginnings(self) -> frozenset[bytes]:
        """Every proper beginning of a token that may be copied."""
        return frozenset(piece[:length] for piece in self.spellings for length in range(1, len(piece)))

    @cached_property
    def _unfinished(self) -> dict[int, int]:
        """Tokens after which a character may be unfinished: the bytes it lacks, or minus those they add to one."""
        changes = ((token, _change(piece)) for token, piece in enumerate(self.pieces) if piece and piece[-1] >= 0x80)
        return {token: change for token, change in changes if change}


def is_word_byte(byte: int) -> bool:
    """Say by its first byte in UTF-8 whether a character is one of a word.

    So are ASCII letters, digits and the low line, and of the rest everything but U+0080-U+00BF and U+2000-U+2FFF
    (punctuation and signs) and U+3000-U+DFFF (scripts whose every character is a word).
    """
    if byte < 0x80:
        return chr(byte).isalnum() or byte == 0x5F
    return byte != 0xC2 and not 0xE2 <= byte <= 0xED


def is_inside_word(text: bytes, place: int) -> bool:
    """Whether byte `place` of a text is inside a word, or a character: not at an edge. Its ends are edges."""
    if not 0 < place < len(text):
        return False
    return _continues(text[place]) or (is_word_byte(text[place]) and is_word_byte(_last_head(text[:place][-4:])))


def _last_head(piece: bytes) -> int:
    """Return the first byte of the last character that begins in `piece`; 0 if none does."""
    return next((byte for byte in reversed(piece) if not _continues(byte)), 0)


def _continues(byte: int) -> bool:
    return byte & 0xC0 == 0x80


def _change(piece: bytes) -> int:
    for back, byte in enumerate(reversed(piece), start=1):
        if not _continues(byte):
            length = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return max(0, length - back)
    return -len(piece)


def read_vocabulary(tokenizer: Any) -> Vocabulary:
    """Return the vocabulary of a transformers tokeniser: byte-level BPE, or SentencePiece with or without byte tokens.

    Raises `BadSettings` for any other kind (WordPiece, say), whose tokens do not tell the characters they came from.
    """
    decoder = json.loads(tokenizer.backend_tokenizer.to_str())["decoder"] if tokenizer.is_fast else None
    kinds = _decoder_kinds(decoder)
    if "ByteLevel" in kinds:
        spell = _spell_byte_level
    elif kinds & {"Metaspace", "ByteFallback"} or _replaces_word_mark(decoder):
        spell = _spell_sentencepiece
    else:
        raise BadSettings(
            f"cannot copy spans with the tokenizer of {tokenizer.name_or_path!r}: its tokens must be byte-level or "
            f"SentencePiece, and its decoder is {', '.join(sorted(kinds)) or 'not a fast one'}"
        )
    added = tokenizer.added_tokens_decoder
    names = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    pieces = [
        added[token].content.encode() if token in added else spell(name) if name is not None else b""
        for token, name in enumerate(names)
    ]
    return Vocabulary(pieces, special=[token for token, one in added.items() if one.special])


def _decoder_kinds(decoder: Any) -> set[str]:
    if decoder is None:
        return set()
    return {decoder["type"]} | {kind for one in decoder.get("decoders", ()) for kind in _decoder_kinds(one)}


def _replaces_word_mark(decoder: Any) -> bool:
    return decoder is not None and _WORD_MARK in json.dumps(decoder, ensure_ascii=False)


def _spell_sentencepiece(name: str) -> bytes:
    # A byte token is written <0x0A>.
    if len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
        return bytes([int(name[3:5], 16)])
    return name.replace(_WORD_MARK, " ").encode()


def _spell_byte_level(name: str) -> bytes:
    return bytes([_BYTE_OF[letter] for letter in name])


def _byte_letters() -> dict[str, int]:
    """Return the byte behind each letter of byte-level BPE: printable ones stand for themselves, others from U+0100."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in set(plain)]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + place): byte for place, byte in enumerate(others)}


_BYTE_OF = _byte_letters()
