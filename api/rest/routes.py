"""The routes of the service, one per operation, made from the fields of its request."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, make_dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any, get_type_hints

import pydantic
from fastapi import FastAPI, Header, Path, Query, Request, Response

from midthought.api.operations.catalogue import OPERATIONS
from midthought.api.operations.codec import Operation, request_schema, write_result
from midthought.api.operations.request import CallerRequest, OnBehalf, Route, check_batch
from midthought.api.rest.access import Caller, Owner
from midthought.api.rest.idempotency import HELP, KeyedAnswers
from midthought.api.rest.job_answers import answer_at_end, job_place
from midthought.api.rest.preconditions import Conditions, Guard, matches, tag_of
from midthought.api.rest.preference import ENDED, read_preference
from midthought.api.rest.preference import HELP as PREFER
from midthought.api.rest.reason import Thoughts, answer_reason
from midthought.api.rest.recalling import answer_recall
from midthought.api.rest.state import Library, MaxBatch, Recalls
from midthought.api.rest.strict_types import strict
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace

_BODY = "body"
_IF_MATCH = "the `ETag` that the state must have now, or `*` for any; else 412"
_IF_NONE = "an `ETag` that the state must not have now, or `*` if it must not exist; else 412"
_IF_READ = "the `ETag` that the caller has; if the state still has it, the answer is 304 without a body"


def add_routes(app: FastAPI) -> None:
    """Add a route for every operation that consists of fields; the upload has a route written by hand.

    They are made in the service itself, see `add_router`.
    """
    guard, answers = Guard(), KeyedAnswers()
    for operation in OPERATIONS:
        route = operation.route
        if route is None or route.raw_body:
            continue
        if route.streams:
            endpoint = _streaming_endpoint(operation, route)
        elif route.grouped:
            endpoint = _grouped_endpoint(operation, route)
        else:
            endpoint = _endpoint(operation, route, guard, answers)
        for path in (route.path, *route.deprecated):
            app.add_api_route(
                path,
                endpoint,
                methods=[route.method],
                status_code=route.status,
                response_model=operation.result,
                responses=_more_answers(operation, route),
                operation_id=name_of(operation) + ("" if path == route.path else "_deprecated"),
                deprecated=path != route.path or None,
                tags=[operation.__module__.rpartition(".")[2]],
            )


def _endpoint(operation: Operation, route: Route, guard: Guard, answers: KeyedAnswers) -> Callable[..., Response]:
    """Return the function that FastAPI calls, with the parameters it reads from a request."""

    def endpoint(memory: Any, caller: Any, max_batch: int, **given: Any) -> Response:
        body = given.pop(_BODY, None)
        key = given.pop("idempotency_key", "")
        prefer = read_preference(given.pop("prefer", ""))
        conditions = Conditions(given.pop("if_match", ""), given.pop("if_none_match", ""))
        if body is not None:
            given |= {one.name: getattr(body, one.name) for one in fields(body)}
        # Without a namespace in the path the caller is a key, and the operation asks for none.
        namespace = caller if isinstance(caller, Namespace) else DEFAULT_NAMESPACE
        request = operation(**given)
        check_batch(request, max_batch)
        answer = answers.answer(
            request, memory, namespace, key, lambda: act(memory, caller, namespace, request, conditions)
        )
        # The answer to the key is kept before the wait: the job is begun once if the service is killed meanwhile.
        return answer if prefer is None else answer_at_end(memory, namespace, answer, preference=prefer)

    def act(memory: Any, caller: Any, namespace: Namespace, request: Any, conditions: Conditions) -> Response:
        with guard.hold(request, memory, namespace, conditions):
            asked = OnBehalf(request=request, caller=caller) if isinstance(request, CallerRequest) else request
            result = memory.send(asked, namespace=namespace)
        # Written here: FastAPI would validate the result once more.
        written = write_result(operation, result)
        headers = {"ETag": tag_of(written)} if operation.tagged else {}
        if route.status == 202:
            headers["Location"] = job_place(namespace, result)
        if route.method == "GET" and headers and matches(conditions.if_none_match, headers["ETag"]):
            return Response(None, 304, headers)
        return Response(written, route.status, headers, media_type="application/json")

    return _named(endpoint, operation, [*_parameters(operation, route), _parameter("max_batch", MaxBatch)])


def _streaming_endpoint(operation: Operation, route: Route) -> Callable[..., Any]:
    """Return the same for the operation that may answer with events; it runs on the event loop."""

    async def endpoint(memory: Any, caller: Any, request: Any, thoughts: Any, body: Any) -> Response:
        asked: Any = operation(**{one.name: getattr(body, one.name) for one in fields(body)})
        return await answer_reason(asked, memory=memory, owner=caller, service=thoughts, request=request)

    more = [_parameter("request", Request), _parameter("thoughts", Thoughts)]
    return _named(endpoint, operation, [*_parameters(operation, route), *more])


def _grouped_endpoint(operation: Operation, route: Route) -> Callable[..., Any]:
    """Return the same for the operation that is answered with those of other callers; it waits on the event loop."""

    async def endpoint(memory: Any, caller: Any, max_batch: int, recalls: Any, body: Any) -> Response:
        asked: Any = operation(**{one.name: getattr(body, one.name) for one in fields(body)})
        check_batch(asked, max_batch)
        written = await answer_recall(asked, memory=memory, namespace=caller, lanes=recalls)
        return Response(written, route.status, media_type="application/json")

    more = [_parameter("max_batch", MaxBatch), _parameter("recalls", Recalls)]
    return _named(endpoint, operation, [*_parameters(operation, route), *more])


def _named(endpoint: Callable[..., Any], operation: Operation, parameters: list[Parameter]) -> Callable[..., Any]:
    endpoint.__name__ = name_of(operation)
    endpoint.__doc__ = operation.__doc__
    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # read by FastAPI
    return endpoint


def _parameters(operation: Operation, route: Route) -> Iterator[Parameter]:
    yield _parameter("memory", Library)
    yield _parameter("caller", _caller(route))
    yield from _headers(operation, route)
    hints, described = get_type_hints(operation, include_extras=True), request_schema(operation)
    inside: list[Field[Any]] = []
    for one in fields(operation):
        text = described["properties"][one.name].get("description")
        if one.name in route.path_fields:
            yield _parameter(one.name, Annotated[hints[one.name], Path()])
        elif route.sends_query:
            yield _parameter(one.name, Annotated[hints[one.name], Query(description=text)], one.default)
        else:
            hints[one.name] = Annotated[strict(hints[one.name]), pydantic.Field(description=text)]
            inside.append(one)
    if inside:
        body, optional = _body(operation, inside, hints), all(one.default is not MISSING for one in inside)
        yield _parameter(_BODY, body | None if optional else body, None if optional else MISSING)


def _headers(operation: Operation, route: Route) -> Iterator[Parameter]:
    """Yield the headers by which a caller says which state is expected, that it asks once more, or how long to wait."""
    if route.takes_key:
        yield _parameter("idempotency_key", Annotated[str, Header(description=HELP)], "")
    if route.status == 202:
        yield _parameter("prefer", Annotated[str, Header(description=PREFER)], "")
    if operation.guarded_by is not None:
        yield _parameter("if_match", Annotated[str, Header(description=_IF_MATCH)], "")
    if operation.guarded_by is not None or (operation.tagged and route.method == "GET"):
        text = _IF_READ if route.method == "GET" else _IF_NONE
        yield _parameter("if_none_match", Annotated[str, Header(description=text)], "")


def _more_answers(operation: Operation, route: Route) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": operation.result, "description": ENDED}} if route.status == 202 else {}


def _caller(route: Route) -> Any:
    return Owner if "namespace" in route.path_fields else Caller


def _body(operation: Operation, inside: list[Field[Any]], hints: dict[str, Any]) -> Any:
    """Return the class of the body: the fields that are not in the path."""
    made: list[Any] = [
        (one.name, hints[one.name]) if one.default is MISSING else (one.name, hints[one.name], one.default)
        for one in inside
    ]
    config: dict[str, Any] = {"extra": "forbid"}
    if operation.example:
        config["json_schema_extra"] = {"examples": [operation.example]}
    content = {"__pydantic_config__": config, "__doc__": operation.__doc__}
    return make_dataclass(f"{operation.__name__}Body", made, kw_only=True, namespace=content)


def _parameter(name: str, hint: Any, default: Any = MISSING) -> Parameter:
    """Return a parameter of an endpoint, given by name."""
    default = Parameter.empty if default is MISSING else default
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=hint, default=default)


def name_of(operation: Operation) -> str:
    """Return what an operation is called in the description, from which programs make the names of methods."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in operation.__name__).lstrip("_")
