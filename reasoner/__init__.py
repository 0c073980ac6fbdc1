"""How entries are used in the middle of a thought: engines and in-thought recall."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.reasoner.engines.answer_scorer import TransformersScorer
    from midthought.reasoner.engines.base import Engine, ParallelEngine, Token
    from midthought.reasoner.engines.branch_streams import generate_together
    from midthought.reasoner.engines.capabilities import Capabilities, Continuation
    from midthought.reasoner.engines.model_endpoint import ContinueBy, ModelEndpoint
    from midthought.reasoner.engines.model_loading import EngineOptions
    from midthought.reasoner.engines.openai import OpenAIEngine
    from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains, prompt_ends
    from midthought.reasoner.engines.smollm2 import convert_smollm2
    from midthought.reasoner.engines.thinking_formats import ThinkingFormat
    from midthought.reasoner.engines.transformers import TransformersEngine
    from midthought.reasoner.engines.vllm import VllmEngine
    from midthought.reasoner.spans.decoding import CopiedSpan, SpanCoder
    from midthought.reasoner.spans.delimiters import Delimiters
    from midthought.reasoner.spans.logits_processor import SpanLogitsProcessor
    from midthought.reasoner.spans.quote_stream import QuoteReport, QuoteStream, verify_quotes
    from midthought.reasoner.spans.quotes import Quote
    from midthought.reasoner.spans.request import Matching, SpanRequest
    from midthought.reasoner.spans.rules import SpanRules
    from midthought.reasoner.spans.segments import Segment, SegmentKind
    from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, write_request
    from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
    from midthought.reasoner.spans.substring_grammar import substring_grammar
    from midthought.reasoner.thought.arms import Arm, FindsTraces, TraceText
    from midthought.reasoner.thought.events import (
        BranchToken,
        EntriesPlaced,
        EntriesRecalled,
        EvidenceToken,
        HintInjected,
        HintWithheld,
        QueryFormed,
        QueryToken,
        QuoteChecked,
        RecallAbstained,
        RecallFailed,
        RunFinished,
        SampleFinished,
        SamplesChosen,
        ThinkEvent,
        ThoughtOpened,
    )
    from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
    from midthought.reasoner.thought.recalling import FindsEntries
    from midthought.reasoner.thought.receipts import Receipt, ReceiptKind, Run
    from midthought.reasoner.thought.selection.selector import Selector
    from midthought.reasoner.thought.think_settings import PUBLISHED_8, PUBLISHED_30, ThinkSettings
    from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
    from midthought.reasoner.thought.thought_session import SessionAction, SessionAnswer
    from midthought.reasoner.thought.triggers.trigger import Trigger
    from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
    from midthought.reasoner.zoom.kv.enabling import enable_zoom
    from midthought.reasoner.zoom.kv.kv_buffer import Placement
    from midthought.reasoner.zoom.kv.pins import Pins
    from midthought.reasoner.zoom.pages.visibility import Visibility
    from midthought.reasoner.zoom.thoughts.boundaries.boundary import EveryStep
    from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation
    from midthought.reasoner.zoom.thoughts.prepared_entries import PreparedEntries
    from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
    from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Pages
    from midthought.reasoner.zoom.thoughts.segmenters.summaries import Summaries
    from midthought.reasoner.zoom.thoughts.voting_policy import VotingPolicy
    from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
    from midthought.reasoner.zoom.zoom_cache import thought_cache, zoom_cache
    from midthought.reasoner.zoom.zoom_recorder import ZoomRecorder
    from midthought.reasoner.zoom.zoom_settings import KvMode, ZoomSettings
else:
    from midthought.memory.lazy_exports import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "PUBLISHED_8",
    "PUBLISHED_30",
    "SPAN_ARGUMENT",
    "Arm",
    "BranchToken",
    "Capabilities",
    "Continuation",
    "ContinueBy",
    "CopiedSpan",
    "Delimiters",
    "Engine",
    "EngineOptions",
    "EntriesPlaced",
    "EntriesRecalled",
    "EveryStep",
    "EvidenceToken",
    "FindsEntries",
    "FindsTraces",
    "HintInjected",
    "HintWithheld",
    "InThoughtRecall",
    "KvMode",
    "Matching",
    "ModelEndpoint",
    "OpenAIEngine",
    "Pages",
    "Paragraphs",
    "ParallelEngine",
    "Pins",
    "Placement",
    "PreparedEntries",
    "Punctuation",
    "QueryFormed",
    "QueryToken",
    "Quote",
    "QuoteChecked",
    "QuoteReport",
    "QuoteStream",
    "RecallAbstained",
    "RecallFailed",
    "Receipt",
    "ReceiptKind",
    "Run",
    "RunFinished",
    "SampleFinished",
    "SamplesChosen",
    "ScriptedEngine",
    "ScriptedReply",
    "Segment",
    "SegmentKind",
    "Selector",
    "SessionAction",
    "SessionAnswer",
    "SpanCoder",
    "SpanLogitsProcessor",
    "SpanMode",
    "SpanRequest",
    "SpanRules",
    "SpanSettings",
    "Summaries",
    "ThinkEvent",
    "ThinkSettings",
    "ThinkingFormat",
    "ThoughtOpened",
    "ThoughtPrompts",
    "Token",
    "TraceText",
    "TransformersEngine",
    "TransformersScorer",
    "Trigger",
    "TriggerSettings",
    "Visibility",
    "VllmEngine",
    "VotingPolicy",
    "ZoomControl",
    "ZoomRecorder",
    "ZoomSettings",
    "convert_smollm2",
    "enable_zoom",
    "generate_together",
    "last_run",
    "prompt_contains",
    "prompt_ends",
    "substring_grammar",
    "thought_cache",
    "verify_quotes",
    "write_request",
    "zoom_cache",
]
