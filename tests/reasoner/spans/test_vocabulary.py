"""What tokens stand for: two kinds of tokenisers trained here, and one that is refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.errors import BadSettings
from midthought.reasoner.spans.marks import spell_mark
from midthought.reasoner.spans.vocabulary import Vocabulary, is_word_byte, read_vocabulary

from ..lazy import tokenizers, transformers

_TEXTS = ["The cat sat on the mat, the café was closed.", "naïve “quotes” — and 日本語, 😀 too", "<quote>a</quote> b"]


def _wrap(tokenizer: tokenizers.Tokenizer) -> Any:
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", additional_special_tokens=["<|x|>"]
    )


def _byte_level() -> Any:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(_TEXTS * 3, tokenizers.trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet))
    return _wrap(tokenizer)


def _sentencepiece() -> Any:
    """BPE with a word mark for spaces and a token for every byte, as Llama 2 has it."""
    names = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁abcdehinostu", "th", "the", "▁the", "▁c", "at"]
    merges = [("t", "h"), ("th", "e"), ("▁", "the"), ("▁", "c"), ("a", "t")]
    vocabulary = {name: place for place, name in enumerate(names)}
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", byte_fallback=True)
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    tokenizer.decoder = tokenizers.decoders.Sequence(
        [
            tokenizers.decoders.Replace("▁", " "),
            tokenizers.decoders.ByteFallback(),
            tokenizers.decoders.Fuse(),
            tokenizers.decoders.Strip(" ", 1, 0),
        ]
    )
    return _wrap(tokenizer)


KINDS = {"byte-level": _byte_level, "sentencepiece": _sentencepiece}


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return KINDS[request.param]()


@pytest.mark.sampled
@given(st.one_of(st.sampled_from(_TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)))
def test_tokens_spell_the_text(tokenizer: Any, text: str) -> None:
    """The bytes of a text's tokens, joined, are its own; SentencePiece puts a space before."""
    vocabulary = read_vocabulary(tokenizer)
    spelt = vocabulary.join(tokenizer(text, add_special_tokens=False).input_ids).decode()
    if text and "▁" not in text:
        assert spelt in (text, " " + text)


def test_special_tokens_are_known(tokenizer: Any) -> None:
    """Special tokens have the bytes they are written with, and are marked; every byte has a token."""
    vocabulary = read_vocabulary(tokenizer)
    end = tokenizer.convert_tokens_to_ids("<|end|>")
    assert vocabulary.pieces[end] == b"<|end|>"
    assert {end, tokenizer.convert_tokens_to_ids("<|x|>")} <= vocabulary.special
    assert end not in {one for some in vocabulary.spellings.values() for one in some}
    assert all(bytes([byte]) in vocabulary.spellings for byte in range(256))


def test_marks_are_spelt(tokenizer: Any) -> None:
    """The tokens of a closing mark have its bytes and no space before."""
    vocabulary = read_vocabulary(tokenizer)
    assert vocabulary.join(spell_mark("</quote>", tokenizer, vocabulary)) == b"</quote>"


def test_a_mark_that_cannot_be_spelt() -> None:
    """A vocabulary without its letters says so."""
    tokenizer = _byte_level()
    with pytest.raises(ValueError, match="no token for"):
        spell_mark("ab", tokenizer, Vocabulary([b"a"] * len(tokenizer)))


def test_word_pieces_are_refused() -> None:
    """A tokeniser whose tokens do not tell the characters they came from is named, with its decoder."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    with pytest.raises(BadSettings, match=r"byte-level or SentencePiece, and its decoder is WordPiece"):
        read_vocabulary(transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer))


@given(st.text(alphabet="a é€😀“日_", max_size=8), st.data())
def test_unfinished_characters(text: str, data: Any) -> None:
    """However the bytes of a text are cut into tokens: the bytes a character lacks, the words, the fragments."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text.encode())), max_size=6)) | {0, len(text.encode())})
    pieces = [text.encode()[low:high] for low, high in pairwise(cuts) if high > low]
    vocabulary = Vocabulary(pieces)
    pending, written, in_word = 0, b"", False
    for token, piece in enumerate(pieces):
        pending = vocabulary.pending(token, pending)
        written += piece
        after = text.encode()[len(written) :]
        lacking = next((n for n, byte in enumerate(after) if byte & 0xC0 != 0x80), len(after))
        assert pending == lacking
        assert (token in vocabulary.fragments) == (piece[0] & 0xC0 == 0x80)
        last = text[len(written.decode(errors="ignore")) - (0 if lacking else 1)]
        in_word = vocabulary.ends_in_word(token, before=in_word)
        assert in_word == (last in "aé😀_")


def test_real_vocabulary(tmp_path: Path) -> None:
    """A tokeniser that was saved and loaded again has the same bytes."""
    from transformers import AutoTokenizer

    tokenizer = _byte_level()
    tokenizer.save_pretrained(tmp_path)
    assert read_vocabulary(AutoTokenizer.from_pretrained(tmp_path)).pieces == read_vocabulary(tokenizer).pieces


@given(st.lists(st.sampled_from([b"a", b" b", b" ", b".", b"\xc3", b"\xa9", b"x\xc3", b"\xa9 "]), max_size=12))
def test_edges_of_words_are_what_a_look_back_finds(pieces: list[bytes]) -> None:
    """One pass over a text finds the tokens that begin between two characters of a word, and no others."""
    vocabulary = Vocabulary(sorted(set(pieces)))
    tokens = [vocabulary.spellings[piece][0] for piece in pieces]

    def is_edge(place: int) -> bool:
        before = [byte for byte in b"".join(pieces[:place]) if byte & 0xC0 != 0x80]
        in_word = is_word_byte(before[-1]) if before else place > 0
        return not (in_word and is_word_byte(pieces[place][0]))

    assert vocabulary.word_edges(tokens) == [is_edge(place) for place in range(len(pieces))]
