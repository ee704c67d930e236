"""Words in the names of columns that name nobody: labels, quality, physiology, counters. Pure.

In English, German, French and Spanish, as far as they are usual beside an ECG. A column with one of
them is never asked about (`unknown_names`).
"""

from functools import lru_cache
from typing import Final

from ecgstream.storage.foreign.whose.identity_words import looks_like_one, words_of

_LABELS: Final = """
    label labels class classes category rhythm rhythms arrhythmia diagnosis diagnoses diag dx
    finding annotation annotations annot anno ann beat beats symbol symbols aux target targets
    truth gt y pred prediction predicted score probability prob event events episode episodes
    marker markers mark trigger stim stimulus cue response task condition phase stage stages
    state status activity activities posture position sleep hypnogram arousal apnea apnoea
    exercise load speed incline workload protocol treatment medication drug dose outcome comment
    comments note notes remark remarks text message af afib afl vt vf svt pvc pac pause pacing
    paced pacer pacemaker ectopic ischemia seizure fall step steps emotion stress valence
    etikett klasse rhythmus diagnose befund ereignis kommentar bemerkung schlaf lage belastung
    etiquette classe rythme diagnostic evenement commentaire remarque sommeil etiqueta clase
    ritmo diagnostico evento comentario sueno
"""
_QUALITY: Final = """
    quality sqi snr noise noisy artifact artifacts artefact artefacts valid validity invalid
    good bad ok usable clean flag flags mask off contact electrode electrodes impedance
    saturated clipping clipped error errors warning alarm alarms alert missing interpolated
    reviewed checked qualitaet qualitat gueltig stoerung fehler qualite bruit erreur calidad
    ruido
"""
_PHYSIOLOGY: Final = """
    hr heartrate heart pulse bpm rr rri ibi nn hrv qt qtc qrs pr st spo2 sao2 sp02 o2 bp sbp dbp
    map abp nibp ibp cvp pap icp co2 etco2 resp rate respiration breath breathing temp
    temperature glucose lactate eda gsr scl emg eeg eog ppg pleth acc accel acceleration gyro
    mag magnetometer light lux battery batt charge current pressure altitude elevation distance
    cadence power lat lon lng latitude longitude humidity vo2 vco2 perfusion flow volume puls
    herzfrequenz temperatur druck akku frequence pression temperatura presion frecuencia
"""
_COUNTERS: Final = """
    time times timestamp date datetime day month year week hour hours minute minutes min second
    seconds sec secs ms us ns clock zone tz utc epoch epochs elapsed start stop end begin onset
    offset duration length sample samples index idx row rows n i j k seq sequence counter count
    frame packet block chunk segment seg window windows win batch page part piece interval lap
    cycle tick number shard split fold zeit datum uhrzeit stunde minute sekunde fenster zaehler
    temps heure jour tiempo hora fecha dia
"""
_OF_SAMPLES: Final = """
    unit units uom fs sampling gain baseline lead leads channel channels scale factor adc filter
    version firmware software format schema signal raw value values voltage amplitude resolution
    bits
"""
WORDS: Final = frozenset(f"{_LABELS} {_QUALITY} {_PHYSIOLOGY} {_COUNTERS} {_OF_SAMPLES}".split())

_VALUES: Final = """
    n normal abnormal nsr sr sinus afib af afl aflutter flutter vt vf vfl svt svta brady tachy
    paced pvc pac other noise noisy artifact artefact good bad ok clean poor fair excellent
    acceptable unacceptable usable unusable unknown none nan null na yes no true false on off
    valid invalid start stop end begin rest baseline exercise recovery warmup cooldown stress
    relax sleep wake awake rem nrem sitting standing lying supine
    prone left right walking running walk run sit stand lie low medium high connected
    disconnected sbr nod pread idvr
"""
VALUES: Final = frozenset(_VALUES.split())
"""Texts that are labels, whatever their column is called; beats' symbols only beside N."""


_FILES: Final = frozenset({"file", "files", "filename", "path", "datei", "fichier", "archivo"})
"""A recording may have many files."""


@lru_cache(maxsize=8_192)
def names_nobody(column: str) -> bool:
    """Return whether a column's name says that it is no name of a person or a recording."""
    words = words_of(column).split("_")
    if not _FILES.isdisjoint(words):
        return True
    return not WORDS.isdisjoint(words) and not looks_like_one(column)
