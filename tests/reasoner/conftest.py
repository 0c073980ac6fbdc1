"""What the tests of the reasoner share: a hand-made recall, and models small enough to load in no time."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from midthought.memory.records.entry import Procedure, Provenance, StoredEntry
from midthought.retrieval.hits import Abstention, AbstentionReason, Hit, RecallResult, Usage

from ..conftest import keep_for_good


class HandMadeRecall:
    """Returns the entries it was made with, best first, and remembers the queries."""

    def __init__(self, entries: Sequence[StoredEntry]) -> None:
        self.entries = tuple(entries)
        self.queries: list[tuple[str, int]] = []
        self.excluded: list[tuple[str, ...]] = []

    def __call__(self, query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> RecallResult:
        self.queries.append((query, k))
        self.excluded.append(tuple(exclude))
        unseen = [one for one in self.entries if one.id not in exclude]
        hits = tuple(Hit(one, 1 / (place + 1), 0.9, None) for place, one in enumerate(unseen[:k]))
        abstention = None if hits else Abstention(AbstentionReason.NOTHING_CLOSE, "best similarity 0.1")
        return RecallResult(query, hits, abstention, usage=Usage(1, None, 250.0, 500.0))


def make_entry(number: int) -> StoredEntry:
    procedure = Procedure(f"How do I solve problem {number}?", f"Take way {number}.", applicability="sums")
    return StoredEntry(number, procedure, version=number + 1, provenance=(Provenance(None, f"starter:{number}"),))


@pytest.fixture
def recall() -> HandMadeRecall:
    """Three procedures, numbered from 0."""
    return HandMadeRecall([make_entry(number) for number in range(3)])


@pytest.fixture
def silent_recall() -> HandMadeRecall:
    """Always abstains."""
    return HandMadeRecall([])


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer Llama over bytes: 60 kB, no text of any sense."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    keep_for_good()  # both libraries
    directory = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>")
    wrapped.save_pretrained(directory)
    state = torch.get_rng_state()
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=257,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=256,
        initializer_range=0.4,
    )
    LlamaForCausalLM(config).save_pretrained(directory)
    torch.set_rng_state(state)
    return directory


@pytest.fixture(scope="session")
def vllm_servers(load_script: Callable[[str], Any]) -> Any:
    """What starts vLLM servers, for the benchmarks too."""
    return load_script("benchmarks/spans/vllm_server.py")


@pytest.fixture(scope="session")
def smollm2_cache() -> Path:
    """Where the default model lies, converted once on a machine: half a minute; another test converts it anew."""
    from midthought.reasoner.engines.model_file import default_cache
    from midthought.reasoner.engines.smollm2 import convert_smollm2

    convert_smollm2()
    return default_cache()
