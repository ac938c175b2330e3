"""What is written into images: lines that name somebody, and lines that only measure something."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.benchmarks.deid import spellings
from tests.benchmarks.deid.persona import Persona, digits
from tests.benchmarks.deid.pixels.lettering import plain

MEASUREMENT = "measurement"


@dataclass(frozen=True, slots=True)
class Wording:
    """A line: its kind, its text, and the part of it that names somebody; none in a measurement."""

    kind: str
    text: str
    secret: str = ""


Writer = Callable[[Persona, Random], tuple[str, str]]


def name(persona: Persona, random: Random) -> tuple[str, str]:
    """The patient's name, as screens have it."""
    return "", random.choice(spellings.names(persona.family, persona.given))


def labelled_name(persona: Persona, random: Random) -> tuple[str, str]:
    """The name behind a label."""
    label = random.choice(("Name: ", "Patient: ", "Pt: ", "NAME "))
    return label, random.choice(spellings.names(persona.family, persona.given)[:3])


def patient_id(persona: Persona, random: Random) -> tuple[str, str]:
    """The Patient ID, with or without its zeros and a label."""
    return random.choice(("ID: ", "ID:", "MRN ", "Pat.ID ", "#", "")), random.choice(
        spellings.numbers(persona.patient_id)
    )


def birth_date(persona: Persona, random: Random) -> tuple[str, str]:
    """The birth date."""
    return random.choice(("DOB ", "DOB: ", "Geb. ", "*", "")), random.choice(spellings.dates(persona.born))


def accession(persona: Persona, random: Random) -> tuple[str, str]:
    """The accession number."""
    return random.choice(("Acc# ", "ACC ", "Accession: ", "")), persona.accession


def institution(persona: Persona, random: Random) -> tuple[str, str]:
    """The institution, or a department of it."""
    return "", random.choice((persona.institution, persona.institution.upper(), persona.department))


def physician(persona: Persona, random: Random) -> tuple[str, str]:
    """A physician or operator."""
    label = random.choice(("Dr. ", "Ref: ", "Ref. Dr. ", "Op: ", "Sonographer: "))
    return label, random.choice(persona.physician_names)


def study_moment(persona: Persona, random: Random) -> tuple[str, str]:
    """Date and time of the study."""
    day = persona.first_study + timedelta(days=random.randrange(700))
    clock = f"{random.randrange(7, 20):02}:{random.randrange(60):02}:{random.randrange(60):02}"
    return "", f"{random.choice(spellings.dates(day))} {clock}"


def study_date(persona: Persona, random: Random) -> tuple[str, str]:
    """The date of the study alone."""
    return random.choice(("", "Date: ")), random.choice(
        spellings.dates(persona.first_study + timedelta(days=random.randrange(700)))
    )


def station(persona: Persona, random: Random) -> tuple[str, str]:
    """The station's name."""
    return random.choice(("", "Station ")), persona.station


def name_and_id(persona: Persona, random: Random) -> tuple[str, str]:
    """Name and number in one line, as in the banner of many scanners."""
    written = random.choice(spellings.names(persona.family, persona.given)[:3])
    return "", f"{written}  {persona.patient_id}  {persona.age}Y {persona.sex}"


WRITERS: tuple[Writer, ...] = (
    name, patient_id, birth_date, accession, institution, physician, study_moment, labelled_name, station, study_date,
    name_and_id,
)  # fmt: skip


def identifying(persona: Persona, random: Random, count: int) -> list[Wording]:
    """So many lines that name somebody, the first kinds before any comes again."""
    found = []
    for number in range(count):
        writer = WRITERS[number % len(WRITERS)]
        label, secret = (plain(one) for one in writer(persona, random))
        found.append(Wording(writer.__name__, label + secret, secret))
    return found


def _decimal(random: Random, most: float) -> str:
    return f"{random.uniform(0.1, most):.1f}"


def measurements(random: Random, count: int) -> list[Wording]:
    """So many lines that measure something, each another."""
    texts = [
        f"MI {_decimal(random, 1.9)} TIS {_decimal(random, 1.5)}", f"Depth {random.randrange(4, 25)} cm",
        f"FR {random.randrange(12, 90)} Hz", f"Gain {random.randrange(20, 95)}%", f"MI: {_decimal(random, 1.9)}",
        f"TIB {_decimal(random, 1.5)}", f"DR {random.randrange(45, 90)} dB", f"Freq {_decimal(random, 9)} MHz",
        f"PRF {_decimal(random, 9)} kHz", f"WF {digits(random, 2)} Hz", f"Dist {random.uniform(1, 9):.2f} cm",
        f"EF {digits(random, 2)} %", f"HR {random.randrange(48, 130)} bpm", f"Vmax {random.uniform(0.3, 4):.2f} m/s",
        f"RI {random.uniform(0.4, 0.9):.2f}", f"Area {random.uniform(1, 20):.2f} cm2",
    ]  # fmt: skip
    return [Wording(MEASUREMENT, text) for text in random.sample(texts, count)]
