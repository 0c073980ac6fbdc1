"""How entries are found: encode, search, fuse, abstain."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.retrieval.abstention.judged import JudgedQuery
    from midthought.retrieval.abstention.policies import MIN_SIMILARITY
    from midthought.retrieval.encoders.base import Encoder, Vectors
    from midthought.retrieval.encoders.hashing import HashingEncoder
    from midthought.retrieval.encoders.minilm import MiniLMEncoder
    from midthought.retrieval.encoders.registry import ENCODERS, make_encoder
    from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder
    from midthought.retrieval.fusion.reciprocal_rank import fuse_ranks
    from midthought.retrieval.hits import (
        Abstention,
        AbstentionReason,
        Hit,
        RecallResult,
        Snapshot,
        Usage,
    )
    from midthought.retrieval.json_endpoint import EndpointAccess
    from midthought.retrieval.recall import Recaller
    from midthought.retrieval.rerank.base import Reranker
    from midthought.retrieval.rerank.cross_encoder import CrossEncoderReranker
else:
    from midthought.memory.lazy_exports import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "ENCODERS",
    "MIN_SIMILARITY",
    "Abstention",
    "AbstentionReason",
    "CrossEncoderReranker",
    "Encoder",
    "EndpointAccess",
    "HashingEncoder",
    "Hit",
    "JudgedQuery",
    "MiniLMEncoder",
    "RecallResult",
    "Recaller",
    "Reranker",
    "SentenceTransformerEncoder",
    "Snapshot",
    "Usage",
    "Vectors",
    "fuse_ranks",
    "make_encoder",
]
