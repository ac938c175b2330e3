"""The pixel part of the benchmark: it draws the same lines again, and tells hiding them from copying them."""

import json
import shutil
from functools import cache

import h5py
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset

from tests.benchmarks.deid.adapters import Done, Job, Tool
from tests.benchmarks.deid.pixels import attributes, encoding, storing
from tests.benchmarks.deid.pixels.bench import measure, prepare
from tests.benchmarks.deid.pixels.cases import SYNTAXES, Case, cases
from tests.benchmarks.deid.pixels.drawing import CONTRASTS
from tests.benchmarks.deid.pixels.headers import pixel_module
from tests.benchmarks.deid.pixels.lettering import ink
from tests.benchmarks.deid.pixels.programs import tools
from tests.benchmarks.deid.pixels.reading import Unreadable, decoded
from tests.benchmarks.deid.pixels.sheet import markdown
from tests.benchmarks.deid.pixels.storing import Storage, stored
from tests.benchmarks.deid.ultrasound import SIZES, screen, text_free


@cache
def some_screens():
    return tuple(screen(7, number, contrast) for number, contrast in enumerate(CONTRASTS))


# --- what is drawn


def test_a_seed_draws_the_same_screen_again_and_another_seed_another():
    first, again, other = (screen(seed, 0, "white on black") for seed in (7, 7, 8))
    assert np.array_equal(first.pixels, again.pixels)
    assert [line.text for line in first.lines] == [line.text for line in again.lines]
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("number", range(len(CONTRASTS)))
def test_every_line_of_a_screen_is_where_its_box_says(number):
    shown = some_screens()[number]
    for line in shown.lines:
        seen = np.corrcoef(shown.pixels[line.box.slices].ravel(), line.coverage.ravel())[0, 1]
        assert abs(seen) > 0.6, (line.text, seen)


def test_screens_hold_nine_lines_that_name_somebody_and_three_or_four_that_measure():
    assert {(len(one.identifying), len(one.harmless)) for one in some_screens()} == {(9, 3), (9, 4)}


def test_a_screen_has_lines_of_every_size():
    assert {line.size for one in some_screens() for line in one.lines} == set(SIZES)


def test_lines_of_a_screen_keep_apart():
    for shown in some_screens():
        occupied = np.zeros(shown.pixels.shape, int)
        for line in shown.lines:
            occupied[line.box.grown(8, occupied.shape).slices] += 1
        assert occupied.max() == 1


def test_screens_without_text_have_no_lines():
    assert [one.lines for one in text_free(7)] == [()] * 8


@pytest.mark.parametrize(("size", "style"), [(8, "smooth"), (13, "hard"), (11, "bitmap"), (22, "bitmap")])
def test_the_ink_of_a_letter_is_in_its_cell(size, style):
    whole = ink("AAAA1", size, style)
    first, last = whole.cells[0], whole.cells[-1]
    assert np.array_equal(whole.coverage[whole.cells[1].slices], whole.coverage[whole.cells[2].slices])
    assert not np.array_equal(whole.coverage[first.slices], whole.coverage[last.slices])
    assert all(whole.coverage[cell.slices].max() > 0.5 for cell in whole.cells)


# --- stored and read back


def shown_values(colour):
    """Something with edges, (2, 20, 24[, 3]): columns are even, as halved colour differences want it."""
    noise = np.random.default_rng(1).integers(0, 30, (2, 20, 24, 3))
    ramp = np.add.outer(np.arange(20) * 6, np.arange(24) * 5)[..., None]
    values = np.clip(ramp + noise, 0, 255).astype(np.uint8)
    return values if colour else values[..., 0]


def image_of(values, storage, syntax):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax.uid
    fields = pixel_module(storage, syntax) | {"Rows": 20, "Columns": 24, "NumberOfFrames": 2}
    for keyword, value in fields.items():
        setattr(dataset, keyword, value)
    encoding.put_pixels(dataset, values, storage, syntax)
    return dataset


@pytest.mark.parametrize("storage", SYNTAXES, ids=lambda one: one.name)
def test_what_is_stored_is_read_back_in_every_syntax(storage):
    values = stored(shown_values(storage.colour), storage)
    for syntax in SYNTAXES[storage]:
        seen = decoded(image_of(values, storage, syntax))
        apart = np.abs(seen.values.astype(int) - values.astype(int)).max()
        allowed = 2 if syntax == encoding.JPEG_LS_NEAR else 60 if syntax.lossy else 0
        assert apart <= allowed, (syntax.name, apart)


def test_colours_are_what_was_shown_as_far_as_the_storage_allows():
    shown = shown_values(True)
    for storage, allowed in ((storing.RGB, 0), (storing.YBR, 2), (storing.YBR_422, 40), (storing.PALETTE, 80)):
        seen = decoded(image_of(stored(shown, storage), storage, encoding.EXPLICIT)).colours
        assert np.abs(seen.astype(int) - shown.astype(int)).max() <= allowed, storage.name


def test_pixels_that_are_shorter_than_their_header_says_are_unreadable():
    dataset = image_of(stored(shown_values(False), storing.MONOCHROME_2), storing.MONOCHROME_2, encoding.EXPLICIT)
    dataset.Rows = 21
    with pytest.raises(Unreadable):
        decoded(dataset)


def test_every_storage_has_a_case_with_text_in_one_frame_and_in_several_and_one_without_text():
    for storage, syntaxes in SYNTAXES.items():
        mine = [case for case in cases() if case.storage == storage]
        with_text = {(case.syntax, case.frames > 1) for case in mine if case.where != "nowhere"}
        assert {(syntax, several) for syntax in syntaxes for several in (False, True)} <= with_text
        assert {case.frames > 1 for case in mine if case.where == "nowhere"} == {False, True}


# --- planted again, and told apart


COUNT = 12


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("pixels"), 5, COUNT)


def test_the_same_seed_plants_the_same_bytes(ground, tmp_path):
    again = prepare(tmp_path, 5, COUNT)
    assert [one.relative for one in again.plates] == [one.relative for one in ground.plates]
    for plate in ground.plates:
        assert (ground.source / plate.relative).read_bytes() == (again.source / plate.relative).read_bytes()


def test_a_case_is_the_same_whatever_others_are_planted(ground, tmp_path):
    plate = ground.plates[-1]
    alone = prepare(tmp_path, 5, only=[int(plate.relative[5:8])])
    assert (alone.source / plate.relative).read_bytes() == (ground.source / plate.relative).read_bytes()


def rewritten(ground, change):
    """A program that blanks what it is told to in the stored values, and writes them uncompressed."""

    def run(job):
        for plate in ground.plates:
            dataset = dcmread(job.source / plate.relative)
            values, photometric = as_written(decoded(dataset))
            change(plate, values)
            write_values(dataset, values, photometric)
            dataset.save_as(job.out / f"{plate.row}.dcm", enforce_file_format=True)
        return Done(0, b"")

    return run


def as_written(before):
    """Stored values that can be written as they are, and their Photometric Interpretation."""
    if before.photometric.startswith("YBR"):  # not every YBR may be uncompressed, in not every kind of image
        return before.colours.copy(), "RGB"
    return before.values.copy(), before.photometric


def write_values(dataset, values, photometric):
    storage = Storage(photometric, int(dataset.BitsStored), bool(dataset.PixelRepresentation))
    syntax = encoding.BIG if dataset.file_meta.TransferSyntaxUID == encoding.BIG.uid else encoding.EXPLICIT
    dataset.file_meta.TransferSyntaxUID, dataset.PhotometricInterpretation = syntax.uid, photometric
    if storage.samples == 3:
        dataset.PlanarConfiguration = 0
    dataset.BurnedInAnnotation = "NO"
    encoding.put_pixels(dataset, values, storage, syntax)
    dataset["PixelData"].is_undefined_length = False


def named(plate):
    return [line for line in plate.lines if line.identifying]


def blank_boxes(plate, values):
    for line in named(plate):
        values[:, *line.box.slices] = 0


def blank_with_noise(plate, values):
    for line in named(plate):
        crop = values[:, *line.box.slices]
        spread = 0.12 * (crop.max() - float(crop.min()))
        noise = np.random.default_rng(plate.row).uniform(-spread, spread, crop.shape) + np.median(crop)
        values[:, *line.box.slices] = np.clip(noise, values.min(), values.max()).astype(values.dtype)


def blank_all(plate, values):
    values[:] = 0


def blank_first_frame(plate, values):
    for line in named(plate):
        values[0, *line.box.slices] = 0


def blank_far_too_much(plate, values):
    for line in named(plate):
        values[:, *line.box.grown(14, values.shape[1:]).slices] = 0


def blank_left_half(plate, values):
    for line in named(plate):
        rows, columns = line.box.slices
        if line.quarter_turns:
            values[:, slice((rows.start + rows.stop) // 2, rows.stop), columns] = 0
        else:
            values[:, rows, slice(columns.start, (columns.start + columns.stop) // 2)] = 0


def blank_measurements(plate, values):
    for line in plate.lines:
        values[:, *line.box.slices] = 0


def figures_of(ground, run, name):
    return measure(ground, Tool(name, run, keeps_names=True))


def copy(job):
    shutil.copytree(job.source, job.out, dirs_exist_ok=True)
    return Done(0, b"")


def test_a_program_that_copies_hides_nothing_and_changes_nothing(ground):
    found = figures_of(ground, copy, "copy")
    assert found.hidden.total > 25
    assert found.hidden.passed == 0
    assert (found.retained.percent, found.equal.percent, found.false_area, found.missing) == (100, 100, 0, 0)
    said = {fault for one in found.score.files for fault in one.faults}
    assert said <= {"Burned In Annotation NO, and there is some", "Burned In Annotation is not NO, and there is none"}


def test_a_program_that_blanks_the_boxes_passes_in_everything(ground):
    found = figures_of(ground, rewritten(ground, blank_boxes), "boxes")
    assert [one.note for one in found.score.lines if not one.passed] == []
    assert (found.hidden.percent, found.retained.percent, found.equal.percent) == (100, 100, 100)
    assert (found.false_area, found.area_outside) == (0, 0)
    assert [(one.plate.case.name, one.faults) for one in found.score.files if one.faults] == []


def test_a_program_that_fills_boxes_with_noise_hides_all_the_same(ground):
    found = figures_of(ground, rewritten(ground, blank_with_noise), "noise")
    assert [(one.plate.case.name, one.line.text, one.note) for one in found.score.lines if not one.passed] == []


def test_a_program_that_blanks_everything_retains_nothing(ground):
    found = figures_of(ground, rewritten(ground, blank_all), "all")
    assert found.hidden.percent == 100
    assert found.retained.passed == found.equal.passed == 0
    assert found.false_area > 0.5


def test_a_program_that_blanks_one_frame_of_a_cine_leaves_the_text_in_the_others(ground):
    found = figures_of(ground, rewritten(ground, blank_first_frame), "first frame")
    frames = {one.plate: len(one.line.frames) or one.plate.case.frames for one in found.score.lines}
    several = [one for one in found.score.lines if one.line.identifying and one.plate.case.kind not in ("CT", "MR")
               and (frames[one.plate] > 1 or one.line.frames)]  # fmt: skip
    assert several
    assert not any(one.passed for one in several)
    assert any(one.passed for one in found.score.lines if one.line.identifying and one not in several)


def test_a_program_that_blanks_half_a_line_has_not_hidden_it(ground):
    found = figures_of(ground, rewritten(ground, blank_left_half), "half")
    unlabelled = [one for one in found.score.lines if one.line.identifying and one.line.text == one.line.secret]
    assert unlabelled
    assert not any(one.passed for one in unlabelled)


def test_a_program_that_blanks_more_than_eight_pixels_around_is_not_equal_outside(ground):
    found = figures_of(ground, rewritten(ground, blank_far_too_much), "too much")
    assert found.hidden.percent == 100
    assert found.equal.percent < 50
    assert 0 < found.area_outside < 0.2


def test_a_program_that_blanks_measurements_too_loses_lines_and_nothing_elsewhere(ground):
    found = figures_of(ground, rewritten(ground, blank_measurements), "measurements")
    assert (found.hidden.percent, found.retained.passed, found.area_elsewhere) == (100, 0, 0)
    assert found.area_outside > 0


def test_a_program_that_writes_nothing_fails_everything(ground):
    found = figures_of(ground, lambda job: Done(1, b""), "nothing")
    assert found.hidden.passed == found.retained.passed == found.equal.passed == 0
    assert (found.missing, found.false_area) == (len(ground.plates), 1)


def test_the_sheet_lists_each_miss_with_file_and_line(ground):
    found = figures_of(ground, copy, "copied")
    sheet = markdown([found])
    first = next(one for one in found.score.lines if not one.passed)
    assert f"- {first.plate.relative} line {first.number} left in DICOM" in sheet
    for title in ("font size", "contrast", "storage and syntax"):
        assert f"Hidden by {title}" in sheet
    assert json.loads(json.dumps(found.as_json()))["hidden"] == [0, found.hidden.total]


# --- pictures and containers


def with_pictures(ground, source_of_pictures):
    """Clean DICOM files, and pictures and a container of the frames as they were or as they are now."""

    def run(job):
        rewritten(ground, blank_boxes)(job)
        (job.out / "png").mkdir()
        rows = []
        with h5py.File(job.out / "series.h5", "w") as file:
            uids = []
            for plate in ground.plates:
                path = job.out / f"{plate.row}.dcm" if source_of_pictures == "output" else job.source / plate.relative
                seen, uid = decoded(dcmread(path)), str(dcmread(path).SOPInstanceUID)
                stack = file.create_group(f"stacks/{plate.row}")
                stack["pixels"] = seen.values
                stack["frames/instance"] = np.full(len(seen.values), plate.row)
                stack["frames/frame_number"] = np.arange(len(seen.values)) + 1
                uids.append(uid.encode())
                for index, frame in enumerate(seen.colours):
                    name = f"{plate.row}-{index}.png"
                    low, high = int(seen.colours.min()), max(int(seen.colours.max()), int(seen.colours.min()) + 1)
                    scaled = (frame.astype(float) - low) * 255 / (high - low)
                    Image.fromarray(np.rint(scaled).astype(np.uint8)).save(job.out / "png" / name)
                    rows.append(f"{name},{uid},{index + 1}")
            file["instances/sop_instance_uid"] = np.array(uids)
        (job.out / "png" / "slices.csv").write_text("\n".join(["file,sop_instance_uid,frame_number", *rows]))
        return Done(0, b"")

    return run


@pytest.mark.parametrize(("source", "percent"), [("output", 100), ("original", 0)])
def test_text_in_pictures_and_containers_counts_as_text_in_files_does(ground, source, percent):
    found = figures_of(ground, with_pictures(ground, source), f"pictures of {source}")
    assert found.hidden.percent == 100
    for carrier in ("PNG", "HDF5"):
        lines = [one for one in found.score.lines if one.carrier == carrier]
        assert len(lines) == sum(len(plate.lines) for plate in ground.plates)
        wrong = [
            (one.plate.case.name, one.note)
            for one in lines
            if one.passed != (percent == 100 or not one.line.identifying)
        ]
        assert wrong == []


# --- attributes


def tiny(storage=storing.RGB, syntax=encoding.EXPLICIT, **changed):
    dataset = image_of(stored(shown_values(storage.colour), storage), storage, syntax)
    for keyword, value in changed.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


CASE = Case("US", storing.RGB, encoding.EXPLICIT)
LOSSY_CASE = Case("US", storing.RGB, encoding.JPEG)
UNFIT = {
    "samples": (CASE, tiny(PhotometricInterpretation="MONOCHROME2")),
    "planar": (CASE, tiny(PlanarConfiguration=None)),
    "high bit": (CASE, tiny(HighBit=6)),
    "bits": (CASE, tiny(BitsStored=7, HighBit=6)),
    "lossy without cause": (CASE, tiny(LossyImageCompression="01")),
    "lossy made": (CASE, tiny(syntax=encoding.JPEG)),
    "lossy forgotten": (LOSSY_CASE, tiny()),
    "ratio forgotten": (LOSSY_CASE, tiny(LossyImageCompression="01")),
    "transform not named": (CASE, tiny(storing.YBR_RCT, encoding.JPEG_2000, PhotometricInterpretation="RGB")),
    "transform not made": (CASE, tiny(storing.RGB, encoding.JPEG_2000, PhotometricInterpretation="YBR_RCT")),
}


@pytest.mark.parametrize("name", UNFIT)
def test_attributes_that_do_not_fit_the_pixels_are_named(name):
    case, output = UNFIT[name]
    assert attributes.faults(tiny(), output, case)


def test_attributes_that_fit_are_not_complained_of():
    assert attributes.faults(tiny(), tiny(), CASE) == []
    assert attributes.faults(tiny(), tiny(storing.YBR_RCT, encoding.JPEG_2000), CASE) == []
    assert attributes.faults(tiny(syntax=encoding.JPEG), tiny(syntax=encoding.JPEG), LOSSY_CASE) == []


@pytest.mark.parametrize(
    ("said", "left", "fits"), [("NO", False, True), ("NO", True, False), ("YES", True, True), ("YES", False, False)]
)
def test_burned_in_annotation_has_to_be_true(said, left, fits):
    assert (attributes.burned_in(tiny(BurnedInAnnotation=said), left) == []) is fits


# --- programs


def test_any_program_can_be_run_by_a_template_of_its_command(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a file").write_text("text")
    (tool,) = tools([], ["copier=cp -r {source}/. {out}"])
    done = tool.run(Job(tmp_path / "in", tmp_path / "out", tmp_path, "research"))
    assert (tool.name, done.exit_code) == ("copier", 0)
    assert (tmp_path / "out" / "a file").read_text() == "text"
