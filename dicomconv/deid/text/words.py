"""The words that may stay in a cleaned description, and those too common to be searched for alone."""

from functools import cache
from importlib.resources import files

MAKERS = frozenset(
    """
    accuray agfa brainlab bruker canon carestream electric elekta esaote fuji fujifilm ge gems healthineers
    hitachi hologic kodak konica marconi medcom mindray minolta neusoft philips picker samsung shanghai shimadzu
    siemens systems toshiba varian
    """.split()  # noqa: SIM905 - a list of words reads as one
)
"""Words of the names of makers."""

GENERIC = MAKERS | frozenset(
    """
    academic allgemeines archive associates avenue boulevard building campus center centers central centre
    centres centro centrum city clinic clinica clinical clinics clinique college community contact corporation
    county ctr default departement department dept diagnostic diagnostics division east eastern electric
    facility floor foundation gateway general grand group health healthcare hopital hosp hospital hospitals host
    house imaging inc info inst institut institute institution international klinik kliniken klinikum
    krankenhaus lab laboratory lane limited local localhost ltd mail mailbox main med medical medicine memorial
    mobile municipal national north northern office ospedale outpatient pacs park partners physicians plaza
    policlinico practice praxis private public radiological radiologie radiology regional research road room
    saint sankt scanner school server service services sint site south southern square state states station
    strasse street suite system systems trust unit united universidad universitaire universitat
    universitatsklinikum universite university veterans ward west western workstation zentrum ziekenhuis
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


def is_within_a_word(letters: str) -> bool:
    """Whether a known word has these folded letters in it: "parkinson" in "parkinsonism"."""
    return letters in _all_words()


@cache
def _all_words() -> str:
    return " ".join(clinical() | ordinary() | GENERIC | PLACEHOLDERS)


def _words(name: str) -> frozenset[str]:
    return frozenset((files(__package__) / name).read_text(encoding="utf-8").split("\n", 1)[1].split())
