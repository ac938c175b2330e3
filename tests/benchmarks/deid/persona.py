"""Made-up people, drawn from lists."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from random import Random

from tests.benchmarks.deid import spellings
from tests.benchmarks.deid.records import Secret
from tests.benchmarks.deid.tables import people

OLDEST = 93  # one person of every corpus is older than 89
SEARCHED_FROM = 6  # letters: shorter ones are found in random bytes


@dataclass(frozen=True, slots=True)
class Persona:
    """A made-up patient, the people around him, and the numbers that are his."""

    number: int
    hard: bool
    family: str
    given: str
    middle: str
    native: str
    character_set: str
    patient_id: str
    issuer: str
    second_id: str
    born: date
    sex: str
    address: str
    phone: str
    email: str
    accession: str
    order: str
    admission: str
    institution: str
    department: str
    station: str
    device_serial: str
    physicians: tuple[str, ...]
    first_study: date

    @property
    def person_name(self) -> str:
        """The name as PN: all five components, and the groups in other scripts."""
        suffix = "" if self.hard else "^Dr^Jr"
        return f"{self.family}^{self.given}^{self.middle}{suffix}{self.native}"

    @property
    def age(self) -> int:
        """Years at the first study."""
        before = (self.first_study.month, self.first_study.day) < (self.born.month, self.born.day)
        return self.first_study.year - self.born.year - before

    @property
    def physician_names(self) -> tuple[str, ...]:
        """The physicians' family names."""
        return tuple(name.split("^")[0] for name in self.physicians)


def strangers(random: Random) -> Iterator[str]:
    """Surnames that stand nowhere else: whoever finds one knows where it came from."""
    lists = people()
    parts = [lists[f"syllables_{part}"] for part in ("first", "middle", "middle", "last")]
    made = ["".join(one) for one in product(*parts)]
    random.shuffle(made)
    return iter(made)


def digits(random: Random, count: int) -> str:
    """A number with so many digits, the first of them not a zero."""
    return str(random.randrange(10 ** (count - 1), 10**count))


def draw(number: int, random: Random, surnames: Iterator[str]) -> Persona:
    """The person of this number: one in ten has a name that is a word, one in six is written in another script."""
    lists, hard = people(), number % 10 == 9
    native = lists["native"][number // 6 % len(lists["native"])] if number % 6 == 4 and not hard else None
    first_study = date(2005, 1, 3) + timedelta(days=random.randrange(5000))
    age = OLDEST if number == 1 else random.randrange(22, 85)
    family, given = _name(number, hard, native)
    middle = "" if hard else next(surnames)
    return Persona(
        number, hard, family, given, middle,
        _groups(native), native["character_set"] if native else "ISO_IR 100" if number % 2 else "ISO_IR 192",
        f"00{digits(random, 7)}", f"ISS{digits(random, 5)}", f"X{digits(random, 8)}",
        first_study - timedelta(days=age * 365 + age // 4 + random.randrange(10, 300)),
        random.choice("MF"),
        _address(random, native is not None),
        f"+4{digits(random, 1)} {digits(random, 3)} {digits(random, 7)}",
        f"{spellings.plain(given)}.{spellings.plain(family)}@{next(surnames)}.example".lower(),
        f"A{digits(random, 9)}", f"ORD-{digits(random, 8)}", f"ADM{digits(random, 7)}",
        random.choice(lists["institutions"]), random.choice(lists["departments"]),
        f"{next(surnames)[:8].upper()}{digits(random, 2)}", f"SN{digits(random, 8)}",
        tuple(f"{next(surnames)}^{random.choice(lists['givens'])}" for _ in range(5)),
        first_study,
    )  # fmt: skip


def _name(number: int, hard: bool, native: dict[str, str] | None) -> tuple[str, str]:
    lists = people()
    if hard:
        chosen = lists["hard"][number // 10 % len(lists["hard"])]
        return chosen["family"], chosen["given"]
    if native:
        return native["latin_family"], native["latin_given"]
    return lists["families"][number % len(lists["families"])], lists["givens"][number * 7 % len(lists["givens"])]


def _address(random: Random, in_ascii: bool) -> str:
    street, town = random.choice(people()["streets"]), random.choice(people()["towns"])
    written = f"{street} {digits(random, 2)}, {digits(random, 5)} {town}"
    return unicodedata.normalize("NFD", written).encode("ascii", "ignore").decode() if in_ascii else written


def _groups(native: dict[str, str] | None) -> str:
    if native is None:
        return ""
    ideographic = (
        f"{native.get('ideographic_family', native['family'])}^{native.get('ideographic_given', native['given'])}"
    )
    if "ideographic_family" in native:  # Korean: the ideographs in the second group, the letters in the third
        return f"={ideographic}={native['family']}^{native['given']}"
    phonetic = f"={native['phonetic_family']}^{native['phonetic_given']}" if "phonetic_family" in native else ""
    return f"={ideographic}{phonetic}"


def secrets(persona: Persona) -> list[Secret]:
    """What of a person may be nowhere in an output. Of a name that is a word: its numbers only."""
    texts = {
        "patient id": persona.patient_id, "patient id without zeros": persona.patient_id.lstrip("0"),
        "other id": persona.second_id, "issuer": persona.issuer,
        "accession number": persona.accession, "order number": persona.order, "admission id": persona.admission,
        "phone": persona.phone.split()[-1], "e-mail": persona.email.split("@")[1], "address": persona.address.split(",")[0],
        "institution": persona.institution, "department": persona.department,
    }  # fmt: skip
    if not persona.hard:
        texts |= {"family name": persona.family, "given name": persona.given, "middle name": persona.middle}
        parts = [part for group in persona.native.split("=")[1:] for part in group.split("^")]
        texts |= {f"name in its own script, part {number}": part for number, part in enumerate(parts, 1)}
    texts |= {f"physician {number}": name for number, name in enumerate(persona.physician_names, 1)}
    texts |= {f"birth date, spelling {n}": text for n, text in enumerate(spellings.dates(persona.born), 1) if n != 4}
    return [Secret(text, kind, persona.number, persona.character_set) for kind, text in texts.items()]
