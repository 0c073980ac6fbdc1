"""A layer that opens, for every KV head, the pages that the current query attends to most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.kv.kv_buffer import KVBuffer, Placement
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.kv.zoom_store import VisibleKV, ZoomStore, causal_mask
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.schedules.schedule import Schedule

if TYPE_CHECKING:
    import torch
    from torch import Tensor


_EXCHANGED_FROM = 800
"""Opened tokens of a head from which exchanging pages is faster than copying all of them."""


@dataclass(frozen=True, slots=True)
class PageChoice:
    """Which pages are open.

    Attributes:
        pages: pages there were to choose from; all tokens behind them are visible.
        opened: those chosen, shape ``(kv heads, chosen)``; None if all are.
    """

    pages: int
    opened: "Tensor | None"


class PageStore(ZoomStore):
    """Chooses at the step itself: the query that chooses sees what it chose.

    A query that chooses, at position t, sees what `Visibility` says of t + 1 tokens; until the next one chooses, its
    pages stay open and all that is written since is visible. A token fed among others sees what it would see alone,
    except for an index that learns: that one knows all tokens of the piece.

    Args:
        visibility: what is always visible, and how many pages may be opened.
        index: the coarse index of this layer.
        schedule: which queries select again.
        pins: of the sequence: parts that stay visible whatever is chosen.
        placement: where what is not visible lies.
    """

    def __init__(
        self,
        visibility: Visibility,
        index: CoarseIndex,
        schedule: Schedule,
        pins: Pins | None = None,
        placement: Placement | None = None,
    ) -> None:
        super().__init__(placement)
        self.visibility = visibility
        self.index = index
        self.schedule = schedule
        self.pins = pins or Pins()
        self.choice = PageChoice(0, None)
        """Of the last query."""
        self._shown: KVBuffer | None = None
        self._shown_until = 0
        self._indexed = 0
        self._learn_at = 0
        self._moments: Tensor | None = None
        self._queries = 0
        self._counted: Tensor | None = None
        """0, 1, 2 ... for every KV head: made once, not at every step."""

    def select(self, query: "Tensor", *, scaling: float) -> VisibleKV | None:
        """See `ZoomStore.select`."""
        length, count = self.buffer.length, query.shape[-2]
        self.index_bytes = 0
        self._note_queries(query)
        self._index_pages()
        # One token is the case of decoding; several are a prompt, or an injected hint, which are read in one piece.
        if count == 1:
            if self.schedule.should_reselect(length, query[0, :, 0]):
                self._open(self._choose(query, length, scaling))
            return self._read_selected()
        return self._read_piece(query, scaling)

    def opened(self) -> "Tensor | None":
        """See `ZoomStore.opened`."""
        if self.choice.opened is None:
            return None
        return self.choice.opened.flatten().bincount(minlength=self.choice.pages) / self.heads

    votes = opened
    """See `ZoomStore.votes`: every KV head votes for the pages that it opens."""

    def parts(self) -> list[tuple[int, int]]:
        """See `ZoomStore.parts`."""
        first, page = self.visibility.first, self.visibility.page
        return [(first + number * page, first + (number + 1) * page) for number in range(self.choice.pages)]

    @property
    def shown_bytes(self) -> int:
        """See `ZoomStore.shown_bytes`."""
        places = 0 if self._counted is None else self._counted[0].numel() * self._counted.element_size()
        return self.index.held_bytes + places + (self._shown.held_bytes if self._shown else 0)

    def check_integrity(self) -> None:
        """Raise `AssertionError` unless all is stored, every whole page is indexed, and what is shown is up to date."""
        super().check_integrity()
        if self.buffer.length >= max(1, self.index.learns_from):
            pages = self.visibility.count_pages(self.buffer.length)
            assert self._indexed == pages, f"{self._indexed} pages are indexed of {pages}"
        assert not self._shown_until or self._shown_until == self.buffer.length, (
            "what is shown is behind what is stored"
        )

    def _choose(self, query: "Tensor", length: int, scaling: float) -> PageChoice:
        pages, opens = self._counts(length)
        if pages == opens:
            return PageChoice(pages, None)
        masses = self._masses(query, [pages], scaling)
        # The order of open pages does not matter to attention.
        return PageChoice(pages, masses[:, 0].topk(opens, dim=-1, sorted=False).indices)

    def _open(self, choice: PageChoice) -> None:
        """Make `choice` the choice of the last query; if only some pages change, replace them in what is shown.

        Of the pages that a query of SmolLM2 opens, the one before it has opened 82 %.
        """
        before, after = self.choice.opened, choice.opened
        same_pages, shown_until = self.choice.pages == choice.pages, self._shown_until
        self.choice, self._shown_until = choice, 0
        if before is None or after is None or after.shape[1] * self.visibility.page < _EXCHANGED_FROM:
            return
        if same_pages and shown_until and before.shape == after.shape:
            self.choice = PageChoice(choice.pages, self._exchange(before, after))
            self._shown_until = shown_until

    def _exchange(self, before: "Tensor", after: "Tensor") -> "Tensor":
        """Put fresh pages in the place of those that close; return what is open, in the order of what is shown."""
        import torch

        assert self._shown is not None
        first, page = self.visibility.first, self.visibility.page
        marks = torch.zeros(2, len(before), self.choice.pages, dtype=torch.bool, device=before.device)
        closing = ~marks[0].scatter_(1, after, True).gather(1, before)
        fresh = after.masked_select(~marks[1].scatter_(1, before, True).gather(1, after))
        heads, places = closing.nonzero().unbind(1)
        inside = torch.arange(first, first + page, device=before.device)
        self._shown.overwrite(
            (places[:, None] * page + inside).flatten(),
            self.buffer,
            (fresh[:, None] * page + inside).flatten(),
            heads.repeat_interleave(page),
        )
        return before.masked_scatter(closing, fresh)

    def _read_selected(self) -> VisibleKV | None:
        """Return what a single query sees."""
        if self.choice.opened is None:
            return None
        # The copy is behind, for example after a piece of several tokens: it is made again.
        if self._shown is None or not self._shown_until:
            places = self._places(self.choice.opened)
            self._shown = self.buffer.take(places, spare=self.visibility.spare, into=self._shown)
        else:
            self._shown.append(*self.buffer.read(self._shown_until, self.buffer.length))
        self._shown_until = self.buffer.length
        return VisibleKV(self._shown.keys, self._shown.values, None)

    def _read_piece(self, query: "Tensor", scaling: float) -> VisibleKV | None:
        """Return what several queries see, and leave the last one's choice as if it had come alone."""
        length, count = self.buffer.length, query.shape[-2]
        lengths = range(length - count + 1, length + 1)
        due = [place for place, one in enumerate(lengths) if self.schedule.should_reselect(one, query[0, :, place])]
        counts = [self._counts(lengths[place]) for place in due]
        pages, opens = [one for one, _ in counts], [one for _, one in counts]
        self._shown_until = 0
        # Everything is visible, so the model's own attention can read the buffer itself.
        if self.choice.opened is None and pages == opens:
            self.choice = PageChoice(pages[-1], None) if pages else self.choice
            return None
        rows = [self._rows_before(length)]
        if due:
            masses = self._masses(query[:, :, due], pages, scaling)
            order = _best_pages(masses, pages, max(opens))
            rows.append(self._rows(_mark(order, opens, masses.shape[-1]), pages, length))
            last = order[:, -1, : opens[-1]] if opens[-1] < pages[-1] else None
            self.choice = PageChoice(pages[-1], last)
        return VisibleKV(*self.buffer.read(0, length), _spread(rows, due, causal_mask(query, length)))

    def _rows_before(self, length: int) -> "Tensor":
        """Return which tokens are visible by the choice so far, shape ``(kv heads, 1, length)``."""
        import torch

        opened, pages = self.choice.opened, self.choice.pages
        if opened is None:
            return torch.ones(self.heads, 1, length, dtype=torch.bool, device=self._device)
        return self._rows(_mark(opened[:, None], [opened.shape[-1]], pages), [pages], length)

    def _rows(self, opened: "Tensor", pages: list[int], length: int) -> "Tensor":
        """Return which tokens are visible after each choice, shape ``(kv heads, choices, length)``."""
        import torch

        heads, choices, most = opened.shape
        beyond = torch.arange(most, device=opened.device) >= torch.tensor(pages, device=opened.device)[:, None]
        rows = torch.ones(heads, choices, length, dtype=torch.bool, device=opened.device)
        first, page = self.visibility.first, self.visibility.page
        rows[..., first : first + most * page] = (opened | beyond).repeat_interleave(page, dim=-1)
        return rows

    def _places(self, opened: "Tensor") -> "Tensor":
        """Return the first tokens, those of the opened pages of every head, and those behind all pages."""
        import torch

        first, page = self.visibility.first, self.visibility.page
        if self._counted is None or self._counted.shape[1] < self.buffer.length:
            self._counted = torch.arange(self.buffer.length + 256, dtype=torch.int32, device=opened.device).expand(
                len(opened), -1
            )
        places = self._counted
        paged = torch.add(places[:, None, first : first + page], opened[..., None], alpha=page).flatten(1)
        rest = places[:, first + self.choice.pages * page : self.buffer.length]
        return torch.cat([places[:, :first], paged, rest], dim=1)

    def _counts(self, length: int) -> tuple[int, int]:
        """Return how many pages there are to choose from, and how many may be open."""
        if length < self.index.learns_from:
            return 0, 0
        pages = self.visibility.count_pages(length)
        pinned, opens = len(self.pins.pages(self.visibility, pages)), self.visibility.count_open(length)
        # Pins may take half of what is opened; if they are more, the other half is opened in addition.
        return pages, min(pages, max(opens, pinned + opens // 2)) if pinned else opens

    @property
    def _device(self) -> "torch.device":
        assert self.keys is not None, "nothing is stored yet"
        return self.keys.device

    def _masses(self, query: "Tensor", pages: list[int], scaling: float) -> "Tensor":
        self.index_bytes = len(pages) * self.index.stored_bytes
        masses = self.index.masses(self._grouped(query), pages, scaling=scaling)
        pinned = self.pins.pages(self.visibility, max(pages))
        if pinned:
            masses[..., pinned] = float("inf")
        return masses

    def _grouped(self, query: "Tensor") -> "Tensor":
        """Return queries as ``(kv heads, group, queries, head size)``."""
        return query[0].view(self.heads, -1, *query.shape[-2:])

    def _note_queries(self, query: "Tensor") -> None:
        """Keep the second moments of queries, of single ones once a page; in float32, which sums well."""
        rare = self._moments is not None and query.shape[-2] == 1 and self.buffer.length % self.visibility.page
        if rare or not self.index.learns_from:
            return
        grouped = self._grouped(query).flatten(1, 2).float()
        more = grouped.mT @ grouped
        self._moments = more if self._moments is None else self._moments + more
        self._queries += grouped.shape[1]

    def _index_pages(self) -> None:
        """Add whole pages to the index; if it learns, again whenever the text has doubled."""
        first, page = self.visibility.first, self.visibility.page
        pages = self.visibility.count_pages(self.buffer.length)
        if pages == self._indexed or self.buffer.length < self.index.learns_from:
            return
        if self.index.learns_from and self.buffer.length >= self._learn_at:
            assert self._moments is not None, "looked without a query"
            self._indexed, self._learn_at = 0, 2 * self.buffer.length
            self.index.learn(self.buffer.read(first, first + pages * page)[0][0], self._moments / self._queries)
        fresh = self.buffer.read(first + self._indexed * page, first + pages * page)[0][0]
        self.index.add(fresh, [page] * (pages - self._indexed))
        self._indexed = pages


def _best_pages(masses: "Tensor", pages: list[int], count: int) -> "Tensor":
    """Return the `count` most wanted pages of each query, best first, those that are not there yet last."""
    import torch

    if min(pages) < masses.shape[-1]:
        beyond = torch.arange(masses.shape[-1], device=masses.device) >= masses.new_tensor(pages)[:, None]
        masses = masses.masked_fill(beyond, -1.0)
    return masses.topk(count, dim=-1).indices


def _mark(order: "Tensor", opens: list[int], pages: int) -> "Tensor":
    """Return True for the first `opens` pages of each row of `order`, shape ``(kv heads, choices, pages)``."""
    import torch

    chosen = torch.arange(order.shape[-1], device=order.device) < torch.tensor(opens, device=order.device)[:, None]
    marks = torch.zeros(*order.shape[:2], pages, dtype=torch.bool, device=order.device)
    return marks.scatter_(-1, order, chosen.expand_as(order))


def _spread(rows: list["Tensor"], due: list[int], causal: "Tensor") -> "Tensor":
    """Return the mask of all queries: each sees by the last choice, row 0 being the one before them all."""
    import torch

    places = torch.zeros(len(causal), dtype=torch.long, device=causal.device)
    places[due] = 1
    return (torch.cat(rows, dim=1)[:, places.cumsum(0)] & causal)[None]
