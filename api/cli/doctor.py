"""``midthought doctor``: checks what a memory needs, and says how to repair what is missing."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Option
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import refuse_url

if TYPE_CHECKING:
    from midthought.api.doctor_finding import Finding


def doctor(
    context: click.Context,
    repair: Annotated[bool, Option(help="Mend what can be mended from what is stored.")] = False,
    accept_loss: Annotated[
        bool,
        Option(
            names=("--accept-loss",), help="Open a memory from which acknowledged writes are missing, without them."
        ),
    ] = False,
    replace_table: Annotated[
        bool,
        Option(
            names=("--replace-table",),
            help="Replace entries that an earlier extractor worded by a table by links to starter entries.",
        ),
    ] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Check packages, encoder, model, disk and the store's integrity; exit code 1 unless all is well."""
    from midthought.api.doctor import check_all

    settings = read_settings(context)
    options = (("--accept-loss", accept_loss), ("--replace-table", replace_table))  # a service was opened already
    for option, given in options:
        if given:
            refuse_url(settings, command=f"doctor {option}")
    findings = check_all(settings, repair=repair, accept=accept_loss, replace_table=replace_table)
    well = all(one.well for one in findings)
    if output is Output.JSON:
        print_json({"well": well, "findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            print_text(f"{_mark(one)} {one.name}: {one.detail}")
            if one.mend:
                print_text(f"     {one.mend}")
        print_text(_summary(findings, of_service=bool(settings.url)))
    if not well:
        raise click.exceptions.Exit(ExitCode.FAILED)


def _mark(finding: "Finding") -> str:
    if finding.unchecked:
        return "BUSY"
    return "ok  " if finding.well else "BAD "


def _summary(findings: "list[Finding]", *, of_service: bool) -> str:
    if any(not one.well and not one.unchecked for one in findings):
        return "something is wrong: see the lines marked BAD"
    if any(one.unchecked for one in findings):
        return "what could be checked is well: see the line marked BUSY"
    if of_service:
        return (
            "the service answers; packages, models, disk and the store's integrity were not checked: "
            "stop it and run doctor on its directory for that"
        )
    return "all is well"
