"""`python -m tests.make_docs`: write the pages of docs/ that are made from the code, and the README's picture."""

import inspect
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import click
from PIL import Image

import dicomconv
from dicomconv.cli import COMMANDS, main
from dicomconv.cli.exit_codes import MEANINGS
from dicomconv.cli.lazy import LazyGroup
from dicomconv.deid.options import OPTIONS, PRESETS
from dicomconv.deid.profile import Profile
from dicomconv.pipeline.conformance import statement
from dicomconv.pipeline.explain import CODES, explain
from dicomconv.pipeline.key_file import write_key
from dicomconv.standard import EDITION
from tests.make_annotated import annotated

ROOT = Path(__file__).parent.parent
MADE_BY = "<!-- made by `python -m tests.make_docs`: do not edit -->"
PANELS = (("CT", 2, "file"), ("CT", 8, "lung"), ("MR", 5, "file"))  # modality, number of the slice, window
GAP = 8
COMPARED, COMPARED_SLICE = ("soft-tissue", "lung", "bone"), 7
CLI = """\
`dicomconv --version` says which release it is; `-h` and `--help` work after every command. Completion in the shell:
`eval "$(_DICOMCONV_COMPLETE=bash_source dicomconv)"`, or `zsh_source`, `fish_source`.
"""
PROFILES = """\
# What is done to which attribute

Every attribute for which {edition}, Table E.1-1, or this project has a rule, and that the Basic Profile does not simply
keep. The codes are those of Table E.1-1a and a few more:

{codes}

A column for each preset: `basic` is the Basic Profile alone, `research` and `limited-dataset` are that with options
(`--preset`). The last column tells what single options (`--option`) make of the attribute. Which rule it is that counts:
`dicomconv explain --tag PatientAge --preset research`.

A compound code such as X/Z/D is decided by the Type of the attribute in the object at hand. Where no table knows the
Type, the strongest is taken; that is what stands below. What a CT gets: `dicomconv explain --sop-class ct-image`.

Beside the table: private attributes (odd groups; some stay with an option, see
`dicomconv explain --private --preset research`), overlays (60xx), curves (50xx), group lengths, groups 0000 and 0004, and
every attribute that no edition known here has, are removed. Group 0002 is written anew. A UID whose role is unknown is
replaced. What is named nowhere is kept if its value is valid for its VR, made plain where a plain rule says how, and
removed otherwise; texts that may say anything (code T, listed in [conformance.md](conformance.md)) lose the words that no
list has. With the option `clean-structured-content`, content items are treated by their concepts:
`dicomconv explain --concept 121022,DCM --option clean-structured-content`.

How it is done, and what is claimed of it: [conformance.md](conformance.md).

| tag | attribute | VR | {presets} | rule of the Basic Profile | with an option |
|---|---|---|{columns}---|---|"""


def subcommands(group: click.Group = main, before: str = "") -> dict[str, click.Command]:
    """Every command by name; those of a group behind it, by both names."""
    context, found = click.Context(group), dict[str, click.Command]()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        found[f"{before}{name}"] = command
        if isinstance(command, click.Group):
            found |= subcommands(command, f"{before}{name} ")
    return found


def options_of(command: click.Command) -> list[click.Option]:
    """The options of a command, in the order of its --help."""
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def cli_page() -> str:
    """docs/cli.md: every command and option, and the exit codes."""
    return "\n".join([
        MADE_BY, "", "# The command line", "",
        wrapped(inspect.cleandoc(main.help or "")), "",
        *(f"- [`{name}`](#dicomconv-{name}): {what}" for name, what in COMMANDS.items()), "",
        CLI,
        *(line for name, command in subcommands().items() for line in command_section(name, command)),
        *exit_code_section(),
    ])  # fmt: skip


def command_section(name: str, command: click.Command) -> Iterator[str]:
    """What one command does and takes."""
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    words = [f"{(one.name or '').upper()}{'...' * (one.nargs == -1)}" for one in arguments]
    words = ["COMMAND"] if isinstance(command, click.Group) else ["[OPTIONS]", *words]
    yield from (f"## dicomconv {name}", "", "    " + " ".join(["dicomconv", name, *words]), "")
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield from (wrapped(paragraph).replace("<", "\\<"), "")
    if isinstance(command, LazyGroup):
        yield from (f"- [`{one}`](#dicomconv-{name}-{one}): {what}" for one, what in command.offered.items())
    for option in options_of(command):
        yield wrapped(option_line(option), indent="  ")
    yield ""


def option_line(option: click.Option) -> str:
    """One option as one item of a list."""
    value = "" if option.is_flag else f" {value_of(option)}"
    names = ", ".join(f"`{name}{value}`" for name in option.opts)
    notes = ["required"] * option.required + ["may be repeated"] * option.multiple
    default = option.show_default if isinstance(option.show_default, str) else option.default
    if not option.is_flag and isinstance(default, str) and default:
        notes.append(f"default: `{default}`")
    told = f" ({', '.join(notes)})" if notes else ""
    return f"- {names}{told}: {option.help}"


def value_of(option: click.Option) -> str:
    """What an option takes."""
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.metavar or ("PATH" if isinstance(option.type, click.Path) else option.type.name.upper())


def exit_code_section() -> list[str]:
    """The table of exit codes."""
    rows = [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    return ["## Exit codes", "", "| code | meaning |", "|---|---|", *rows, ""]


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of at most 120 characters."""
    return textwrap.fill(" ".join(text.split()), 120, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def profiles_page() -> str:
    """docs/profiles.md: every attribute that is not simply kept, with its codes side by side and its rule."""
    heading = PROFILES.format(
        edition=EDITION,
        codes="\n".join(f"- **{code}** {meaning}" for code, meaning in CODES.items()),
        presets=" | ".join(PRESETS),
        columns="---|" * len(PRESETS),
    )
    return "\n".join([MADE_BY, "", heading, *profile_rows(), ""])


def profile_rows() -> Iterator[str]:
    """A line for each attribute that the Basic Profile does not keep."""
    presets = [explain(None, Profile(options)) for options in PRESETS.values()]
    single = [explain(None, Profile(frozenset({option.column}))) for option in OPTIONS]
    for basic, *others in zip(*presets, *single, strict=True):
        if basic.code in "KT":
            continue
        codes = [row.code for row in (basic, *others[: len(PRESETS) - 1])]
        changed = zip(OPTIONS, others[len(PRESETS) - 1 :], strict=True)
        told = ", ".join(f"{option.name} {row.code}" for option, row in changed if row.code != basic.code)
        rule = f"{basic.rule} → {basic.becomes}" if basic.becomes else basic.rule
        yield f"| {basic.tag} | {basic.keyword} | {basic.vr} | {' | '.join(codes)} | {rule} | {told} |"


def conformance_page() -> str:
    """docs/conformance.md: the conformance statement of the Basic Profile, with what options change."""
    return f"{MADE_BY}\n\n{statement(Profile())}"


def pages() -> dict[Path, str]:
    """The pages that are made from the code, by path."""
    return {
        ROOT / "docs/cli.md": cli_page(),
        ROOT / "docs/profiles.md": profiles_page(),
        ROOT / "docs/conformance.md": conformance_page(),
    }


def picture() -> Image.Image:
    """The README's picture: slices of sample_data side by side, each as `convert` and `render` give it."""
    with tempfile.TemporaryDirectory() as folder:
        return side_by_side([panel(Path(folder, window), *rest, window) for *rest, window in PANELS])


def redaction() -> Image.Image:
    """The ultrasound of sample_data as it is kept, and as it is redacted."""
    with tempfile.TemporaryDirectory() as folder:
        return side_by_side([ultrasound(Path(folder, way), way) for way in ("keep", "redact")])


def sheet() -> Image.Image:
    """The contact sheet of sample_data's series."""
    with tempfile.TemporaryDirectory() as folder:
        out, target = Path(folder, "out"), Path(folder, "sheet.png")
        dicomconv.convert(ROOT / "sample_data/study", out, key=_key(folder))
        words = ["sheet", str(out), "-o", str(target), "--tile", "120", "--columns", "6"]
        main.main(words, standalone_mode=False)
        return Image.open(target).convert("RGB")


def _key(folder: str) -> Path:
    """A key that is always the same, so that the names of the series are."""
    path = Path(folder, "key")
    write_key(path, bytes(32))
    return path


def windows() -> Image.Image:
    """One slice of sample_data in three windows, and with these as the channels of one picture."""
    with tempfile.TemporaryDirectory() as folder:
        apart, stacked = Path(folder, "apart"), Path(folder, "stacked")
        dicomconv.convert(ROOT / "sample_data/study", apart, window=COMPARED, include=["CT"])
        dicomconv.convert(ROOT / "sample_data/study", stacked, window=COMPARED, include=["CT"], stack=True)
        paths = [sorted(apart.glob(f"*/*/*/{name}/*.png"))[COMPARED_SLICE] for name in COMPARED]
        paths.append(sorted(stacked.glob("*/*/*/*.png"))[COMPARED_SLICE])
        return side_by_side([Image.open(path).convert("RGB") for path in paths])


def ultrasound(out: Path, burned_in: Literal["keep", "redact"]) -> Image.Image:
    """Its first frame."""
    dicomconv.convert(ROOT / "sample_data/ultrasound", out, burned_in=burned_in)
    with Image.open(min(out.rglob("*.png"))) as image:
        return image.copy()


def side_by_side(panels: list[Image.Image]) -> Image.Image:
    """Pictures in a row, a gap between them."""
    width = sum(one.width for one in panels) + GAP * (len(panels) - 1)
    whole, left = Image.new(panels[0].mode, (width, max(one.height for one in panels))), 0
    for one in panels:
        whole.paste(one, (left, (whole.height - one.height) // 2))
        left += one.width + GAP
    return whole


def panel(out: Path, modality: str, number: int, window: str) -> Image.Image:
    """One slice of the series of a modality."""
    if not out.exists():
        dicomconv.convert(ROOT / "sample_data/study", out, window=window)
    [slices] = [path for path in out.glob("*/*/*/slices.csv") if f",{modality}," in path.read_text(encoding="utf-8")]
    with Image.open(sorted(slices.parent.glob("*.png"))[number - 1]) as image:
        return image.copy()


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    pictures = {"slices": picture, "redaction": redaction, "windows": windows, "sheet": sheet, "annotated": annotated}
    for name, made in pictures.items():
        made().save(ROOT / f"docs/images/{name}.png", optimize=True)
