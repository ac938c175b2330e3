"""Frames of containers for whoever trains on them: what comes out, in which process, and as a table."""

import multiprocessing
import os
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

import dicomconv
from dicomconv import SliceDataset, convert, to_dataframe
from dicomconv.annotation import FrameKey, Label, Region
from dicomconv.container.annotations import add_set
from dicomconv.container.footer import write_footer
from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError, VerificationFailed
from dicomconv.pipeline import slice_dataset
from tests import make
from tests.container import annotated
from tests.outputs import containers, key_file

KEY = FrameKey(0, 1)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two containers of three and two slices; the first has a set on two of its frames."""
    folder = tmp_path_factory.mktemp("dataset")
    second = [make.ct_slice(SeriesInstanceUID="1.2.9", SOPInstanceUID=f"1.2.9.{n}") for n in (1, 2)]
    make.write(folder / "in", {f"{n}": content for n, content in enumerate([*make.series(3), *second])})
    convert(folder / "in", folder / "out", key=key_file(folder / "key"), window="soft-tissue")
    first = max(containers(folder / "out"), key=lambda path: len(open_container(path)))
    with open_container(first) as container:
        _, rows, columns = container.stacks[0].shape
    mask = annotated.mask((1, 2), (1, 3), rows=rows, columns=columns)
    regions = (Region(KEY, 2, mask), Region(FrameKey(0, 2), 1, ~mask), Region(FrameKey(0, 2), 2, mask | True))
    add_set(first, annotated.drawn("consensus", regions=regions, seen=frozenset({KEY, FrameKey(0, 2)}), shapes=(), tags=()))
    return folder / "out"


def of_set(out: Path, **choices: Any) -> SliceDataset:
    return SliceDataset(out, annotations="consensus", **choices)


def test_every_frame_is_there_with_its_map(out: Path) -> None:
    dataset = of_set(out)
    assert len(dataset) == 5
    total = 0
    for path in containers(out):
        with open_container(path) as container:
            for frame, stored in enumerate(container.stacks[0]):
                sample = dataset[total]
                assert (sample["image"] == container.stacks[0].modality(frame)).all()
                assert (sample["image"].dtype, sample["image"].shape) == (np.float32, stored.shape)
                assert (sample["container"], sample["frame"], sample["stack"]) == (str(path), frame, 0)
                assert sample["sop_instance_uid"] == container.instances[frame].sop_instance_uid
                assert (sample["frame_number"], sample["container_uuid"]) == (1, container.container_uuid)
                if "consensus" in container.annotations:
                    assert (sample["labelmap"] == container.annotations["consensus"].labelmap[frame]).all()
                    assert sample["annotated"] is (frame > 0)
                else:
                    assert not sample["labelmap"].any()
                    assert sample["annotated"] is False
                assert sample["labelmap"].shape == stored.shape
                assert sample["labelmap"].dtype == np.uint8
                total += 1
    assert total == 5
    assert (dataset[-1]["image"] == dataset[4]["image"]).all()
    with pytest.raises(IndexError):
        dataset[5]
    assert len(list(dataset)) == 5


def test_containers_are_named_by_path_by_folder_or_as_they_are(out: Path) -> None:
    paths = containers(out)
    expected = [sample["sop_instance_uid"] for sample in SliceDataset(out)]
    for named in (str(out), paths, [str(path) for path in paths], [open_container(path) for path in paths], iter(paths)):
        assert [sample["sop_instance_uid"] for sample in SliceDataset(named)] == expected  # type: ignore[arg-type]
    assert len(SliceDataset(open_container(paths[0]))) == len(open_container(paths[0]).stacks[0])


def test_with_a_window_images_are_those_of_the_pngs(out: Path) -> None:
    dataset = SliceDataset(containers(out), window="soft-tissue")
    pngs = [path for container in containers(out) for path in sorted(container.with_suffix("").glob("*.png"))]
    for sample, path in zip(dataset, pngs, strict=True):
        with Image.open(path) as picture:
            assert (sample["image"] == np.asarray(picture)).all()
        assert sample["image"].dtype == np.uint8
        assert "labelmap" not in sample


def test_a_window_of_the_range_is_that_of_the_series(out: Path) -> None:
    dataset = SliceDataset(containers(out)[0], window="auto")
    images = np.stack([sample["image"] for sample in dataset])
    assert (images.min(), images.max()) == (0, 255)


def test_colour_is_colour(tmp_path: Path) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (6, 7, 3), np.uint8)
    make.write(tmp_path / "in", {"a": make.encapsulated(frame, PhotometricInterpretation="RGB")})
    convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key"), burned_in="keep")
    for window in (None, "auto"):
        [sample] = SliceDataset(tmp_path / "out", window=window)
        assert (sample["image"] == frame).all()


def test_a_transform_has_the_last_word(out: Path) -> None:
    dataset = of_set(out, transform=lambda sample: (sample["image"] * 2, sample["labelmap"]))
    image, labelmap = dataset[1]
    assert (image == of_set(out)[1]["image"] * 2).all()
    assert labelmap.shape == image.shape


def test_large_labels_make_maps_that_torch_knows(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5")
    label = Label("far", 300, (0, 0, 0), annotated.ORGAN, annotated.ORGAN)
    add_set(path, annotated.drawn(labels=(label,), regions=(Region(KEY, 300, annotated.mask((0, 0))),), shapes=(), tags=()))
    assert [sample["labelmap"].dtype for sample in SliceDataset(path, annotations="reviewer-a")] == [np.int32] * 3


def test_a_set_that_is_nowhere_is_an_error_that_names_those_that_are(out: Path) -> None:
    with pytest.raises(UsageError, match="none of the containers has an annotation set reviewer-z"):
        SliceDataset(out, annotations="reviewer-z")
    with pytest.raises(UsageError, match="there are: consensus"):
        to_dataframe(out, annotations="reviewer-z")
    with pytest.raises(UsageError, match="--window"):
        SliceDataset(out, window="bones")
    with pytest.raises(UsageError, match="does not exist"):
        SliceDataset(out / "nowhere")


def test_a_set_of_another_container_is_refused(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5", annotated.drawn())
    with h5py.File(path, "r+") as file:
        file["annotations/reviewer-a"].attrs.modify("root_sha256", np.bytes_(b"0" * 64))
    write_footer(path)
    with pytest.raises(VerificationFailed, match="another container"):
        SliceDataset(path, annotations="reviewer-a")


def test_few_files_are_open_at_a_time(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_dataset, "MOST_OPEN", 1)
    dataset = of_set(out)
    for index in (0, 4, 1, 3):
        assert (dataset[index]["image"] == of_set(out)[index]["image"]).all()
        assert len(dataset._open) == 1
    dataset.close()
    assert not dataset._open


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in one.keys() | other.keys())


def test_it_can_be_pickled_and_its_files_are_opened_anew(out: Path) -> None:
    dataset = of_set(out, window="lung")
    before = dataset[2]
    copy = pickle.loads(pickle.dumps(dataset))
    assert not copy._open
    assert same(copy[2], before)


def _fetch(dataset: SliceDataset, indices: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
    return [(os.getpid(), dataset[index]) for index in indices]


class Loader:
    """What torch's DataLoader does with a map-style data set, without torch: workers that fetch batches."""

    def __init__(self, dataset: SliceDataset, method: str, workers: int = 2, batch: int = 2) -> None:
        self.dataset, self.context = dataset, multiprocessing.get_context(method)
        self.workers, self.batch = workers, batch

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        starts = range(0, len(self.dataset), self.batch)
        batches = [range(start, min(start + self.batch, len(self.dataset))) for start in starts]
        with self.context.Pool(self.workers) as pool:
            for found in pool.starmap(_fetch, [(self.dataset, batch) for batch in batches], chunksize=1):
                yield from found


METHODS = [one for one in ("fork", "spawn") if one in multiprocessing.get_all_start_methods()]


@pytest.mark.parametrize("method", METHODS)
def test_workers_give_the_same_frames(out: Path, method: str) -> None:
    dataset = of_set(out)
    expected = list(dataset)  # the files are open here when the workers come
    found = list(Loader(dataset, method))
    assert all(same(one, other) for one, (_, other) in zip(expected, found, strict=True))
    assert os.getpid() not in {process for process, _ in found}
    assert all(same(one, other) for one, other in zip(expected, dataset, strict=True))


def _in_child(dataset: SliceDataset, queue: Any) -> None:
    queue.put([sample["image"].sum() for sample in dataset])


@pytest.mark.skipif("fork" not in METHODS, reason="no fork here")
def test_a_fork_inherits_open_files_and_does_not_use_them(out: Path) -> None:
    context = multiprocessing.get_context("fork")
    dataset, queue = of_set(out), context.Queue()
    expected = [sample["image"].sum() for sample in dataset]
    children = [context.Process(target=_in_child, args=(dataset, queue)) for _ in range(3)]
    for child in children:
        child.start()
    found = [queue.get(timeout=60) for _ in children]
    for child in children:
        child.join()
    assert found == [expected] * 3
    assert [sample["image"].sum() for sample in dataset] == expected


@pytest.mark.parametrize("method", METHODS)
def test_torchs_loader_takes_it(out: Path, method: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    dataset = of_set(out)
    loader = torch.utils.data.DataLoader(dataset, batch_size=2, num_workers=2, multiprocessing_context=method)
    batches = list(loader)
    assert [len(batch["image"]) for batch in batches] == [2, 2, 1]
    images = torch.cat([batch["image"] for batch in batches]).numpy()
    labels = torch.cat([batch["labelmap"] for batch in batches]).numpy()
    assert (images == np.stack([sample["image"] for sample in dataset])).all()
    assert (labels == np.stack([sample["labelmap"] for sample in dataset])).all()
    assert [uid for batch in batches for uid in batch["sop_instance_uid"]] == [one["sop_instance_uid"] for one in dataset]
    flags = torch.cat([batch["annotated"] for batch in batches])
    assert flags.tolist() == [sample["annotated"] for sample in dataset]


def test_a_table_has_a_row_for_each_frame(out: Path) -> None:
    pytest.importorskip("pandas")
    table = to_dataframe(out)
    assert len(table) == 5
    with_set = table[table["consensus.seen"].notna()]
    assert with_set["consensus.seen"].tolist() == [False, True, True]
    assert with_set["consensus.labels"].tolist() == ["", "tumour", "liver\\tumour"]
    size = int(table["rows"][0] * table["columns"][0])
    counts = with_set["consensus.pixels.tumour"].tolist()
    assert counts[1:] == [2, size]
    assert with_set["consensus.pixels.liver"].tolist()[1:] == [0, size - 2]
    assert table["consensus.pixels.liver"].isna().sum() == 3  # one frame that was not seen, and a container without the set
    assert set(table["sop_instance_uid"]) == {one["sop_instance_uid"] for one in of_set(out)}
    assert table["patient_id"].nunique() == 1
    assert table["series_instance_uid"].nunique() == 2
    for path in containers(out):
        frames = open_container(path).stacks[0].frames
        rows = table[table["container"] == str(path)]
        position = rows[["position_x", "position_y", "position_z"]].to_numpy()
        assert np.array_equal(position, frames["position"], equal_nan=True)
        spacing = rows[["pixel_spacing_rows", "pixel_spacing_columns"]].to_numpy()
        assert np.array_equal(spacing, frames["pixel_spacing"], equal_nan=True)


def test_a_table_of_one_set_has_no_other(out: Path, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    path = annotated.container(tmp_path / "a.h5", annotated.drawn("a"), annotated.drawn("b"))
    assert not [name for name in to_dataframe(path, annotations="a").columns if name.startswith("b.")]
    assert [name for name in to_dataframe([path]).columns if name.startswith("b.")]


def test_they_are_public_names() -> None:
    assert {"SliceDataset", "to_dataframe"} <= set(dicomconv.__all__)
