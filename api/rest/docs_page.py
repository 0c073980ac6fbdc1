"""The page at /docs: the OpenAPI document as HTML, without scripts and without network access."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

Description = dict[str, Any]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of the page: the browser loads nothing else for it."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
code, pre { font: 14px/1.4 ui-monospace, monospace } pre { overflow: auto; padding: .5rem; border: 1px solid #8888 }
details { border-top: 1px solid #8888; padding: .5rem 0 } summary { cursor: pointer }
td, th { text-align: left; padding: 0 1rem 0 0; vertical-align: top }
"""


def docs_page(description: Description) -> str:
    """Return the page: every operation with its parameters, body and answers, and the schemas that they refer to."""
    info = description["info"]
    jobs = [
        _operation(f"{method.upper()} {path}", job)
        for path, methods in description["paths"].items()
        for method, job in methods.items()
    ]
    schemas = [_schema(name, schema) for name, schema in sorted(description["components"]["schemas"].items())]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p>{escape(info["description"])} The same for programs: <a href="/openapi.json">'
        f"/openapi.json</a>.</p><h2>Requests</h2>{''.join(jobs)}<h2>Schemas</h2>{''.join(schemas)}</body></html>"
    )


def _operation(name: str, job: Description) -> str:
    rows = [
        (f"{one['name']} ({one['in']}{', required' if one.get('required') else ''})", _told(one))
        for one in job.get("parameters", ())
    ]
    rows += [(f"body: {media_type}", _body(body)) for media_type, body in _contents(job.get("requestBody", {}))]
    rows += [
        (f"{status} {answer['description']}", " ".join(_links(body.get("schema", {})) for _, body in _contents(answer)))
        for status, answer in job["responses"].items()
    ]
    table = "".join(f"<tr><th><code>{escape(left)}</code></th><td>{right}</td></tr>" for left, right in rows)
    text = escape(job.get("description", ""))
    return (
        f"<details><summary><code>{escape(name)}</code> {escape(job.get('summary', ''))}</summary><p>{text}</p>"
        f"<table>{table}</table></details>"
    )


def _told(parameter: Description) -> str:
    return f"{escape(parameter.get('description', ''))} <code>{escape(json.dumps(parameter['schema']))}</code>"


def _body(body: Description) -> str:
    example = body.get("example")
    shown = f"<pre>{escape(json.dumps(example, indent=2))}</pre>" if example else ""
    return _links(body.get("schema", {})) + shown


def _contents(holder: Description) -> Iterator[tuple[str, Description]]:
    yield from holder.get("content", {}).items()


def _links(schema: Description) -> str:
    """Return links to the schemas that a schema refers to."""
    names = sorted({part.split('"')[0] for part in json.dumps(schema).split("#/components/schemas/")[1:]})
    return ", ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in names)


def _schema(name: str, schema: Description) -> str:
    text = escape(json.dumps(schema, indent=2))
    return (
        f'<details id="{escape(name)}" open><summary><code>{escape(name)}</code> '
        f"{escape(schema.get('description', ''))}</summary><p>{_links(schema)}</p><pre>{text}</pre></details>"
    )
