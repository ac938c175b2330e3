"""Label Studio's JSON, in full or in its small form: tasks with what is drawn on the picture of each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dicomconv.annotations import json_text
from dicomconv.annotations.checked import Unreadable, guarded, record, series
from dicomconv.annotations.drawn import Drawn, Fault, PictureRef
from dicomconv.annotations.label_studio_regions import drawn, is_drawn, labels_of
from dicomconv.annotations.names import picture_name

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
_IGNORED = ("textarea", "rating", "number", "datetime")  # free text and opinions
_OF_PICTURES = ("choice", "class", "label", "tag", "categor")  # the small form does not say what is a choice
Result = dict[str, Any]


def read(path: Path) -> Iterator[Drawn | Fault]:
    """What is drawn in an export; percent become pixels where it says how large a picture was.

    Tasks that nobody worked on, or that were skipped, give nothing. Of who drew, when and how fast, of servers, free text,
    predictions and attributes of single shapes nothing is read.
    """
    try:
        for index, task in enumerate(json_text.elements(json_text.read_text(path)), 1):
            yield from _task(f"task {index}", task)
    except Unreadable as error:
        yield Fault(error.place, error.reason)


def _task(place: str, task: Any) -> Iterator[Drawn | Fault]:
    try:
        said = record(task, "the task")
        is_full = isinstance(said.get("data"), dict)
        results = _results(said) if is_full else _small_results(said)
        if results is None:
            return
        picture = picture_name(_address(said["data"] if is_full else said))
    except Unreadable as error:
        yield Fault(place, error.reason)
        return
    is_empty = True
    for index, result, labels in _labelled(results):
        where = f"{place}, result {index}"
        for one in guarded(where, drawn, result, labels, picture, Drawn(where, None, object=index)):
            is_empty = False
            yield one
    if is_empty:
        yield Drawn(place, PictureRef(picture), is_seen_only=True)


def _labelled(results: list[Result]) -> Iterator[tuple[int, Result, list[str]]]:
    """Results with their labels; a shape without any may have them in another result of its id, drawn there or not."""
    others: dict[Any, list[Result]] = {}
    for one in results:
        if labels_of(one) and isinstance(one.get("id"), str):
            others.setdefault(one["id"], []).append(one)
    for index, result in enumerate(results, 1):
        labels = labels_of(result)
        same = [] if labels or not isinstance(result.get("id"), str) else others.get(result["id"], [])
        if not any(is_drawn(one) for one in same):
            yield index, result, labels or [label for one in same for label in labels_of(one)]


def _results(task: dict[str, Any]) -> list[Result] | None:
    """The results of the one annotation of a task; None if there is none."""
    listed = series(task.get("annotations", task.get("completions", [])), "annotations")
    done = [one for one in listed if not record(one, "an annotation").get("was_cancelled") and not one.get("skipped")]
    if len(done) > 1:
        raise Unreadable(f"it has {len(done)} annotations; export those of one annotator at a time")
    results = series(done[0].get("result", []), "result") if done else []
    kept = [one for one in results if record(one, "a result").get("type") not in (*_IGNORED, "relation")]
    return kept if done else None


def _small_results(task: dict[str, Any]) -> list[Result]:
    """The same of the small form, where a shape stands without its type, and beside the data of the task."""
    found: list[Result] = []
    for key, said in task.items():
        if isinstance(said, list):
            found += [{**one, "value": one} for one in said if isinstance(one, dict) and set(one) - {"text", "number"}]
        elif isinstance(said, dict) and "choices" in said:
            found.append({"type": "choices", "value": said})
        elif isinstance(said, str) and any(word in key.lower() for word in _OF_PICTURES) and not _is_picture(said):
            found.append({"type": "choices", "value": {"choices": [said]}})
    return found


def _address(data: dict[str, Any]) -> Any:
    """The address of the picture: `image`, else the one text that ends as pictures do."""
    texts = [one for one in data.values() if _is_picture(one)]
    if "image" not in data and len(texts) != 1:
        raise Unreadable("its data have no image, or several")
    return data.get("image", *texts[:1])


def _is_picture(said: Any) -> bool:
    return isinstance(said, str) and said.lower().split("?x-")[0].split("?sig")[0].endswith(_PICTURES)
