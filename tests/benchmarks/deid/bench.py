"""One program on one corpus: planted, run, scored; and run again where it has a key."""

from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.deid import answers, run_actions
from tests.benchmarks.deid.adapters import Job, Tool, convert_and_recover, seal_and_open
from tests.benchmarks.deid.base_files import WHEEL
from tests.benchmarks.deid.pairing import neutral_name
from tests.benchmarks.deid.plant import plant
from tests.benchmarks.deid.presets import PRESETS
from tests.benchmarks.deid.records import Corpus
from tests.benchmarks.deid.score import score
from tests.benchmarks.deid.tally import Tally, tally

REJECTED = ("MR_truncated.dcm", "rtplan_truncated.dcm", "dicomdirtests/DICOMDIR")
Asked = dict[str, tuple[bool, str]]


@dataclass(frozen=True, slots=True)
class Ground:
    """A corpus laid out in a folder, with room beside it."""

    corpus: Corpus
    folder: Path

    @property
    def source(self) -> Path:
        """Where the planted files are."""
        return self.folder / "planted"

    def neutral(self) -> Path:
        """The same files under names that say nothing."""
        folder = self.folder / "numbered"
        folder.mkdir(exist_ok=True)
        for file in self.corpus.files:
            (folder / neutral_name(file.row)).write_bytes(file.content)
        return folder

    def key(self, preset: str) -> Path:
        """The answer key of a preset."""
        return self.folder / f"answers-{preset}.db"


def prepare(folder: Path, seed: int, count: int | None) -> Ground:
    """Plant a corpus and write it down."""
    ground = Ground(plant(seed, count), folder)
    ground.corpus.write(ground.source)
    return ground


def measure(ground: Ground, tool: Tool, preset: str, whole: bool = True) -> Tally:
    """Run a program and score it; `whole`: also what needs more runs than one."""
    if not ground.key(preset).exists():
        answers.write(ground.corpus, PRESETS[preset], ground.key(preset), ground.source)
    work = ground.folder / f"{tool.name}-{preset}"
    work.mkdir()
    job = Job(ground.neutral() if tool.keeps_names else ground.source, work / "out", work, preset)
    job.out.mkdir()
    said = work / "said"
    said.mkdir()
    (said / "run.txt").write_bytes(without_paths(tool.run(job).said, ground))
    asked, scanned = _more_runs(ground, tool, job) if whole and tool.has_key else ({}, ())
    found = score(answers.load(ground.key(preset)), job.out, (said, *scanned))
    if "date_shift_secret" in asked:
        other = score(answers.load(ground.key(preset)), work / "other-key")
        asked["date_shift_secret"] = run_actions.date_shift_secret(found.shifts, other.shifts)
    if preset != "research":
        asked.pop("date_shift_secret", None)
    return tally(found, (tool.name, preset, ground.corpus.seed), asked)


def without_paths(said: bytes, ground: Ground) -> bytes:
    """What was said at the terminal, but for the names of files: the operator gave them himself, and may see them."""
    for file in ground.corpus.files:
        said = said.replace(str(ground.source / file.relative).encode(), b"")
    return said


def _more_runs(ground: Ground, tool: Tool, job: Job) -> tuple[Asked, tuple[Path, ...]]:
    again, rekeyed, converted, recovered = (
        job.work / name for name in ("again", "other-key", "converted", "recovered")
    )
    tool.run(Job(job.source, again, job.work, job.preset, jobs="1"))
    tool.run(Job(job.source, rekeyed, job.work, job.preset, key="second"))
    convert_and_recover(Job(job.source, converted, job.work, job.preset), recovered)
    asked: Asked = {
        "repeat_same": run_actions.repeat_same(job.out, again),
        "roundtrip": run_actions.roundtrip(job.out, recovered),
        "date_shift_secret": (False, ""),
        "rejects": _rejects(tool, job),
    }
    sealed, opened = job.work / "sealed", job.work / "opened"
    if seal_and_open(Job(job.source, sealed, job.work, job.preset), opened) is not None:
        asked["roundtrip of originals"] = run_actions.roundtrip(ground.source, opened)
    return asked, (converted, sealed)


def _rejects(tool: Tool, job: Job) -> tuple[bool, str]:
    source, out = job.work / "to-be-rejected", job.work / "rejected"
    source.mkdir()
    for name in REJECTED:
        path = WHEEL / "test_files" / name
        (source / path.name).write_bytes(path.read_bytes())
    done = tool.run(Job(source, out, job.work, job.preset))
    return run_actions.rejects(out, done.exit_code)
