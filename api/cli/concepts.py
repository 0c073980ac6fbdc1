"""``midthought concepts``: the concepts of a namespace, and how they compose."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import FieldForm, Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.operations.concepts import ComposeConcepts

if TYPE_CHECKING:
    from midthought.ingest.concepts.composition import ComposedConcept


def concepts(
    context: click.Context,
    tree: Annotated[
        bool, Option(help="Show the parameters, and below each the concepts that can fill it by its type.")
    ] = False,
    starter: Annotated[bool, FieldForm(ComposeConcepts, "starter")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """List concepts by name; with --tree, show which of them can fill which parameter."""
    settings = read_settings(context)
    with open_memory_for(settings) as memory:
        found = memory.concepts(starter=starter, namespace=settings.namespace)
    for one in found.concepts:
        if output is Output.JSON:
            print_json(asdict(one))
        else:
            print_text("\n".join([_title(one), *(_parameters(one) if tree else ())]))
    if found.ambiguous_types and tree:
        print_text(f"defined in two ways, and matched by nothing: {', '.join(found.ambiguous_types)}", error=True)
    if not found.concepts:
        print_text(f"no concepts in namespace {settings.namespace}", error=True)


def _title(one: "ComposedConcept") -> str:
    subtype = f", {one.routine_subtype}" if one.routine_subtype else ""
    output = f" -> {one.output_typing}" if one.output_typing else ""
    return f"{one.name} [{one.concept_kind}{subtype}]{output}"


def _parameters(one: "ComposedConcept") -> Iterator[str]:
    for slot in one.parameters:
        yield f"  {slot.name}: {slot.typing}" if slot.typing else f"  {slot.name}"
        yield from (f"    {filler.name} ({filler.fit})" for filler in slot.fillers)
