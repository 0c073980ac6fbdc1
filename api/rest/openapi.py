"""The OpenAPI document of the service: FastAPI's, with the errors and the keys added, which FastAPI cannot see."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from midthought.api.rest.access import OPEN_PATHS
from midthought.api.rest.problems import MEDIA_TYPE, TITLES

Description = dict[str, Any]


class ProblemPlace(BaseModel):
    """One error in a request: its place and the reason."""

    place: str
    reason: str


class ProblemModel(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    place: str | None = None
    errors: list[ProblemPlace] | None = None


_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of the setting api_keys. A service without keys answers only this machine, and needs none.",
}
_PROBLEM = {"$ref": "#/components/schemas/ProblemModel"}


def describe(app: FastAPI) -> Description:
    """Return the OpenAPI document of an app, made once: every error as a problem document, and the bearer scheme."""
    if app.openapi_schema is None:
        found = FastAPI.openapi(app)
        for path, methods in found["paths"].items():
            for method, operation in methods.items():
                _describe_operation(operation, method=method, path=path)
        schemas = found["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):  # what FastAPI would answer
            schemas.pop(name, None)
        found["components"]["securitySchemes"] = {"bearer": _BEARER}
    assert app.openapi_schema is not None
    return app.openapi_schema


def _describe_operation(operation: Description, *, method: str, path: str) -> None:
    good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    errors = errors_of(operation, method=method, path=path)
    operation["responses"] = good | {
        str(status): {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": _PROBLEM}}} for status in errors
    }
    operation["security"] = [] if path in OPEN_PATHS else [{"bearer": []}, {}]


def errors_of(operation: Description, *, method: str, path: str) -> list[int]:
    """Return every status below 200 or above 299 that an operation may answer, in order."""
    if path in OPEN_PATHS:
        return [403] if path == "/health/live" else [403, 503]
    found = {401, 403, 500}
    if "{namespace}" in path:
        found |= {400, 404}
    if "requestBody" in operation:
        found |= {413, 422}
    if any(one["in"] == "query" for one in operation.get("parameters", ())):
        found |= {422}
    if method != "get":  # a recall writes its receipt
        found |= {409, 507}
    if path.endswith("/trajectories") and method == "post":
        found |= {415, 429, 503}
    return sorted(found)
