"""Labels: what a TOML file of them says, what is wrong in it, and the presets."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr.codedict import CONCEPTS

from dicomconv.annotation import Code, Label
from dicomconv.annotations.codes import by_keyword, category_of, known
from dicomconv.annotations.colors import HUES, SHADES, default_color
from dicomconv.annotations.labels import NAME_LENGTH, is_text, labels_of, labels_toml, plain_label, presets, read_labels
from dicomconv.errors import UsageError
from tests.test_floors import ROOT

ANATOMICAL = Code("91723000", "SCT", "Anatomical Structure")
ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
LEFT, RIGHT = Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")
PRESETS = {
    "amos": 15, "msd-brain-tumour": 3, "msd-colon": 1, "msd-heart": 1, "msd-hepatic-vessel": 2, "msd-hippocampus": 2,
    "msd-liver": 2, "msd-lung": 1, "msd-pancreas": 2, "msd-prostate": 2, "msd-spleen": 1, "totalsegmentator": 117,
}  # fmt: skip

texts = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\\"), min_size=1, max_size=16)
codes = st.one_of(
    st.sampled_from(["10200004", "64033007", "12691009"]).map(lambda value: Code(value, "SCT", "words of one's own")),
    st.sampled_from(["10200004", "64033007", "12691009"]).map(lambda value: known("SCT", value)),
    st.builds(Code, texts, texts.map(lambda text: "99" + text[:10]), texts),
)
colors = st.tuples(*[st.integers(0, 255)] * 3)
labels = st.builds(Label, texts, st.integers(1, 65535), colors, codes, codes, st.none() | codes)
distinct = st.lists(labels, min_size=1, max_size=8, unique_by=(lambda one: one.name, lambda one: one.value))


def only(rows: str) -> Label:
    [label] = labels_of(f"[[label]]\n{rows}\n", "labels.toml")
    return label


@given(distinct)
def test_labels_that_are_written_read_as_the_same_labels(some: list[Label]) -> None:
    assert labels_of(labels_toml(some), "x") == tuple(some)


def test_a_file_says_everything_of_a_label(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text(
        '[[label]]\nname = "Niere links"\nvalue = 7\ncolor = "#0a0B0c"\ncategory = "AnatomicalStructure"\n'
        'type = "SCT:64033007"\nmodifier = "Left"\n',
        encoding="utf-8",
    )
    kidney = Label("Niere links", 7, (10, 11, 12), ANATOMICAL, Code("64033007", "SCT", "Kidney"), LEFT)
    assert read_labels(tmp_path / "labels.toml") == (kidney,) == read_labels(str(tmp_path / "labels.toml"))


def test_a_code_is_its_number_or_its_keyword() -> None:
    said = only('name = "x"\nvalue = 1\ntype = "SCT:10200004"\ncolour = [1, 2, 3]')
    assert said == only('name = "x"\nvalue = 1\ntype = "Liver"\ncolor = "#010203"')
    assert said.type == Code("10200004", "SCT", "Liver")


def test_a_code_of_ones_own_is_a_table() -> None:
    said = only('name = "x"\nvalue = 1\ntype = { value = "7", scheme = "99CLINIC", meaning = "Something" }')
    assert said.type == Code("7", "99CLINIC", "Something")
    assert said.category.meaning == "Spatial and Relational Concept"


@pytest.mark.parametrize(
    ("keyword", "category"),
    [("Liver", ANATOMICAL), ("Neoplasm", ABNORMAL), ("EnhancingLesion", ABNORMAL), ("Catheter", "Physical object")],
)
def test_the_category_follows_from_the_type(keyword: str, category: Code | str) -> None:
    coded = by_keyword(keyword)
    assert coded is not None
    found = category_of(coded)
    assert category in (found, found.meaning)


def test_a_label_without_codes_is_coded_as_its_own_name() -> None:
    label = only('name = "thing"\nvalue = 2')
    assert label == plain_label("thing", 2)
    assert label.type == Code("thing", "99DICOMCONV", "thing")
    assert len(plain_label("a name of more than sixteen characters", 1).type.value) == 16


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('value = 1', "label 1: name must be"),
        (f'name = "{"x" * (NAME_LENGTH + 1)}"\nvalue = 1', "label 1: name must be"),
        ('name = "a\\\\b"\nvalue = 1', "label 1: name must be"),
        ('name = ""\nvalue = 1', "label 1: name must be"),
        ('name = "a"', "label 1: value must be"),
        ('name = "a"\nvalue = 0', "label 1: value must be"),
        ('name = "a"\nvalue = 65536', "label 1: value must be"),
        ('name = "a"\nvalue = true', "label 1: value must be"),
        ('name = "a"\nvalue = 1.0', "label 1: value must be"),
        ('name = "a"\nvalue = "1"', "label 1: value must be"),
        ('name = "a"\nvalue = 1\ncolor = "red"', "label 1: color must be"),
        ('name = "a"\nvalue = 1\ncolor = [0, 0, 256]', "label 1: color must be"),
        ('name = "a"\nvalue = 1\ncolor = [0, 0, true]', "label 1: color must be"),
        ('name = "a"\nvalue = 1\ncolor = "#000000"\ncolour = "#000000"', "label 1: color must be"),
        ('name = "a"\nvalue = 1\nsize = 4', "label 1: nobody knows 'size'"),
        ('name = "a"\nvalue = 1\ntype = "SCT:10200005"', "label 1, type: pydicom's tables of DICOM's concepts have no"),
        ('name = "a"\nvalue = 1\ntype = "Livver"', "label 1, type: pydicom's tables of DICOM's concepts have no"),
        ('name = "a"\nvalue = 1\ncategory = 123037004', "label 1, category: write a code"),
        ('name = "a"\nvalue = 1\nmodifier = { value = "1" }', "label 1, modifier: the table of a code has"),
        ('name = "a"\nvalue = 1\ntype = { value = "1", scheme = "OURS", meaning = "x" }', "nobody knows the scheme"),
        ('name = "a"\nvalue = 1\ntype = { value = "1", scheme = "SCT", meaning = "x" }', "tables have no SCT:1"),
        ('name = "a"\nvalue = 1\ntype = { value = "12345678901234567", scheme = "99X", meaning = "x" }', "value must be"),
        ('name = "a"\nvalue = 1\n[[label]]\nname = "a"\nvalue = 2', "label 2: name 'a' is label 1's already"),
        ('name = "a"\nvalue = 1\n[[label]]\nname = "b"\nvalue = 1', "label 2: value 1 is label 1's already"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_number_of_the_label(rows: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        labels_of(f"[[label]]\n{rows}\n", "labels.toml")
    assert str(caught.value).startswith("labels.toml, label ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "label = 3", "label = [3]", "[[label]\n", "x = 1", "[[labels]]\nname = 'a'\nvalue = 1", "x = " + "[" * 9999],
)
def test_a_file_that_holds_no_labels_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^labels\.toml"):
        labels_of(text, "labels.toml")


def test_a_name_that_is_neither_file_nor_preset_is_told_the_presets(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"msd-liver, .*, totalsegmentator"):
        read_labels("no-such-thing")
    (tmp_path / "latin").write_bytes(b'[[label]]\nname = "\xe4"\nvalue = 1\n')
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        read_labels(tmp_path / "latin")
    with pytest.raises(UsageError, match="cannot be read"):
        read_labels(tmp_path)


def test_the_presets_are_those_of_the_decathlon_amos_and_totalsegmentator() -> None:
    assert {name: len(read_labels(name)) for name in presets()} == PRESETS
    assert read_labels("MSD_Liver") == read_labels("msd-liver")


@pytest.mark.parametrize("name", PRESETS)
def test_every_code_of_a_preset_is_in_pydicoms_dictionary_with_its_meaning(name: str) -> None:
    """Looked up keyword by keyword, not by way of the code under test."""
    everything = {
        (scheme, value, meaning)
        for scheme in ("SCT", "NCIt")
        for concept in CONCEPTS[scheme].values()
        for value, (meaning, _) in dict(concept).items()  # type: ignore[call-overload]
    }
    for label in read_labels(name):
        for code in filter(None, (label.category, label.type, label.modifier)):
            assert (code.scheme, code.value, code.meaning) in everything
        assert is_text(label.name, NAME_LENGTH)


def test_totalsegmentators_values_are_its_own() -> None:
    labels = read_labels("totalsegmentator")
    assert [one.value for one in labels] == list(range(1, 118))
    names = {one.value: one.name for one in labels}
    assert [names[value] for value in (1, 5, 26, 50, 79, 90, 92, 104, 117)] == [
        "spleen", "liver", "vertebrae_S1", "vertebrae_C1", "spinal_cord", "brain", "rib_left_1", "rib_right_1",
        "costal_cartilages",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_left_or_right_by_name_is_so_by_code(name: str) -> None:
    for label in read_labels(name):
        words = label.name.replace("_", " ").split()
        said = label.modifier if label.modifier in (LEFT, RIGHT) else None
        if said is None:  # the type itself says the side
            said = next((side for side in (LEFT, RIGHT) if side.meaning.lower() in label.type.meaning.lower()), None)
        assert said == (LEFT if "left" in words else RIGHT if "right" in words else None)


def test_tumours_cysts_and_edema_are_abnormal_and_all_else_is_anatomy() -> None:
    abnormal = {"edema", "non-enhancing tumor", "enhancing tumour", "cancer", "Tumour", "colon cancer primaries",
                "kidney_cyst_left", "kidney_cyst_right"}  # fmt: skip
    for name in PRESETS:
        for label in read_labels(name):
            assert label.category == (ABNORMAL if label.name in abnormal else ANATOMICAL)


def test_default_colors_differ_and_none_is_the_background() -> None:
    count = len(HUES) * len(SHADES)
    colors = [default_color(value) for value in range(1, count + 1)]
    assert len(set(colors)) == count
    assert all(max(color) > 60 and all(0 <= part <= 255 for part in color) for color in colors)


def test_the_package_brings_its_presets() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "annotations/presets/*.toml" in config["tool"]["setuptools"]["package-data"]["dicomconv"]


def test_the_labels_that_the_documentation_shows_are_read() -> None:
    text = (ROOT / "docs" / "annotations.md").read_text("utf-8")
    [shown] = re.findall(r"^```toml\n(\[\[label.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [label.name for label in labels_of(shown, "annotations.md")] == ["left kidney", "tumour", "seed"]
    assert all(f"`{name}`" in text for name in presets())
