"""What MIDI-B cannot ask: of one file each, answered from the answer key and what was written."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from tests.benchmarks.deid import iod
from tests.benchmarks.deid.answers import AnswerKey, Extra
from tests.benchmarks.deid.artefacts import pixel_value
from tests.benchmarks.deid.codestream import picture_md5
from tests.benchmarks.deid.pairing import Written

REGISTERED = "1.2.840.10008."
VALID_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
UID_ATTRIBUTES = ("<(0008,0018)>", "<(0020,000d)>", "<(0020,000e)>", "<(0020,0052)>")
Answer = tuple[bool | None, str]


@dataclass(frozen=True, slots=True)
class Run:
    """What a scorer has learned of a whole run before it looks at single files."""

    outputs: Mapping[int, Written] = field(repr=False)
    uids: Mapping[str, str] = field(repr=False)
    patients: Mapping[str, str] = field(repr=False)
    shifts: Mapping[int, int] = field(repr=False)


def learn(key: AnswerKey, outputs: Mapping[int, Written]) -> Run:
    """How the program renamed UIDs and patients, and by how many days it shifted whose dates: the first one counts."""
    uids: dict[str, str] = {}
    patients: dict[str, str] = {}
    for entry in key.entries:
        if entry.row in outputs:
            elements = outputs[entry.row].elements
            for path, old in zip(UID_ATTRIBUTES, (entry.sop_instance_uid, entry.study_instance_uid, entry.series_instance_uid),
                                 strict=False):  # fmt: skip
                uids.setdefault(old, elements.get(path, ""))
            patients.setdefault(entry.patient_id, elements.get("<(0010,0020)>", ""))
    for extra in key.extras:
        if extra.action == "uid_graph_isomorphic" and extra.row is not None and extra.row in outputs:
            for path, old in json.loads(extra.value).items():
                new = outputs[extra.row].elements.get(path)
                if new:
                    uids.setdefault(old, new)
    return Run(outputs, uids, patients, _shifts(key, outputs))


def _shifts(key: AnswerKey, outputs: Mapping[int, Written]) -> dict[int, int]:
    found: dict[int, Counter[int]] = {}
    for extra in key.extras:
        if extra.action == "date_interval_kept" and extra.row is not None and extra.row in outputs:
            found.setdefault(extra.person, Counter()).update(
                days for days in differences(extra, outputs[extra.row]).values() if days is not None
            )
    return {person: days.most_common(1)[0][0] for person, days in found.items() if days}


def differences(extra: Extra, output: Written) -> dict[str, int | None]:
    """By how many days each date was moved; none where there is no date any more."""
    moved: dict[str, int | None] = {}
    for path, old in json.loads(extra.value).items():
        olds, news = old.split("\\"), re.findall(r"\d{8}[\d.+-]*", output.elements.get(path, ""))
        if len(olds) != len(news):
            moved[path] = None
        for number, (before, after) in enumerate(zip(olds, news, strict=False)):
            first, second = day(before), day(after)
            same_time = len(before) == len(after) and before[8:] == after[8:]
            moved[f"{path}#{number}"] = (second - first).days if first and second and same_time else None
    return moved


def day(value: str) -> date | None:
    """The day that a DA or DT names; none where it names none."""
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:8]))
    except ValueError:
        return None


def date_interval_kept(extra: Extra, output: Written, run: Run) -> Answer:
    """All dates of a patient were moved by the same days, and not by none."""
    moved = differences(extra, output)
    expected = run.shifts.get(extra.person)
    wrong = [path for path, days in moved.items() if days != expected or not days]
    return not wrong, ", ".join(wrong[:5])


def uid_graph_isomorphic(extra: Extra, output: Written, run: Run) -> Answer:
    """The same UID became the same one everywhere, different ones different ones, and registered ones stayed."""
    wrong = []
    owners = {new: old for old, new in run.uids.items()}
    for path, old in json.loads(extra.value).items():
        new = output.elements.get(path)
        if not new:
            continue
        if old.startswith(REGISTERED):
            wrong += [path] * (new != old)
        elif _is_own(new) and (run.uids.get(old) != new or owners.get(new) != old):
            wrong.append(path)
    return not wrong, ", ".join(wrong[:5])


def _is_own(value: str) -> bool:
    return VALID_UID.fullmatch(value) is not None


def uid_valid(_extra: Extra, output: Written, _run: Run) -> Answer:
    """Every UID has at most 64 characters and no zero in front, and File Meta names the same instance."""
    wrong = [
        path for path in UID_ATTRIBUTES
        if (value := output.elements.get(path)) and (len(value) > 64 or not VALID_UID.fullmatch(value))
    ]  # fmt: skip
    in_meta = str(getattr(output.dataset, "file_meta", {}).get("MediaStorageSOPInstanceUID", ""))
    if in_meta != output.elements.get("<(0008,0018)>"):
        wrong.append("File Meta")
    return not wrong, ", ".join(wrong)


def marker_true(extra: Extra, output: Written, _run: Run) -> Answer:
    """The instance says that it was de-identified, how, with the codes of what ran and no others, and what of dates."""
    dates, *codes = json.loads(extra.value)
    found = {
        value for path, value in output.elements.items() if path.startswith("<(0012,0064)>") and "0008,0100" in path
    }
    said = {
        path: output.elements.get(path, "")
        for path in ("<(0012,0062)>", "<(0012,0063)>", "<(0028,0303)>", "<(0028,0301)>")
    }
    wrong = [
        name for name, fine in (
            ("0012,0062", said["<(0012,0062)>"] == "YES"), ("0012,0063", bool(said["<(0012,0063)>"])),
            ("0012,0064", found == set(codes)), ("0028,0303", said["<(0028,0303)>"] == dates),
            ("0028,0301", said["<(0028,0301)>"] != "NO"),
        ) if not fine
    ]  # fmt: skip
    return not wrong, ", ".join(wrong)


def pixels_equal_outside(extra: Extra, output: Written, _run: Run) -> Answer:
    """The whole picture is the same: nothing was planted in pixels. Comments in frames are not a part of it."""
    value = pixel_value(output.dataset)
    return bool(value) and picture_md5(output.dataset, value) == extra.value, hashlib.md5(value).hexdigest()


def iod_no_new_errors(extra: Extra, output: Written, _run: Run) -> Answer:
    """dciodvfy finds no error in the output that was not in the input."""
    new = iod.errors(output.path) - set(json.loads(extra.value))
    return not new, "; ".join(sorted(new)[:5])


OF_A_FILE: dict[str, Callable[[Extra, Written, Run], Answer]] = {
    one.__name__: one
    for one in (
        date_interval_kept,
        uid_graph_isomorphic,
        uid_valid,
        marker_true,
        pixels_equal_outside,
        iod_no_new_errors,
    )
}
