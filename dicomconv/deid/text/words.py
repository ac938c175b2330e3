"""The words that may stay in a cleaned description, and those too common to be searched for alone."""

from functools import cache
from importlib.resources import files

GENERIC = frozenset(
    """
    academic associates avenue boulevard building campus center centers centre centres centro city clinic clinica clinical clinics
    clinique college community corporation county ctr department departement dept diagnostic diagnostics division east
    facility floor foundation general grand group health healthcare hopital hosp hospital hospitals house imaging
    inst institut institute institution inc international klinik klinikum kliniken krankenhaus lab laboratory lane limited
    ltd main med medical medicine memorial mobile municipal national north northern office ospedale outpatient park
    partners physicians plaza policlinico practice praxis private public radiology radiologie radiological regional research road
    room saint sankt school service services south southern sint site square state station street strasse
    suite system systems trust unit universidad universitat universitatsklinikum universitaire universite university
    veterans ward west western eastern ziekenhuis zentrum centrum allgemeines central united states
    agfa canon elekta esaote fuji fujifilm general electric gems hitachi hologic konica kodak marconi minolta philips
    picker samsung shimadzu siemens toshiba varian carestream accuray brainlab bruker mindray neusoft shanghai healthineers
    workstation server scanner gateway archive pacs host local localhost default mailbox info mail contact
    """.split()  # noqa: SIM905 - a list of words reads as one
)
"""Words of institutions, addresses and makers that say nothing of whose they are."""

PLACEHOLDERS = frozenset(
    """
    anon anonymized anonymised anonymous anonymousized deid deidentified dicom dummy example invalid name nobody noname none null
    patient person phantom physician removed sample subject test testing tester unknown unnamed unspecified volunteer
    withheld redacted xxxx xxxxx operator user admin doctor referring performing reading technologist default
    """.split()  # noqa: SIM905
)
"""What stands where somebody was taken out already, or nobody ever was."""


@cache
def clinical() -> frozenset[str]:
    """The words of imaging: anatomy, modalities, sequences, phases, planes, procedures, in several languages."""
    return _words("words.txt")


@cache
def ordinary() -> frozenset[str]:
    """Everyday words, those among them that are names as well: they may stay, and are not searched for alone."""
    return _words("ordinary.txt")


def is_word(letters: str) -> bool:
    """Whether this may stay in a cleaned text; folded letters."""
    return letters in clinical() or letters in ordinary()


def is_common(letters: str) -> bool:
    """Whether this alone, in folded letters, is no sign of a patient."""
    return is_word(letters) or letters in GENERIC or letters in PLACEHOLDERS


def _words(name: str) -> frozenset[str]:
    return frozenset((files(__package__) / name).read_text(encoding="utf-8").split("\n", 1)[1].split())
