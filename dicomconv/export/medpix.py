"""MedPix 2.0: slices as RGB pictures, cases and descriptions as JSON, and both by split as lines of JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dicomconv.export.belonging import headers_of, of_modality
from dicomconv.export.images_table import write_images
from dicomconv.export.layout import Export, Layout, Option, Written
from dicomconv.export.ledger import Loss
from dicomconv.export.medpix_check import check_medpix
from dicomconv.export.medpix_modality import modality_of
from dicomconv.export.medpix_texts import (
    CASE,
    CASE_MORE,
    DESCRIPTION,
    PLACE,
    TOPIC,
    TOPIC_MORE,
    check_columns,
    texts_of,
    texts_of_case,
)
from dicomconv.export.numbers import Numbers
from dicomconv.export.picture_losses import picture_losses
from dicomconv.export.pictures import Look, Shot, Taken, reasons, take
from dicomconv.export.plain_pictures import FOUND_AGAIN
from dicomconv.export.rows import Row
from dicomconv.header import Header
from dicomconv.render import parse_window

NAME = "medpix"
LISTS = {"CT": "TAC", "MR": "MRI"}
PARTS = {"": "train", "train": "train", "val": "dev", "test": "test"}
SEXES = {"M": "male", "F": "female"}
PLANES = ("Axial", "Coronal", "Sagittal", "Oblique")
Record = dict[str, Any]


def write(export: Export) -> Written:
    """Pictures in images/, Case_topic.json, Descriptions.json, and splitted_dataset/; a case is a study."""
    check_columns(export.label_names)
    rows, left_out = of_modality(export.rows, tuple(LISTS))
    look = Look(export.choices.window or parse_window("file"), "png", export.choices.size, channels=3)
    cases = export.numbers.in_order(f"{NAME} case", (row.study_instance_uid for row in rows), 1000)
    shots = [Shot(row, f"images/{name}.png") for row, name in zip(rows, _names(rows, cases, export.numbers), strict=True)]
    taken = take(shots, look, export.folder, export.choices.jobs)
    drawn = [one for one in taken if not one.reason]
    write_images(export.folder, drawn, look)
    _write(export.folder, drawn, {uid: f"MPX{number}" for uid, number in cases.items()})
    return Written(tuple(one.shot.row for one in drawn), _losses(drawn, look), FOUND_AGAIN, (*left_out, *reasons(taken)))


def _names(rows: Sequence[Row], cases: Mapping[str, int], numbers: Numbers) -> list[str]:
    """MPX1000_synpic1: number of the case, and of the image in it."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row.study_instance_uid, []).append(_key(row))
    given = {uid: numbers.in_order(f"{NAME} image of {uid}", some, 1) for uid, some in keys.items()}
    return [f"MPX{cases[uid]}_synpic{given[uid][_key(row)]}" for row in rows for uid in [row.study_instance_uid]]


def _key(row: Row) -> str:
    return f"{row.sop_instance_uid} {row.frame_number}"


def _write(folder: Path, drawn: Sequence[Taken], ids: Mapping[str, str]) -> None:
    """The JSON files, whole and by split; without a split all is for training."""
    studies: dict[str, list[Taken]] = {}
    for one in drawn:
        studies.setdefault(one.shot.row.study_instance_uid, []).append(one)
    headers = headers_of(one.shot.row for one in drawn)
    cases = {ids[uid]: _case(ids[uid], some) for uid, some in studies.items()}
    described = {ids[uid]: [_description(ids[uid], one, headers) for one in some] for uid, some in studies.items()}
    parts = {ids[uid]: PARTS[some[0].shot.row.split] for uid, some in studies.items()}
    _write_json(folder / "Case_topic.json", [_short(case) for case in cases.values()])
    _write_json(folder / "Descriptions.json", [one for some in described.values() for one in some])
    by_part = {part: [name for name, own in parts.items() if own == part] for part in ("train", "dev", "test")}
    split = folder / "splitted_dataset"
    split.mkdir()
    _write_json(split / "uid_list.json", by_part)
    for part, names in by_part.items():
        if names:
            _write_lines(split / f"data_{part}.jsonl", (cases[name] for name in names))
            _write_lines(split / f"descriptions_{part}.jsonl", (one for name in names for one in described[name]))


def _case(name: str, some: Sequence[Taken]) -> Record:
    """A case with all keys that the data set has."""
    rows = [one.shot.row for one in some]
    texts = texts_of_case(rows)
    images = {key: [_stem(one) for one in some if one.shot.row.modality == modality] for modality, key in LISTS.items()}
    case = {key: texts.get(("Case", key)) for key in (*CASE, *CASE_MORE)}
    topic = {key: texts.get(("Topic", key)) for key in (*TOPIC, *TOPIC_MORE)}
    return {"U_id": name, **images, "Case": {**case, "Media": None}, "Topic": topic}


def _short(case: Record) -> Record:
    """A case as Case_topic.json has it: keys that not every case has only where something is said."""
    return case | {
        part: {key: text for key, text in case[part].items() if key in usual or text}
        for part, usual in (("Case", CASE), ("Topic", TOPIC))
    }


def _description(name: str, one: Taken, headers: Mapping[str, Header]) -> Record:
    """What is said of an image: by the table, and by its de-identified header."""
    row, texts = one.shot.row, texts_of(one.shot.row)
    years = row.subject.age_years
    said = {key: texts.get(("Description", key)) for key in DESCRIPTION}
    known = {
        "Age": None if years is None else str(years),
        "Modality": said["Modality"] or modality_of(row.modality, headers[row.sop_instance_uid]),
        "Plane": row.view if row.view in PLANES else None,
        "Sex": SEXES.get(row.subject.sex, "N/A"),
    }
    description = dict(sorted((said | known).items()))
    place = {key: texts.get(("Place", key)) for key in PLACE}
    return {"Type": row.modality, "U_id": name, "image": _stem(one), "Description": description, **place}


def _stem(one: Taken) -> str:
    return Path(one.shot.file).stem


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def _write_lines(path: Path, records: Iterable[Record]) -> None:
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records)
    path.write_text(text, encoding="utf-8", newline="\n")


def _losses(drawn: Sequence[Taken], look: Look) -> tuple[Loss, ...]:
    return (
        *picture_losses(drawn, look, ", dark beside it"),
        Loss("geometry", "spacing and place of slices have no place; spacing is in images.csv", len(drawn)),
        Loss("headers", "of the headers only modality, plane, age and sex have a place", len(drawn)),
    )


TAKES: frozenset[Option] = frozenset({"window", "size", "labels", "split"})
LAYOUTS = {
    NAME: Layout(NAME, "MedPix 2.0: CT and MR by case, with texts of a table", write, TAKES, check_medpix, ("datasets",))
}
