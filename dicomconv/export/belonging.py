"""Which rows have a place in a layout, and in what order their patients were seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dicomconv.container.reader import open_container
from dicomconv.export.rows import Row
from dicomconv.header import Header

RADIOGRAPHY = ("CR", "DX")


def of_modality(rows: Iterable[Row], modalities: Sequence[str]) -> tuple[list[Row], list[str]]:
    """The rows of these modalities; in sentences, how many there are of others."""
    found, others = list[Row](), Counter[str]()
    for row in rows:
        if row.modality in modalities:
            found.append(row)
        else:
            others[row.modality or "no modality"] += 1
    wanted = " and ".join(modalities)
    says = (f"{count} image{'s' * (count > 1)} of {name}" for name, count in sorted(others.items()))
    return found, [f"{what}: the layout is of {wanted}" for what in says]


def grey_radiographs(rows: Iterable[Row]) -> tuple[list[Row], dict[str, Header], list[str]]:
    """Radiographs in grey, and the headers of their instances; in sentences, what else there is."""
    found, others = of_modality(rows, RADIOGRAPHY)
    headers = headers_of(found)
    found, coloured = in_grey(found, headers)
    return found, headers, others + coloured


def headers_of(rows: Iterable[Row]) -> dict[str, Header]:
    """The de-identified header of each instance, by SOP Instance UID."""
    found: dict[str, Header] = {}
    by_container: dict[object, list[Row]] = {}
    for row in rows:
        by_container.setdefault(row.container, []).append(row)
    for some in by_container.values():
        with open_container(some[0].container) as container:
            wanted = {row.sop_instance_uid for row in some}
            found |= {
                one.sop_instance_uid: container.header(one.index)
                for one in container.instances
                if one.sop_instance_uid in wanted
            }
    return found


def in_grey(rows: Iterable[Row], headers: Mapping[str, Header]) -> tuple[list[Row], list[str]]:
    """The rows that are not in colour; in a sentence, how many are."""
    every = list(rows)
    found = [row for row in every if headers[row.sop_instance_uid].text("PhotometricInterpretation").startswith("MONOCHROME")]
    lost = len(every) - len(found)
    return found, [f"{lost} image{'s' * (lost > 1)} in colour: the layout is of grey ones"] * bool(lost)


def in_time(rows: Sequence[Row], headers: Mapping[str, Header]) -> list[Row]:
    """Patient by patient as they come; of each, by date and time of the study where these are kept."""
    patients = {name: index for index, name in enumerate(dict.fromkeys(row.subject.patient_id for row in rows))}
    studies = {uid: index for index, uid in enumerate(dict.fromkeys(row.study_instance_uid for row in rows))}

    def key(row: Row) -> tuple[int, str, str, int]:
        header = headers[row.sop_instance_uid]
        when = header.text("StudyDate"), header.text("StudyTime")
        return patients[row.subject.patient_id], *when, studies[row.study_instance_uid]

    return sorted(rows, key=key)
