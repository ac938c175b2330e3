"""Everything that may be nowhere in an output, in one list for the whole corpus."""

from collections import defaultdict
from collections.abc import Iterable

from tests.benchmarks.deid.persona import Persona, secrets
from tests.benchmarks.deid.records import Fate, PlantedFile, Secret

SHORTEST = 6


def secrets_of(people: Iterable[Persona], files: Iterable[PlantedFile]) -> tuple[Secret, ...]:
    """Of every person what identifies him, and every name that was planted once."""
    persons = list(people)
    words = {part for one in persons if one.hard for part in (one.family, one.given)}
    found: dict[str, Secret] = {one.text: one for person in persons for one in secrets(person)}
    carriers: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for planted in file.planted:
            for text in planted.secrets:
                carriers[text].add(planted.carrier)
                if text not in found and _is_searched(planted.fate, text) and text.title() not in words:
                    found[text] = Secret(text, "planted once", file.person, "ISO_IR 192")
    return tuple(
        Secret(one.text, one.kind, one.person, one.character_set, tuple(sorted(carriers[one.text])))
        for one in found.values()
    )


def _is_searched(fate: Fate, text: str) -> bool:
    """Single words that are long enough, and UIDs."""
    single = text.isalpha() or fate is Fate.INSTANCE_UID or text.startswith("1.2.276")
    return single and len(text) >= SHORTEST
