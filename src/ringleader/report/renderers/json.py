"""The model as JSON, field by field; :func:`schema` is its published JSON schema."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from ringleader.report import model as forms
from ringleader.report.model import Model

NAME = "report.schema.json"


class Json:
    name = "json"
    file = "report.json"

    def render(self, model: Model) -> bytes:
        # The text of a lone surrogate, which JSON could not hold, is spelled out before it gets into the model.
        return _adapter().dump_json(model, by_alias=True) + b"\n"


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12. Descriptions are the model's own docstrings."""
    made = _adapter().json_schema(mode="serialization")
    told = dict(_described())
    for name, part in {"Model": made, **made["$defs"]}.items():
        for field, content in part.get("properties", {}).items():
            content.pop("title", None)
            if said := told.get((name, field)):
                content["description"] = said
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringleader report",
        **{key: value for key, value in made.items() if key != "title"},
    }


def published() -> str:
    """The schema as it stands in the docs."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


@lru_cache
def _adapter() -> TypeAdapter[Model]:
    return TypeAdapter(Model)


def _described() -> Iterator[tuple[tuple[str, str], str]]:
    """Class and field to the text below the field, which Python itself does not keep."""
    for part in ast.parse(inspect.getsource(forms)).body:
        if not isinstance(part, ast.ClassDef):
            continue
        for field, below in zip(part.body, part.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                yield (part.name, field.target.id), " ".join(str(below.value.value).split())
