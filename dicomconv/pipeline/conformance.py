"""The conformance statement that PS3.15 E.1.3 asks of a de-identifier, made of the tables and rules that the engine uses.

Its headings follow the template of PS3.2 N.8.4.4 and N.11.2.6.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from dicomconv.deid.actions import dummies
from dicomconv.deid.dates import FEWEST_WEEKS, MOST_WEEKS
from dicomconv.deid.markers import BASIC_PROFILE, CLEAN_PIXELS, DEIDENTIFYING_EQUIPMENT, EQUIPMENT, codes, methods
from dicomconv.deid.options import FULL_DATES, MODIFIED_DATES, OPTIONS, PRESETS, SAFE_PRIVATE, Option, names_of
from dicomconv.deid.private import safe_attributes
from dicomconv.deid.profile import Profile
from dicomconv.deid.structured import concepts
from dicomconv.elements import LONG_VRS, SHORT_VRS
from dicomconv.pipeline.explain import CODES, Explained, explain
from dicomconv.standard import EDITION, confidentiality, maker_words, stricter, uid_roles

WIDTH = 120
_CODE = re.compile(r"`[^`]+`").sub
DATES = {"REMOVED": "removed", "MODIFIED": "shifted", "UNMODIFIED": "kept"}
NOT_SUPPORTED = (Option("", "", "113102", "Clean Recognizable Visual Features Option"),)


def statement(profile: Profile) -> str:
    """The conformance statement for a profile, as Markdown (PS3.15 E.1.3)."""
    sections: tuple[Callable[[Profile], Iterable[str]], ...] = (
        _claim, _supported, _strategy, _attributes, _dummies, _consistency, _inserted, _reversal, _cleaning, _dates,
        _structured, _private, _pixels, _file, _refusals,
    )  # fmt: skip
    return "\n".join(line for section in sections for line in section(profile)).rstrip() + "\n"


def _text(text: str) -> list[str]:
    return [*_filled(text), ""]


def _table(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [f"| {' | '.join(heading)} |", "|---" * len(heading) + "|", *lines, ""]


def _bullets(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _filled(text, "- ", "  ")] + [""]


def _filled(text: str, first: str = "", others: str = "") -> list[str]:
    """The text in lines; what is set as code stays on one line."""
    whole = _CODE(lambda code: code[0].replace(" ", "\0"), " ".join(text.split()))
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace("\0", " ") for line in wrapper.wrap(whole)]


def _claim(profile: Profile) -> Iterator[str]:
    yield from ("# Conformance statement: de-identification", "")
    options = ", ".join(f"`{name}`" for name in names_of(profile.options)) or "none"
    own = f" {len(profile.own.rules)} rules of a profile file stand above them." if profile.own else ""
    claimed = [f"{meaning} ({code})" for code, meaning in codes(profile)]
    yield from _text(
        f"dicomconv is a de-identifier and a re-identifier after {EDITION}, Annex E. This statement is made from the "
        f"tables that the program works by (`dicomconv explain --conformance`). It is for these options: {options}.{own} "
        f"Claimed in each instance: {'; '.join(claimed) or 'nothing, as own rules may let more stay than the profile'}."
    )


def _supported(profile: Profile) -> Iterator[str]:
    yield from ("## Profile and options", "")
    basic = (f"{BASIC_PROFILE[1]} ({BASIC_PROFILE[0]})", "Y", "Y", "always")
    options = [(f"{one.meaning} ({one.code})", "Y", "Y", f"`--option {one.name}`") for one in OPTIONS]
    missing = [(f"{one.meaning} ({one.code})", "N", "N", "never claimed") for one in NOT_SUPPORTED]
    code, meaning = CLEAN_PIXELS
    pixels = (f"{meaning} ({code})", "Y", "Y", "`--burned-in redact`; claimed by the instances that were looked at")
    rows = [basic, *options, pixels, *missing]
    yield from _table(("profile or option", "de-identifier", "re-identifier", "how"), rows)
    yield from _table(
        ("`--preset`", "stands for"),
        [(f"`{name}`", ", ".join(f"`{one}`" for one in names_of(options)) or "no option") for name, options in PRESETS.items()],
    )  # fmt: skip
    yield from _text(
        "An option overrides the Basic Profile; a rule of a profile file (`--profile`) overrides both. Full and modified "
        "dates exclude each other. Where an option would keep a date that modified dates shift, it is shifted."
    )


def _strategy(_: Profile) -> Iterator[str]:
    yield from ("## Attributes that the tables do not have", "")
    yield from _text(
        "An attribute of even group that no edition known here has is removed. One that is known, but not listed below, "
        "is kept if its value is one of its VR; it is made plain where a plain rule says how, and removed otherwise. What "
        "identifies this patient is taken out of its text; of texts that may say anything (code T) the words that no list "
        "has, too. Attributes are looked at in sequences of any depth. This "
        "cannot be configured, but for single attributes by a profile file."
    )


def _attributes(profile: Profile) -> Iterator[str]:
    yield from ("## What is done to which attribute", "")
    yield from _text(
        f"Of {len(confidentiality())} rows of {EDITION} Table E.1-1, of {len(stricter())} attributes that it leaves alone "
        f"and this project protects, and of {len(uid_roles())} attributes with UIDs. A compound code is decided by the "
        "Type of the attribute in the object at hand: Type 1 gets a dummy, Type 2 an empty value, Type 3 goes. Where no "
        "table knows the Type, the strongest code is taken; that is what stands here. Which rule it is: "
        "[profiles.md](profiles.md), or `dicomconv explain --tag`."
    )
    by_code: dict[str, list[Explained]] = {}
    for row in explain(None, profile):
        by_code.setdefault(row.code, []).append(row)
    for code, meaning in CODES.items():
        if code in by_code:
            yield from (f"### {code}: {meaning} ({len(by_code[code])})", "")
            yield from _text(", ".join(f"{row.keyword} {row.tag}" for row in by_code[code]))
    yield from ("### What an option changes", "")
    yield from _table(("option", "instead of the code of the Basic Profile"), map(_effect, OPTIONS))


def _effect(option: Option) -> tuple[str, str]:
    before, after = explain(None, Profile()), explain(None, Profile(frozenset({option.column})))
    changed = Counter(new.code for old, new in zip(before, after, strict=True) if new.code != old.code)
    told = ", ".join(f"{count} × {code} ({CODES[code].partition(' (')[0]})" for code, count in changed.most_common())
    return f"`{option.name}`", told or "see below"


def _dummies(_: Profile) -> Iterator[str]:
    yield from ("## Dummy values", "")
    yield from _text("They are constants, the same for everybody. One for each VR, and others where that would not be a "
                     "defined term, or where a sequence needs an item.")  # fmt: skip
    found = [(name, _shown(name, value)) for name, value in dummies().items()]
    vrs = [row for row in found if row[0] in LONG_VRS | SHORT_VRS]
    yield from _table(("VR", "dummy"), vrs)
    yield from _table(("attribute", "dummy"), [row for row in found if row not in vrs])


def _shown(name: str, value: str) -> str:
    if value == "recurse":
        return "its items are looked into"
    if value == "uid":
        return "a new UID; in a dummy item `2.25.0`"
    return f"`{value}`" if value else "one item" if name == "SQ" else "no item"


def _consistency(profile: Profile) -> Iterator[str]:
    yield from ("## How far replaced values are consistent", "")
    roles = Counter(uid_roles().values())
    yield from _bullets((
        "UIDs: `2.25.` and 122 bits of HMAC-SHA256 over the old UID with a secret key. References in all instances, "
        "studies, series and runs with the same key lead to the same new UID, also to instances that were not there. "
        "No table is kept. Registered UIDs (PS3.6 Annex A) stay.",
        "Attributes of VR UI have a role each: " + ", ".join(f"{role} {count}" for role, count in sorted(roles.items()))
        + ". Those of role class and syntax are kept, an unknown one is replaced.",
        "Patient ID and Patient's Name: `DEID-` and 80 bits of HMAC-SHA256 over issuer and Patient ID with the key, or "
        "what `--patient-map` says. An empty Patient ID: the Study Instance UID stands in for it.",
        "Other pseudonyms (code P): a letter and 50 bits of HMAC-SHA256 over the value, the same wherever it stands.",
        "Dates: one shift for each patient, from the key, over all instances, modalities and runs.",
        "Without `--key` a run takes a fresh random key: consistent in this run, and never again.",
        f"Dates of this profile are {DATES[profile.dates]}; (0028,0303) says {profile.dates}.",
    ))  # fmt: skip


def _inserted(profile: Profile) -> Iterator[str]:
    yield from ("## Attributes that are inserted", "")
    equipment = "; ".join(f"{keyword} `{text}`" for keyword, text in EQUIPMENT.texts.items())
    purpose = f"({DEIDENTIFYING_EQUIPMENT[0]}, DCM, “{DEIDENTIFYING_EQUIPMENT[1]}”)"
    method = ", ".join(f"`{text}`" for text in methods(profile))
    claimed = ", ".join(f"({code}, DCM)" for code, _ in codes(profile)) or "nothing"
    yield from _table(
        ("attribute", "value"),
        [
            ("PatientIdentityRemoved (0012,0062)", "`YES`"),
            ("DeidentificationMethod (0012,0063)", f"{method}, behind what was there"),
            ("DeidentificationMethodCodeSequence (0012,0064)", f"{claimed}, behind what was there (CID 7050)"),
            ("LongitudinalTemporalInformationModified (0028,0303)", f"`{profile.dates}`"),
            ("ContributingEquipmentSequence (0018,A001)", f"an item of {purpose}; {equipment}; behind what is left"),
            ("BurnedInAnnotation (0028,0301)", "`YES` where pixels are kept that may show text; never `NO`"),
            ("PatientID, PatientName", "the pseudonym, whether there were any or not"),
            ("ClinicalTrialSubjectID (0012,0040)", "the study's own ID, if it was there and `--patient-map` has the patient"),
        ],
    )  # fmt: skip


def _reversal(_: Profile) -> Iterator[str]:
    yield from ("## Reversal", "")
    yield from _bullets((
        "Encrypted Attributes Sequence (0400,0500) only on request (`deidentify --encrypted-attributes CERT`): one item "
        "for each certificate, CMS enveloped data, content key AES-256-CBC, key transport RSA (PKCS #1 v1.5) of 2048 bits "
        "or more. What changed or was removed is in it, in Explicit VR Little Endian (1.2.840.10008.1.2.1); not the File "
        "Meta Information, the preamble, or what was cut off the pixels.",
        "`dicomconv reidentify` reads such items of other software too: AES of 128, 192 and 256 bits and Triple-DES, in "
        "CBC mode, RSA with PKCS #1 v1.5 or OAEP; Explicit and Implicit VR Little Endian.",
        "An Encrypted Attributes Sequence that is there already is removed.",
        "`convert --seal-to` puts the complete originals into the container, sealed: HPKE with X25519, or with X25519 and "
        "ML-KEM-768, and AES-256-GCM. This is no way of the standard's, and the container is pseudonymised, not anonymous.",
    ))  # fmt: skip


def _cleaning(_: Profile) -> Iterator[str]:
    yield from ("## How texts are cleaned", "")
    yield from _text(
        "Three layers. The first is always on, in every text at every depth that is kept for whatever reason."
    )
    yield from _bullets((
        "What identifies the patient in any header of this run (names, IDs, physicians, institution, addresses, numbers, "
        "dates, UIDs) is taken out of every text, in every usual spelling, in the character set of the text.",
        "Patterns, with `clean-descriptors`: dates, ages, telephone numbers, e-mail and web addresses, streets, titles with "
        "the words behind them, long numbers.",
        "An allow-list of words of imaging, with `clean-descriptors`: what is not on it goes. Figures with a unit stay.",
        "Texts that Table E.1-1 leaves alone and that may say anything (code T), and private texts that stay, lose patterns "
        f"and words that no list has under every option. In {len(maker_words())} attributes makers and coding schemes put "
        "words of their own (standard/maker_words.csv): there only what identifies the patient goes.",
        "A text of which nothing is left gets what the Basic Profile says of its attribute.",
        "Code strings, application entities and addresses that hold something that identifies go as a whole.",
    ))  # fmt: skip


def _dates(profile: Profile) -> Iterator[str]:
    yield from ("## How dates are treated", "")
    now = {MODIFIED_DATES: "Modified dates are chosen here.", FULL_DATES: "Full dates are chosen here."}
    chosen = " ".join(text for option, text in now.items() if option in profile.options)
    yield from _text(
        "Basic Profile: removed, emptied or a dummy. "
        f"Modified dates: DA and DT of a patient move back by one secret number of whole weeks, {FEWEST_WEEKS} to "
        f"{MOST_WEEKS}, so that intervals, days of the week and times of day stay. A DT of a year or month alone moves by "
        "whole years or months. A date of a device, a protocol or a vocabulary, which others may know, gets a dummy. What "
        f"is no date gets what the Basic Profile says of its attribute. Ages over 89 years become `090Y`. {chosen}"
    )


def _structured(_: Profile) -> Iterator[str]:
    yield from ("## Structured content and graphics", "")
    rows = sum(len(by_type) for by_type in concepts().values())
    yield from _bullets((
        "Basic Profile: Content Sequence becomes one dummy item.",
        f"`clean-structured-content`: each content item by its concept ({rows} rows of Table E.3.4-1, retired SNOMED codes "
        "included), one that the table does not have by its Value Type: names go, UIDs are replaced, dates follow the "
        "date option, texts are cleaned with `clean-descriptors` and dummies without.",
        "`clean-graphics`: items that only write are removed from graphic annotations, drawings stay; of overlays the "
        "regions of interest (type R) stay. Otherwise overlays (60xx) go as a whole group. Curves (50xx) always do.",
    ))  # fmt: skip


def _private(profile: Profile) -> Iterator[str]:
    yield from ("## Private attributes", "")
    own = [rule for rule in profile.own.rules if rule.creator]
    is_on = SAFE_PRIVATE in profile.options
    yield from _text(
        "All are removed, creators too, but with `retain-safe-private`"
        + (", which is chosen here" if is_on else "")
        + f": then the {len(safe_attributes())} of Table E.3.10-1 stay, matched by creator and element in any block, if the "
        "value is one of its VR and VM and no whole date. Their UIDs and dates go the way of all others, their texts "
        "lose what identifies the patient, their sequences are looked into. What the file says of its own private "
        "attributes (0008,0300) is followed where it takes something away; where it lets something stay, texts are "
        f"cleaned and values that could hold anything go. A profile file can add more; {len(own) or 'none'} "
        + ("is" if len(own) == 1 else "are") + " added here."
    )  # fmt: skip
    counts = Counter(row.creator for row in safe_attributes().values())
    yield from _table(("private creator", "safe attributes"), sorted(counts.items()))


def _pixels(_: Profile) -> Iterator[str]:
    yield from ("## Pixels", "")
    yield from _bullets((
        "Images of kinds that carry text (ultrasound, endoscopy, video, screens, secondary captures, labels of slides) are "
        "refused, whatever Burned In Annotation says; with `--burned-in keep` they stay as they are and say `YES`.",
        "Clean Pixel Data Option (113101): with `--burned-in redact`, for every instance that was looked at, which then says "
        "Burned In Annotation `NO`: all of the kinds above and of 8-bit colour, a sample of the slices of other series, and "
        "all of a series whose sample shows text. Text is found by optical character detection, region rules and the "
        "regions that ultrasound declares; the stored pixels are blanked. Videos and labels of slides are refused.",
        "Faces that can be rebuilt from CT or MR of a head are not removed; (0028,0302) is not set. The run warns of them.",
        "Bytes behind the last pixel are cut off. Unused bits of native pixels are cleared if there is something in them.",
        "Comments and application data are cut out of JPEG, JPEG-LS, JPEG 2000 and JPEG XL frames; the picture stays as it "
        "is, bit for bit. Text in ICC profiles is removed, the colours stay.",
        "Icon images are removed.",
    ))  # fmt: skip


def _file(_: Profile) -> Iterator[str]:
    yield from ("## The file", "")
    yield from _text(
        "The preamble becomes zero and File Meta Information is written anew, with nothing of the sender's but the Transfer "
        "Syntax and the SOP Class. Group lengths, commands, directory records, padding and everything behind the data set "
        "are removed. Digital signatures and Original Attributes are removed. Names of files and folders are made of pseudonyms."
    )


def _refusals(_: Profile) -> Iterator[str]:
    yield from ("## What is refused", "")
    yield from _bullets((
        "Images that may show text, unless `--burned-in redact` or `--burned-in keep`.",
        "Encapsulated documents, where no blank one of their kind is known or `--documents refuse` is given; otherwise a "
        "blank one takes their place.",
        "An instance in which, after all this, something that identifies the patient is still found; the search is always on.",
        "DICOMDIR, files that are cut short, and files that cannot be read to their end.",
    ))  # fmt: skip
