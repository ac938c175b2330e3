"""The layouts of the Decathlon, of nnU-Net, AMOS and BraTS: names, lists, labels, splits, and what is refused."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicomconv.errors import UsageError
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from tests.export import studies

nib = pytest.importorskip("nibabel")
ORGANS = studies.labels("spleen", "liver", first=3, step=4)
OF_2021, OF_2023 = ("t1", "t1ce", "t2", "flair"), ("t1n", "t1c", "t2w", "t2f")


@pytest.fixture(scope="module")
def organs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four series of CT of four patients, of which three have been drawn on."""
    paths = studies.converted(tmp_path_factory.mktemp("organs"), *(studies.series(f"p{number}") for number in range(4)))
    for path in paths[:3]:
        studies.draw(path, ORGANS)
    return paths


def files_of(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def json_of(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "volumes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values_of(path: Path) -> Any:
    return np.asanyarray(nib.load(path).dataobj)


def test_msd_has_pairs_of_images_and_labels_with_their_own_values(organs: list[Path], tmp_path: Path) -> None:
    done = export("msd", organs, tmp_path / "out", Choices(name="Task09_Spleen", annotations="truth"), Asked())
    assert done.left_out == ("5 images: there is no annotation set truth of it",)
    task = tmp_path / "out/Task09_Spleen"
    names = [f"spleen_{number:03d}.nii.gz" for number in (1, 2, 3)]
    assert files_of(task) == ["dataset.json", *(f"imagesTr/{one}" for one in names), *(f"labelsTr/{one}" for one in names)]
    content = json_of(task / "dataset.json")
    assert (content["numTraining"], content["numTest"], content["tensorImageSize"]) == (3, 0, "3D")
    assert (content["modality"], content["labels"]) == ({"0": "CT"}, {"0": "background", "3": "spleen", "7": "liver"})
    assert content["training"] == [{"image": f"./imagesTr/{one}", "label": f"./labelsTr/{one}"} for one in names]
    for path, name in zip(organs, names, strict=False):
        image, labels = (nib.load(task / f"{kind}Tr/{name}") for kind in ("images", "labels"))
        values, affine = studies.truth(path)
        np.testing.assert_array_equal(np.asanyarray(image.dataobj), values)
        np.testing.assert_allclose(image.affine, affine, atol=1e-5)
        np.testing.assert_array_equal(labels.affine, image.affine)
        found = np.asanyarray(labels.dataobj)
        assert np.unique(found).tolist() == [0, 3, 7]
        assert np.argwhere(found == 7)[0].tolist() == [1, 1, 1]


def test_cases_keep_their_names_when_others_come(organs: list[Path], tmp_path: Path) -> None:
    choices = Choices(annotations="truth")
    export("nnunet", organs[1:], tmp_path / "one", choices, Asked())
    export("nnunet", organs, tmp_path / "two", choices, Asked())
    one, two = ({row["series_instance_uid"]: row["case"] for row in rows_of(tmp_path / name)} for name in ("one", "two"))
    assert one.items() <= two.items()
    assert len(set(two.values())) == 3


def test_a_split_is_in_folders_and_lists_and_is_kept(tmp_path: Path) -> None:
    asked = Asked(ratio=parse_ratio("50/25/25"))
    paths = studies.converted(tmp_path / "tree", *(studies.series(f"q{number}") for number in range(4)))
    for path in paths:
        studies.draw(path, ORGANS)
    export("msd", paths, tmp_path / "msd", Choices(annotations="truth"), asked)
    content = json_of(tmp_path / "msd/Task11_Volumes/dataset.json")
    assert (content["numTraining"], content["numValidation"], content["numTest"]) == (2, 1, 1)
    assert isinstance(content["test"][0], str)
    assert content["validation"][0]["label"].startswith("./labelsVa/")
    parts = {row["patient_id"]: row["split"] for row in rows_of(tmp_path / "msd")}
    export("nnunet", paths, tmp_path / "nnunet", Choices(annotations="truth"), Asked())
    assert {row["patient_id"]: row["split"] for row in rows_of(tmp_path / "nnunet")} == parts
    folder = tmp_path / "nnunet/Dataset011_Volumes"
    [split] = json_of(folder / "splits_final.json")
    assert (len(split["train"]), len(split["val"])) == (2, 1)
    assert json_of(folder / "dataset.json")["numTraining"] == 3 == len(list((folder / "imagesTr").iterdir()))
    assert len(list((folder / "imagesTs").iterdir())) == 1


def test_nnunet_numbers_labels_without_gaps_and_says_so(organs: list[Path], tmp_path: Path) -> None:
    export("nnunet", organs[:3], tmp_path / "out", Choices(name="Dataset012_Abdomen", annotations="truth"), Asked())
    folder = tmp_path / "out/Dataset012_Abdomen"
    names = [f"abdomen_{number:03d}" for number in range(1, 10)]
    assert set(files_of(folder)) > {"dataset.json"}
    content = json_of(folder / "dataset.json")
    assert content["labels"] == {"background": 0, "spleen": 1, "liver": 2}
    assert (content["channel_names"], content["numTraining"], content["file_ending"]) == ({"0": "CT"}, 3, ".nii.gz")
    for path in sorted((folder / "labelsTr").iterdir()):
        assert path.name.partition(".")[0] in names
        assert np.unique(values_of(path)).tolist() == [0, 1, 2]
        assert (folder / "imagesTr" / path.name.replace(".nii", "_0000.nii")).is_file()
    [loss] = [one for one in json_of(tmp_path / "out/export.json")["losses"] if "other values" in one["says"]]
    assert loss["says"].endswith("spleen 3 is 1, liver 7 is 2")


def test_labels_of_sets_that_differ_are_one_by_name_or_refused(tmp_path: Path) -> None:
    paths = studies.converted(tmp_path, *(studies.series(f"p{number}") for number in range(2)))
    studies.draw(paths[0], studies.labels("spleen", "liver"))
    studies.draw(paths[1], studies.labels("liver", "spleen", "ignore", "Background"))
    with pytest.raises(UsageError, match="label 1 is spleen in one annotation set and liver in another"):
        export("msd", paths, tmp_path / "msd", Choices(annotations="truth"), Asked())
    export("nnunet", paths, tmp_path / "nnunet", Choices(annotations="truth"), Asked())
    folder = tmp_path / "nnunet/Dataset011_Volumes"
    assert json_of(folder / "dataset.json")["labels"] == {"background": 0, "liver": 1, "spleen": 2, "ignore": 3}
    row_of = {row["series_instance_uid"]: row for row in rows_of(tmp_path / "nnunet")}
    for path, first in zip(paths, ("spleen", "liver"), strict=True):
        labels = values_of(tmp_path / "nnunet" / row_of[studies.facts(path)["SeriesInstanceUID"]]["label_file"])
        assert labels[1, 0, 1] == {"liver": 1, "spleen": 2}[first]
        assert labels[1, 3, 1] == 0  # background, whatever its number was


@pytest.mark.parametrize("name", ["Spleen", "Dataset005_Prostate", "Dataset11_X", "Dataset011_../x", "Dataset011_"])
def test_names_of_nnunet_are_checked(organs: list[Path], tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="Dataset011_Spleen"):
        export("nnunet", organs, tmp_path / "out", Choices(name=name), Asked())
    with pytest.raises(UsageError, match="Task09_Spleen"):
        export("msd", organs, tmp_path / "out", Choices(name=name), Asked())


def test_without_annotations_all_is_for_test_and_that_is_said(organs: list[Path], tmp_path: Path) -> None:
    done = export("msd", organs, tmp_path / "out", Choices(), Asked())
    assert done.left_out[0].startswith("20 images: without --annotations")
    content = json_of(tmp_path / "out/Task11_Volumes/dataset.json")
    assert (content["numTraining"], content["numTest"], content["training"]) == (0, 4, [])


def test_modalities_are_not_mixed(tmp_path: Path) -> None:
    paths = studies.converted(tmp_path, studies.series("p"), studies.series("q", kind="MR"))
    for layout in ("msd", "nnunet"):
        with pytest.raises(UsageError, match=r"several modalities \(CT, MR\)"):
            export(layout, paths, tmp_path / layout, Choices(), Asked())


def test_amos_tells_ct_and_mr_by_number_and_knows_organs_by_name_or_code(tmp_path: Path) -> None:
    from dicomconv.annotations.labels import read_labels

    made = [studies.series("p"), studies.series("q", kind="MR"), studies.series("r", Modality="PT")]
    paths = studies.converted(tmp_path, *made)
    preset = {one.name: one for one in read_labels("amos")}
    by_code = studies.labels("Leber", first=40)[0]
    by_code = type(by_code)("Leber", 40, (1, 2, 3), preset["liver"].category, preset["liver"].type)
    for path in paths:
        studies.draw(path, (*studies.labels("Right_Kidney", "brain"), by_code))
    done = export("amos", paths, tmp_path / "out", Choices(annotations="truth"), Asked())
    assert done.left_out == (
        "5 images: AMOS is of CT and MR only", "10 images: label brain is none of AMOS's, and is background there",
    )  # fmt: skip
    content = json_of(tmp_path / "out/dataset.json")
    numbers = sorted(int(one["image"][-11:-7]) for one in content["training"])
    assert numbers[0] <= 409
    assert numbers[1] == 501
    assert (content["numTraining"], content["validation"], content["test"]) == (2, [], [])
    assert len(content["labels"]) == 16
    for one in content["training"]:
        assert one["image"].startswith("./imagesTr/amos_0")
        assert np.unique(values_of(tmp_path / "out" / one["label"])).tolist() == [0, 2, 6]


def brats(folder: Path, names: tuple[str, ...], *patients: str, **odd: Any) -> tuple[list[Path], Any]:
    """Studies with a series for each channel, and the table that names them; `odd`: of the last series."""
    made = [
        studies.series(patient, name="s" * (number + 1), kind="MR", SeriesDescription=one,
                       **(odd if (patient, one) == (patients[-1], names[-1]) else {}))
        for patient in patients
        for number, one in enumerate(names)
    ]  # fmt: skip
    paths = studies.converted(folder, *made)
    cells = []
    for path in paths:  # which is which: by their pixels, which the length of the name moved
        values, _ = studies.truth(path)
        cells.append((path, names[int(values.min()) // 200 - 1]))
    return paths, studies.table("Channel", cells)


@pytest.mark.parametrize(("names", "enhancing", "link"), [(OF_2021, 4, "_"), (OF_2023, 3, "-")])
def test_brats_has_four_channels_by_the_users_table(
    tmp_path: Path, names: tuple[str, ...], enhancing: int, link: str
) -> None:
    paths, table = brats(tmp_path, names, "p", "q", PixelSpacing=["0.7000001", "1.3"])  # as decimals leave it
    for path in paths:
        studies.draw(path, studies.labels("ET", "edema", "NCR", "skull"))
    done = export("brats", paths, tmp_path / "out", Choices(annotations="truth"), Asked(labels=table))
    assert done.left_out == ("10 images: label skull is none of BraTS's, and is background there",)
    folders = [one for one in (tmp_path / "out").iterdir() if one.is_dir()]
    assert len(folders) == 2
    for folder in folders:
        assert files_of(folder) == sorted(f"{folder.name}{link}{one}.nii.gz" for one in (*names, "seg"))
        images = [nib.load(folder / f"{folder.name}{link}{one}.nii.gz") for one in (*names, "seg")]
        assert len({image.affine.tobytes() for image in images}) == 1
        assert [int(np.asanyarray(image.dataobj).min()) for image in images[:4]] == [200, 400, 600, 800]
        assert np.unique(np.asanyarray(images[4].dataobj)).tolist() == sorted({0, 1, 2, enhancing})
        assert values_of(folder / f"{folder.name}{link}seg.nii.gz")[1, 0, 1] == enhancing
    says = " ".join(one["says"] for one in json_of(tmp_path / "out/export.json")["losses"])
    assert "nothing here was registered to an atlas" in says
    assert "skull-stripped" in says


ODD = {
    "do not lie on one grid": {"PixelSpacing": ["0.7", "1.31"]},
    "lie on one grid": {"count": 4},
}


@pytest.mark.parametrize("words", ODD)
def test_a_study_whose_channels_lie_elsewhere_is_refused(tmp_path: Path, words: str) -> None:
    paths, table = brats(tmp_path, OF_2021, "p", "q", **ODD[words])
    done = export("brats", paths, tmp_path / "out", Choices(), Asked(labels=table))
    assert len(done.left_out) == 1
    assert words in done.left_out[0]
    assert done.counts["studies"] == 1


def test_a_study_without_a_channel_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    paths, table = brats(tmp_path, OF_2021, "p")
    lines = [(number, key, ("t1",) if cell == ("t2",) else cell) for number, key, cell in table.lines]
    twice = type(table)(table.keys, table.columns, tuple(lines))
    with pytest.raises(UsageError, match="two series of its study are its t1"):
        export("brats", paths, tmp_path / "out", Choices(), Asked(labels=twice))
    with pytest.raises(UsageError, match="its study has no "):
        export("brats", paths[:3], tmp_path / "out", Choices(), Asked(labels=table))
    mixed = type(table)(table.keys, table.columns, tuple((n, k, ("t1n",) if c == ("t1",) else c) for n, k, c in table.lines))
    for asked in (Asked(labels=mixed), Asked(), Asked(labels=studies.table("diagnosis", [(paths[0], "t1")]))):
        with pytest.raises(UsageError, match=r"[Cc]hannel"):
            export("brats", paths, tmp_path / "out", Choices(), asked)


def test_channels_are_a_4d_volume_in_msd_and_files_in_nnunet(tmp_path: Path) -> None:
    paths, table = brats(tmp_path, OF_2021, "p", "q")
    first = {studies.facts(path)["StudyInstanceUID"]: path for path in paths}
    for path in first.values():
        studies.draw(path, ORGANS)
    done = export("msd", paths, tmp_path / "msd", Choices(annotations="truth", name="Task01_BrainTumour"), Asked(labels=table))
    assert done.left_out == ()
    content = json_of(tmp_path / "msd/Task01_BrainTumour/dataset.json")
    assert content["modality"] == {"0": "flair", "1": "t1", "2": "t1ce", "3": "t2"}
    assert content["tensorImageSize"] == "4D"
    image = nib.load(tmp_path / "msd/Task01_BrainTumour" / content["training"][0]["image"])
    assert image.shape == (12, 9, 5, 4)
    assert [int(np.asanyarray(image.dataobj)[..., k].min()) for k in range(4)] == [800, 200, 400, 600]
    assert nib.load(tmp_path / "msd/Task01_BrainTumour" / content["training"][0]["label"]).shape == (12, 9, 5)
    export("nnunet", paths, tmp_path / "nnunet", Choices(annotations="truth"), Asked(labels=table))
    folder = tmp_path / "nnunet/Dataset011_Volumes"
    assert json_of(folder / "dataset.json")["channel_names"] == content["modality"]
    ends = [path.name.partition("_")[2][4:8] for path in sorted((folder / "imagesTr").iterdir())]
    assert ends == ["0000", "0001", "0002", "0003"] * 2


def test_sets_that_differ_between_channels_are_refused_and_equal_ones_are_one(tmp_path: Path) -> None:
    paths, table = brats(tmp_path, OF_2021, "p")
    for path in paths[:2]:
        studies.draw(path, ORGANS)
        studies.draw(path, ORGANS if path == paths[0] else ORGANS[::-1], "other")
    assert export("nnunet", paths, tmp_path / "a", Choices(annotations="truth"), Asked(labels=table)).left_out == ()
    with pytest.raises(UsageError, match="different things on several series"):
        export("nnunet", paths, tmp_path / "b", Choices(annotations="other"), Asked(labels=table))


def test_a_label_without_a_place_hides_none_that_has_one(tmp_path: Path) -> None:
    [path] = studies.converted(tmp_path, studies.series("p"))
    of = studies.labels("brain", "spleen", "liver")
    whole = np.ones((studies.ROWS, studies.COLUMNS), np.bool_)
    regions = tuple(studies.Region(studies.FrameKey(0, 2), label.value, whole) for label in of)
    seen = frozenset({studies.FrameKey(0, 2)})
    studies.add_set(path, studies.annotated.drawn("t", labels=of, regions=regions, shapes=(), tags=(), seen=seen))
    export("amos", [path], tmp_path / "out", Choices(annotations="t"), Asked())
    [labels] = (tmp_path / "out/labelsTr").iterdir()
    found = values_of(labels)
    assert np.unique(found[..., 2]).tolist() == [1]  # spleen: smaller in the set than liver
    assert not found[..., [0, 1, 3, 4]].any()
    says = {one["says"]: one["images"] for one in json_of(tmp_path / "out/export.json")["losses"]}
    assert says["slices that the annotator did not have before them count as background"] == 4


def test_bytes_are_the_same_each_time(organs: list[Path], tmp_path: Path) -> None:
    for out in ("a", "b"):
        export("nnunet", organs[:3], tmp_path / out, Choices(annotations="truth", jobs=1 + (out == "b")), Asked())
    one, two = (
        {str(path.relative_to(tmp_path / out)): path.read_bytes() for path in (tmp_path / out).rglob("*") if path.is_file()}
        for out in ("a", "b")
    )
    assert len(one) == 9
    assert one == two


def test_studies_of_brats_are_in_a_folder_for_each_part_of_a_split(tmp_path: Path) -> None:
    paths, table = brats(tmp_path, OF_2021, "p", "q", "r")
    export("brats", paths, tmp_path / "out", Choices(name="Mine"), Asked(labels=table, ratio=parse_ratio("34/33/33")))
    parts = {row["patient_id"]: row["file"].split("/")[0] for row in rows_of(tmp_path / "out")}
    assert sorted(parts.values()) == ["test", "train", "val"]
    assert all(row["file"].split("/")[1].startswith("Mine_") for row in rows_of(tmp_path / "out"))


def test_a_table_may_name_a_channel_by_any_slice(tmp_path: Path) -> None:
    import dicomconv

    paths, table = brats(tmp_path, OF_2021, "p")
    lines = []
    for path, (number, _, cells) in zip(paths, table.lines, strict=True):
        with dicomconv.open_container(path) as container:
            lines.append((number, (container.instances[3].sop_instance_uid,), (cells[0].upper() + " ",)))
    by_slice = type(table)(("sop_instance_uid",), table.columns, tuple(lines))
    done = export("brats", paths, tmp_path / "out", Choices(), Asked(labels=by_slice))
    assert (done.counts["images"], done.left_out) == (20, ())


def test_the_table_of_volumes_has_the_users_columns_and_none_twice(organs: list[Path], tmp_path: Path) -> None:
    cells = [(path, f"grade {number}") for number, path in enumerate(organs)]
    for column, wanted in (("tumour", ["grade 0", "grade 1", "grade 2"]), ("Split", None)):
        table = studies.table(column, cells)
        export("msd", organs, tmp_path / column, Choices(annotations="truth"), Asked(labels=table))
        heading = (tmp_path / column / "volumes.csv").read_text().splitlines()[0].casefold().split(",")
        assert len(set(heading)) == len(heading)
        assert wanted is None or [row[column] for row in rows_of(tmp_path / column)] == wanted
