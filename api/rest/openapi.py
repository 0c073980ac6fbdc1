"""The OpenAPI document of the service: FastAPI's, with the errors and the keys added, which FastAPI cannot see."""

from typing import Any

from fastapi import FastAPI

from midthought.api.operations.job_reports import GetUpkeepReport
from midthought.api.operations.jobs import GetJob
from midthought.api.operations.keys import ListKeys
from midthought.api.operations.reason import Reason
from midthought.api.operations.thought_json import event_schemas
from midthought.api.operations.upkeep_jobs import StartBackup, StartHarvest, StartReindex
from midthought.api.proxy.openapi_paths import describe_proxy_routes
from midthought.api.rest.access import OPEN_PATHS
from midthought.api.rest.example_values import add_examples
from midthought.api.rest.job_events import EVENTS
from midthought.api.rest.problem_examples import problem_example
from midthought.api.rest.problems import MEDIA_TYPE, TITLES
from midthought.api.rest.reason import EVENT_STREAM
from midthought.api.rest.route_rights import route_rights
from midthought.api.rest.transfer import EXPORT, IMPORT

Description = dict[str, Any]

_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of /v1/keys, or of the setting api_keys. A service without keys answers this machine only, "
    "and needs none.",
}
_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""The name of a namespace; of another one the service says more than that a pattern does not match."""
_PROBLEM = {"$ref": "#/components/schemas/ProblemModel"}


def describe(app: FastAPI) -> Description:
    """Return the OpenAPI document of an app, made once: every error as a problem document, and the bearer scheme."""
    if app.openapi_schema is None:
        found = FastAPI.openapi(app)
        for path, methods in found["paths"].items():
            for method, operation in methods.items():
                _describe_operation(operation, method=method, path=path)
        schemas = found["components"]["schemas"]
        describe_thought_events(found["paths"][Reason.route.path]["post"], schemas)
        job = found["paths"][GetJob.route.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        found["paths"][EVENTS]["get"]["responses"]["200"]["content"][EVENT_STREAM]["schema"] = event_schema(job)
        for name in ("HTTPValidationError", "ValidationError"):  # what FastAPI would answer
            schemas.pop(name, None)
        add_examples(found)
        if app.state.settings.upstream:
            found["paths"] |= describe_proxy_routes()
        found["components"]["securitySchemes"] = {"bearer": _BEARER}
    assert app.openapi_schema is not None
    return app.openapi_schema


def event_schema(data: Description) -> Description:
    """Return the schema of a server-sent event whose data is JSON of a schema."""
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    fields = {"id": {"type": "string"}, "event": {"type": "string"}, "data": text}
    return {"type": "object", "properties": fields, "required": list(fields)}


def describe_thought_events(operation: Description, schemas: Description) -> None:
    """Add what the data of a server-sent event may be, as the second form of the answer."""
    prefix = "#/components/schemas/"
    found, shared = event_schemas(prefix)
    for name, schema in {**shared, **{one["title"]: one for one in found}}.items():
        schemas.setdefault(name, schema)
    mapping = {one["properties"]["type"]["const"]: prefix + one["title"] for one in found}
    union = {"oneOf": [{"$ref": place} for place in mapping.values()]}
    data = {**union, "discriminator": {"propertyName": "type", "mapping": mapping}}
    operation["responses"]["200"]["content"][EVENT_STREAM] = {"schema": event_schema(data)}


def _describe_operation(operation: Description, *, method: str, path: str) -> None:
    good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    for one in operation.get("parameters", ()):
        if one["name"] == "namespace":
            one["schema"] |= {"pattern": _NAME, "maxLength": 63}
    named = {one["name"] for one in operation.get("parameters", ())}
    if "if-none-match" in named and method == "get":
        good["304"] = {"description": "The caller has this state."}
    errors = errors_of(operation, method=method, path=path)
    operation["responses"] = good | {
        str(status): {
            "description": TITLES[status],
            "content": {MEDIA_TYPE: {"schema": _PROBLEM, "example": problem_example(status)}},
        }
        for status in errors
    }
    operation["security"] = [] if path in OPEN_PATHS else [{"bearer": []}, {}]
    right = route_rights()[method.upper(), path]
    if right.scope is not None:
        operation["x-scope"] = right.scope.value


def errors_of(operation: Description, *, method: str, path: str) -> list[int]:
    """Return every status below 200 or above 299 that an operation may answer, in order."""
    if path in OPEN_PATHS:
        return [403] if path == "/health/live" else [403, 503]
    found = {401, 403, 429, 500}
    if "{namespace}" in path:
        found |= {400, 404}
    if "requestBody" in operation:
        found |= {413, 415, 422}
    if any(one["in"] == "query" for one in operation.get("parameters", ())):
        found |= {422}
    if any(one["name"] == "idempotency-key" for one in operation.get("parameters", ())):
        found |= {400}
    if any(one["name"] == "if-match" for one in operation.get("parameters", ())):
        found |= {412}
    if method != "get":  # a recall writes its receipt, and needs the index
        found |= {409, 503, 507}
    if path.endswith("/trajectories") and method == "post":
        found |= {501, 503}
    if path.startswith(ListKeys.route.path):
        found |= ({400} if method == "post" else set()) | ({404} if "{key_id}" in path or method == "get" else set())
    if "202" in operation["responses"]:  # as many jobs wait as may
        found |= {503}
    if path == GetUpkeepReport.route.path:
        found |= {400, 404}
    if path == StartHarvest.route.path:
        found |= {501}
    if path in (StartReindex.route.path, StartBackup.route.path):
        found |= {400}
    if path in (EXPORT, IMPORT):
        found |= {507}
    if path == Reason.route.path:
        found |= {501, 502, 503, 504}
    return sorted(found)
