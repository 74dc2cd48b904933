"""Label Studio: tasks with annotations and a model's suggestions, out as a JSON import and back from a JSON export.

https://labelstud.io/guide/export#JSON and https://labelstud.io/guide/predictions. What a sentence is stands in a
task's `data`, what somebody judged in one annotation. Suggestions are `predictions`: they are shown to be corrected,
and reading a file never takes them for annotations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from newstance.errors import AnnotationError
from newstance.files import whole_file
from newstance.model.codebook import Codebook

from .annotation import Annotation, Span, Unit
from .codes import SPAN_LABELS, refuse_lost_labels, span_columns, tool_codebook
from .columns import NONE_OF_THEM, column_of, no_text
from .problems import Problems, report

__all__ = ["Suggestion", "labelstudio_config", "read_labelstudio", "write_labelstudio"]

#: Control of the spans, and of who judged where that is not the person who is logged in.
_SPANS, _ANNOTATOR = "spans", "annotator"
#: Fields of spans, and the field of the text that their offsets count in.
_COUNTED_IN = {"target_spans": "text", "rationale": "text", "before_spans": "before", "after_spans": "after"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model proposes for one sentence: a record whose `annotator` is the model, and how sure it is (0 to 1)."""

    record: Annotation
    score: float | None = None


def labelstudio_config(codebook: Codebook) -> str:
    """Return the labelling interface (XML) with a control for each layer of the codebook."""
    codebook = tool_codebook(codebook)
    lines = ["<View>", '  <Header value="$target"/>', '  <Text name="before" value="$before"/>']
    lines.append(f'  <Labels name="{_SPANS}" toName="text">')
    lines += [f'    <Label value="{name}"/>' for name in SPAN_LABELS]
    lines += ["  </Labels>", '  <Text name="text" value="$text"/>', '  <Text name="after" value="$after"/>']
    for layer in codebook.layers:
        kind = "single-radio" if layer.kind == "single" else "multiple"
        lines.append(f'  <Header value={quoteattr(layer.description or layer.name)} size="5"/>')
        lines.append(f'  <Choices name="{column_of(layer)}" toName="text" choice="{kind}" showInline="true">')
        for label in layer.labels:
            hint = f" hint={quoteattr(label.description)}" if label.description else ""
            lines.append(f"    <Choice value={quoteattr(label.code)}{hint}/>")
        if layer.kind == "multi":
            lines.append(f"    <Choice value={quoteattr(NONE_OF_THEM)}/>")
        lines.append("  </Choices>")
    lines.append('  <TextArea name="speaker" toName="text" placeholder="Who speaks?" maxSubmissions="1"/>')
    lines.append('  <View style="display:none">')
    lines.append(f'    <TextArea name="{_ANNOTATOR}" toName="text"/>')
    lines += ["  </View>", "</View>", ""]
    return "\n".join(lines)


def write_labelstudio(
    path: str | Path, records: Iterable[Annotation], codebook: Codebook, suggestions: Iterable[Suggestion] = ()
) -> None:
    """Write tasks for an import, one for each sentence; several annotators of a sentence stand in one task.

    Raises:
        AnnotationError: a record has a label that the codebook lacks, so that the interface could not show it.
        OutputError: the file cannot be written.
    """
    codebook = tool_codebook(codebook)
    tasks: dict[str, dict[str, Any]] = {}
    for record in records:
        result = _result(record, codebook)
        if record.annotator is not None:
            result.append(_item(_ANNOTATOR, "textarea", {"text": [record.annotator]}))
        _task(tasks, record).setdefault("annotations", []).append({"result": result})
    for suggestion in suggestions:
        prediction: dict[str, Any] = {"result": _result(suggestion.record, codebook)}
        if suggestion.record.annotator is not None:
            prediction["model_version"] = suggestion.record.annotator
        if suggestion.score is not None:
            prediction["score"] = suggestion.score
        _task(tasks, suggestion.record).setdefault("predictions", []).append(prediction)
    with whole_file(path) as place, place.open("w", encoding="utf-8") as file:
        json.dump(list(tasks.values()), file, ensure_ascii=False, indent=1)


def _task(tasks: dict[str, dict[str, Any]], record: Annotation) -> dict[str, Any]:
    """Return the task of a record's sentence; the interface needs target and neighbours to be there, if empty."""
    data = record.model_dump(mode="json", include=set(Unit.model_fields), exclude_defaults=True)
    key = json.dumps(data, sort_keys=True)
    return tasks.setdefault(key, {"data": {"target": "", "before": "", "after": ""} | data})


def _result(record: Annotation, codebook: Codebook) -> list[dict[str, Any]]:
    refuse_lost_labels(record, codebook)
    result = []
    for layer in codebook.layers:
        codes = record.codes(layer)
        if codes is not None:
            result.append(_item(column_of(layer), "choices", {"choices": list(codes) or [NONE_OF_THEM]}))
    for start, end in record.rationale:
        value = {"start": start, "end": end, "text": record.text[start:end], "labels": ["rationale"]}
        result.append(_item(_SPANS, "labels", value))
    if record.speaker is not None:
        result.append(_item("speaker", "textarea", {"text": [record.speaker]}))
    for number, item in enumerate(result):
        item["id"] = f"{item['from_name']}-{number}"
    return result


def _item(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "text", "type": kind, "value": value}


def read_labelstudio(
    path: str | Path, problems: Problems = None, *, fields: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each task, from 1, and each of its annotations as columns.

    The task's `data` keep their names; each control is a column; spans are columns `CONTROL.LABEL`. Annotations that
    were skipped, drafts and predictions are left out.

    Args:
        path: the file.
        problems: where to put the errors of single tasks instead of raising the first.
        fields: field of the record, to the column that holds it, where that has another name; spans that no field
            holds may lie in any text of the task, and their offsets are not looked at.

    Raises:
        AnnotationError: the file cannot be read, is another export than JSON, holds offsets that are wrong, or lacks
            the sentence, or spans that a field would hold lie in another text than the field's.
    """
    path = Path(path)
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AnnotationError(f"cannot be read: {error.strerror}", path=path) from error
    except (ValueError, RecursionError) as error:
        raise AnnotationError(f"not JSON: {error}", path=path) from error
    if not isinstance(tasks, list):
        raise AnnotationError("not a Label Studio export: the top level must be a list of tasks", path=path)
    for number, task in enumerate(tasks, start=1):
        try:
            rows = list(_rows(task, fields or {}))
        except AnnotationError as error:
            report(AnnotationError(error.message, path=path, line=number, field=error.field), problems)
            continue
        yield from ((number, row) for row in rows)


def _rows(task: Any, fields: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise AnnotationError("a task has no `data`; export as JSON (not JSON-MIN or CSV)", field="data")
    name = "annotations" if task.get("annotations") else "completions"
    annotations: Any = task.get(name) or []
    if not isinstance(annotations, list):
        raise AnnotationError("is no list of annotations", field=name)
    for number, annotation in enumerate(annotations):
        place = f"annotations.{number}"
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
            raise AnnotationError("an annotation has no list `result`", field=place)
        if annotation.get("was_cancelled"):
            continue
        columns = task["data"] | _columns(annotation["result"], task["data"], place, fields)
        if fields.get("text", "text") not in columns:
            raise AnnotationError(no_text(task["data"]), field="text")
        who = annotation.get("completed_by")
        if isinstance(who, dict):
            who = who.get("email") or who.get("id")
        yield {_ANNOTATOR: None if who is None else str(who)} | columns


def _columns(result: Sequence[Any], data: Mapping[str, Any], place: str, fields: Mapping[str, str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for number, item in enumerate(result):
        where = f"{place}.result.{number}"
        if not isinstance(item, dict) or not isinstance(item.get("value"), dict):
            continue  # relations and the like carry no value
        name, value = item.get("from_name"), item["value"]
        if "labels" in value or "hypertextlabels" in value:
            labels = value.get("labels", value.get("hypertextlabels"))
            if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
                raise AnnotationError("a span has no list of labels", field=where)
            span = _held_span(item, labels, data, where, fields)
            for column, found in span_columns(((label, span) for label in labels), str(name)).items():
                columns.setdefault(column, []).extend(found)
            continue
        for kind in ("choices", "text", "taxonomy", "rating", "number"):
            if kind in value:
                given = value[kind]
                if kind == "taxonomy":
                    if not isinstance(given, list) or not all(_is_path(parts) for parts in given):
                        raise AnnotationError("a taxonomy is no list of paths, each a list of names", field=where)
                    given = ["/".join(parts) for parts in given]
                columns.setdefault(str(name), []).extend(given if isinstance(given, list) else [given])
                break
    return columns


def _held_span(
    item: Mapping[str, Any], labels: Sequence[str], data: Mapping[str, Any], where: str, fields: Mapping[str, str]
) -> list[Any]:
    """Return a span in code points of the text that its field counts in; one that no field would hold as it stands."""
    held = {fields.get(field, field): field for field in _COUNTED_IN}
    span = [item["value"].get("start"), item["value"].get("end")]
    for column in span_columns(((label, span) for label in labels), str(item.get("from_name"))):
        if (field := held.get(column)) is not None:
            key = fields.get(_COUNTED_IN[field], _COUNTED_IN[field])
            _refuse_another_text(item, data, field, key, where)
            if key in data:
                span = _span(item["value"], str(data[key]), where)
    return span


def _refuse_another_text(item: Mapping[str, Any], data: Mapping[str, Any], field: str, key: str, where: str) -> None:
    """Raise `AnnotationError` when a span lies in another text of its task than `key`, in which its field counts.

    An export names the object that was labelled, and not the key of the data that it showed. So the text is the one
    that is called like the object, or another one where only that has the span's words.
    """
    value, named = item["value"], str(item.get("to_name"))
    words = isinstance(value.get("text"), str)
    others = {name: text for name, text in data.items() if isinstance(text, str) and text != data.get(key)}
    if named in others and (not words or _offsets(value, others[named])):
        lies = [named]
    elif words and not _offsets(value, str(data.get(key, ""))):
        lies = [name for name, text in others.items() if _offsets(value, text)]
    else:
        return
    if lies:
        message = f"a span of {field} lies in the task's {lies[0]!r}, not in {key!r}; if that is what was judged, give "
        message += f"--column {_COUNTED_IN[field]}={lies[0]}, else take the span out"
        raise AnnotationError(message, field=where)


def _is_path(parts: Any) -> bool:
    return isinstance(parts, list) and all(isinstance(part, str) for part in parts)


def _span(value: Mapping[str, Any], text: str, where: str) -> list[int]:
    """Return a span in code points."""
    start, end, words = value.get("start"), value.get("end"), value.get("text")
    if not (isinstance(start, int) and isinstance(end, int)):
        raise AnnotationError("a span has no whole numbers `start` and `end`", field=where)
    if not isinstance(words, str):
        return [start, end]
    if (found := _offsets(value, text)) is not None:
        return found
    raise AnnotationError(f"the offsets {start} to {end} give {text[start:end]!r}, not {words!r}", field=where)


def _offsets(value: Mapping[str, Any], text: str) -> list[int] | None:
    """Return where a text has a span's words, in code points, or None.

    A tool that counted UTF-16 units is found out by the words that it gives.
    """
    start, end, words = value.get("start"), value.get("end"), value.get("text")
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(words, str)):
        return None
    if text[start:end] == words:
        return [start, end]
    for a, b in (_code_points(text, (start, end)), (start, start + len(words))):
        if text[a:b] == words:
            return [a, b]
    return None


def _code_points(text: str, span: Span) -> Span:
    units = text.encode("utf-16-le", "surrogatepass")
    start, end = (len(units[: 2 * at].decode("utf-16-le", "replace")) for at in span)
    return start, end
