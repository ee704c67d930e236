"""What columns are called that name people and recordings: English, German, French, Spanish. Pure.

Those words alone that say hardly anything else: a file in which such a column has several values
is left out. What they do not know is found fault with by its values (`unknown_names`).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ecgstream.storage.foreign.column_names import plain_word

_PERSON: Final = (
    # English
    r"patients?|pat|subjects?|subj|persons?|participants?|probands?|volunteers?|animal|donor|client"
    r"|mrn|mrno|hadm|nhs|ssn|social_?security|insurance|pseudonym|pseudo|case_?history|anon"
    r"|chart_?(?:no|nr|num|number|id)|user|member|beneficiary|twin|sibling"
    # German
    r"|patienten|patientin|probanden|person(?:en)?_?kenn\w*|versicherten|versicherungs?|kvnr"
    r"|krankenkassen|pseudonym_?isiert|vorname|nachname|familienname|geburtsname"
    r"|(?:kranken)?akten?(?=_?n)|testperson"
    # French
    r"|malade|sujet|dossier|ipp|nip|prenom|nom_(?:de_)?(?:famille|naissance|usuel)|nom"
    r"|(?:numero_|no_|num_)securite_sociale"
    # Spanish
    r"|pacientes?|sujeto|historia_?clinica|nhc|expediente|apellidos?|nombres?|cedula|dni|curp"
    r"|asegurado|seudonimo"
)
"""Words of people, and of what is one person's alone."""
_RECORDING: Final = (
    r"cases?|records?|recordings?|stay|icustay|study|session|visit|encounter|admission|exam"
    r"|examination|holter|(?:src|source|file|orig|original|ecg|ekg|wfdb|edf|record)_?(?:file|path)"
    r"|file|path|csn|accession|(?:study|series|sop|image)_?instance"
    # German
    r"|patientenfall|fall(?=_?(?:nr|no|num|id|zahl|kenn))|aufnahme|auftrags?|untersuchungs?|befund(?=_?(?:nr|no|num|id))"
    r"|aufzeichnungs?|besuch|aufenthalts?|sitzungs?|studien?|datei|visite"
    # French
    r"|sejour|examen|enregistrement|seance|etude|cas|fichier|hospitalisation"
    # Spanish
    r"|caso|estudio|visita|sesion|grabacion|registro|ingreso|archivo|fichero"
)
_PLACE: Final = (
    # What a recording was made with, or where, and which of several it was.
    r"beds?|room|ward|station|run|trial|key|device|monitor|serial|recorder"
    r"|(?:device|monitor|recorder)_?serial"
    # German
    r"|bett(?:en)?|zimmer|geraete?|gerate?|serien|lauf|versuchs?|durchgang|durchlauf|schlussel"
    r"|schluessel|kennung|kuerzel|kurzel|monitor"
    # French
    r"|chambre|appareil|essai|cle|identifiant|serie|dispositif"
    # Spanish
    r"|cama|habitacion|sala|dispositivo|equipo|ensayo|clave|identificador|corrida"
)
"""Words that say it alone, or with a number: behind others they may be anything (`vt_run`)."""
_NUMBER: Final = (
    r"(?:ids?|uid|uuid|guid|no|nr|num|number|name|key|code|hash|path|index|idx|serial|sn"
    r"|nummer|kennung|kennzeichen|schluessel|schlussel|numero|numer|codigo|cle|clave"
    r"|identifier|identifiant|identificador|n)"
)
_ALONE: Final = (
    r"(?:rec|ecg|ekg|order|lit|episode|episodio)_?" + _NUMBER + r"|pid|initials|initialen"
    r"|filename.*|dateiname|(?:full|last|first|family|sur|nach|vor|user)_?name|name|login"
    r"|(?:numero|no|num|n)_(?:de_)?(?:serie|lit)|.*_(?:uid|uuid|guid)|nombre_completo"
)
_BEHIND: Final = rf"(?:_?{_NUMBER})*"
_FIRST: Final = r"(?:.*_|id|num(?:ero)?|no)?"
_BEFORE: Final = rf"(?:{_NUMBER}_(?:(?:de|del|du|der|des|of|la|le)_)*)?"

_WHOSE: Final = re.compile(
    rf"{_FIRST}(?:{_PERSON}|{_RECORDING}){_BEHIND}|{_BEFORE}(?:{_PLACE}){_BEHIND}|{_ALONE}"
)
_SOMEBODY: Final = re.compile(
    rf"{_FIRST}(?:{_PERSON}){_BEHIND}|pid|initials|initialen|(?:full|last|family|sur|nach)?_?name"
)
_ANYTHING: Final = re.compile(r"id|uid|uuid|guid")
"""Names that may be somebody's, or count rows: where each row has its own, it counts them."""


# Archives have thousands of files of the same columns.
@lru_cache(maxsize=8_192)
def words_of(column: str) -> str:
    """Return a column's name as these words are: `NuméroPatient` is `numero_patient`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", _plain(column))
    return plain_word(apart)


def _plain(text: str) -> str:
    """Return a text without accents: also those that are characters of their own."""
    decomposed = unicodedata.normalize("NFD", text.replace("\N{LATIN SMALL LETTER SHARP S}", "ss"))
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _alike(pattern: re.Pattern[str], column: str) -> bool:
    return bool(pattern.fullmatch(words_of(column)) or pattern.fullmatch(plain_word(column)))


@lru_cache(maxsize=8_192)
def looks_like_one(column: str) -> bool:
    """Return whether a column is called as names of people and recordings are."""
    return _alike(_WHOSE, column) or is_anything(column)


@lru_cache(maxsize=8_192)
def looks_like_a_person(column: str) -> bool:
    """Return whether a column is called as names of people are: a recording may have many files."""
    return _alike(_SOMEBODY, column)


def is_anything(column: str) -> bool:
    """Return whether a name may be somebody's, or count rows."""
    return _ANYTHING.fullmatch(plain_word(column)) is not None
