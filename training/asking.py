"""Questions from statements by turning them round: "Stimuli were shown on a screen" gives "Where were
stimuli shown?".

Only simple sentences are turned: a short subject, an auxiliary verb, the rest. Words are left out or
changed for others at random, since nobody who asks knows how the text puts it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass


def any_of(words: str) -> str:
    """A pattern of any of these words."""
    return "(?:" + "|".join(words.split()) + ")"


NO_BEGINNING = any_of(
    "As When While If To In On By For With At From After Before During Since Although Because Unlike Like "
    "Given Using Both Also Even Only Then Thus Here Such Additional Future Further Yet Once Where Without "
    "Under Over Through Let Importantly Interestingly Therefore Moreover Furthermore Finally First Second "
    "Third More Less Note See Some Many Several Another"
)
NO_PART = any_of(
    "that which who is are was were will can could should may might must has have had to but when while if "
    "whether do does did"
)
VERB = any_of("is are was were can could may has have will should must")
PARTICIPLE = r"\w+" + any_of("ed own en lt de ne ght un id ut et ad")
HOW = any_of("using with by via through in at on from to for during because after before")
NO_MATTER = any_of(
    "conjunction order addition accordance line contrast mind case which that such them respect regard "
    "regards example the\\sfollowing this these each both it its turn general particular part and be have"
)
DOES = any_of(
    "consists? consisted comprises? comprised includes? contains? contained involves? involved requires? "
    "required leads?\\sto led\\sto results?\\sin resulted\\sin produces? produced provides? allows? allowed "
    "prevents? regulates? refers?\\sto depends?\\son inhibits? stimulates? encodes? occurs?\\sin returns"
)
NO_OBJECT = any_of("by at that how for with or and if when data")
OPENING = r"^(?:[A-Z][\w ]{2,40}, )?"
SUBJECT = (
    rf"(?!{NO_BEGINNING}\b)(?P<subject>(?:(?:The|A|An|All|Each|Our|Most) )?[A-Za-z][\w’'/-]*"
    rf"(?: (?!{NO_PART}\b)[\w’'/-]+){{0,5}}?)"
)
STATED = re.compile(rf"{OPENING}{SUBJECT} (?P<verb>{VERB}) (?P<rest>[^;:]{{8,260}}?)\.?$")
PASSIVE = re.compile(
    rf"{OPENING}{SUBJECT} (?P<verb>is|are|was|were) (?:\w+ly )?(?P<done>{PARTICIPLE})\b"
    rf"(?P<between>[^.;:,()]{{0,60}}?) (?P<how>{HOW}) (?!{NO_MATTER}\b)"
    r"(?P<what>[^.;:()]{3,120}?)(?=[.;:,]| \()"
)
HAS = re.compile(
    rf"{OPENING}{SUBJECT} (?P<does>{DOES})\b(?: of)? (?!{NO_OBJECT} )"
    r"(?P<what>[^.;:()]{6,160}?)(?=[.;:]|, (?:which|and|while|as|but|so|who)\b| \()"
)
MEASURED = re.compile(
    rf"^{SUBJECT} (?P<verb>was|were|is|are) "
    r"(?P<what>(?:set (?:to|at) |fixed (?:to|at) |about |approximately )?"
    r"\d[\d.,]*\s?(?:%|[a-zA-Zµ°Ω]+)?(?:\s?[×x]\s?\d[\d.]*\s?\w*)*)(?=[.,;]| \(| and | for )"
)
DEFINED = re.compile(
    r"^(?P<term>(?:(?:The|A|An) )?[A-Za-z][\w’'-]*(?: [\w’'-]+){0,3}) "
    r"(?P<verb>is|are|refers? to|is defined as|are defined as|means) "
    r"(?P<what>(?:an?|the|any|one of) [^.;:]{12,200}?)(?=[.;:]|, (?:and|but|while|so)\b)"
)
EMPTY = re.compile(
    r"\b"
    + any_of(
        "it this that these those there they he she we you i which who what such here one ones figure fig "
        "table results? however also thus its their his her former latter following above below example "
        "case i\\.e e\\.g"
    )
    + r"\b",
    re.I,
)
NOT_DONE = frozenset("""
therefore then one even often when open seven been children men women than indeed need red bed hundred
made like between token token's given
""".split())  # noqa: SIM905
ASKED = {
    "using": (
        "How {verb} {subject} {done}{between}?",
        "What {verb} {subject} {done} with?",
        "What was used to get {subject}?",
    ),
    "with": ("How {verb} {subject} {done}{between}?", "What {verb} {subject} {done} with?"),
    "via": ("How {verb} {subject} {done}{between}?",),
    "through": ("How {verb} {subject} {done}{between}?",),
    "by": (
        "What {verb} {subject} {done} by?",
        "Who or what {done} {subject}?",
        "How {verb} {subject} {done}{between}?",
    ),
    "in": ("In what {verb} {subject} {done}{between}?", "Where {verb} {subject} {done}{between}?"),
    "at": ("Where or when {verb} {subject} {done}{between}?", "At what {verb} {subject} {done}?"),
    "on": ("On what {verb} {subject} {done}{between}?", "What {verb} {subject} {done} on?"),
    "from": ("Where {verb} {subject} {done} from?", "What {verb} {subject} {done} from?"),
    "to": ("What {verb} {subject} {done} to?",),
    "for": ("What {verb} {subject} {done} for?", "Why {verb} {subject} {done}{between}?"),
    "during": ("When {verb} {subject} {done}{between}?",),
    "after": ("When {verb} {subject} {done}{between}?",),
    "before": ("When {verb} {subject} {done}{between}?",),
    "because": ("Why {verb} {subject} {done}{between}?", "Why {verb} {subject} {done}?"),
}
KEEP_PREPOSITION = frozenset(("because", "using", "during", "after", "before", "through", "via", "to"))
PASTS = {
    "consisted": "consist",
    "comprised": "comprise",
    "contained": "contain",
    "involved": "involve",
    "required": "require",
    "led": "lead",
    "resulted": "result",
    "produced": "produce",
    "allowed": "allow",
}
OTHERS = {
    "participants": ("subjects", "people", "volunteers"),
    "subjects": ("participants", "people"),
    "patients": ("participants", "people"),
    "stimuli": ("pictures or sounds", "items"),
    "performed": ("done", "carried out"),
    "conducted": ("done", "carried out", "run"),
    "acquired": ("collected", "recorded", "taken"),
    "collected": ("gathered", "acquired"),
    "presented": ("shown",),
    "assessed": ("measured", "tested"),
    "measured": ("assessed", "determined"),
    "calculated": ("computed", "worked out"),
    "computed": ("calculated",),
    "obtained": ("got", "acquired"),
    "images": ("scans", "pictures"),
    "associated": ("linked",),
    "study": ("research", "work"),
    "analyses": ("analysis", "tests"),
    "required": ("needed",),
    "used": ("employed",),
    "instructed": ("told",),
    "approximately": ("about",),
}
CHANGED, DROPPED = 0.5, 0.35
YES_OR_NO = 0.12  # share of the statements without another form that are asked about so


@dataclass(frozen=True)
class Made:
    """A question, and where its answer stands in its sentence."""

    question: str
    start: int
    end: int


def by_inversion(sentence: str, chance: random.Random) -> Iterator[Made]:
    """Questions whose answer a statement gives, in the order in which the forms are tried."""
    for ask, start, end in _turned(sentence, chance):
        text = " ".join(reworded(ask, chance).split())
        yield Made(text[0].upper() + text[1:], start, end)


def _turned(sentence: str, chance: random.Random) -> Iterator[tuple[str, int, int]]:
    if (found := DEFINED.search(sentence)) and not EMPTY.search(found["term"]):
        term = _lowered(found["term"])
        plural = found["verb"].startswith("are")
        forms = (f"What {'are' if plural else 'is'} {term}?", f"What does {term} mean?", f"define {term}")
        yield chance.choice(forms[:1] * 3 + forms[1:]), *found.span("what")
    if (found := MEASURED.search(sentence)) and not EMPTY.search(found["subject"]):
        yield f"What {found['verb']} {_subject(found)}?", *found.span("what")
    if (found := PASSIVE.search(sentence)) and _is_usable(found) and found["done"] not in NOT_DONE:
        values = {
            "verb": found["verb"],
            "subject": _subject(found),
            "done": found["done"],
            "between": found["between"],
        }
        start = found.start("how" if found["how"] in KEEP_PREPOSITION else "what")
        yield chance.choice(ASKED[found["how"]]).format(**values), start, found.end("what")
    elif (found := HAS.search(sentence)) and _is_usable(found):
        does = found["does"]
        verb, base = does.split()[0], _base(does)
        did = "did" if verb in PASTS else "does" if verb.endswith("s") else "do"
        of = " of" if base == "consist" else ""
        yield f"What {did} {_subject(found)} {base}{of}?", *found.span("what")
    elif (found := STATED.search(sentence)) and _is_usable(found) and chance.random() < YES_OR_NO:
        rest = re.sub(r"\([^)]*\)", "", found["rest"]).split(", ")[0]
        if len(rest.split()) < 4:
            return
        yield f"{found['verb']} {_subject(found)} {rest}?", 0, len(sentence.rstrip(". "))


def _is_usable(found: re.Match[str]) -> bool:
    return not EMPTY.search(found["subject"]) and len(found["subject"]) > 3


def _subject(found: re.Match[str]) -> str:
    return _lowered(found["subject"])


def _lowered(words: str) -> str:
    """With a small first letter, unless the word is a name or an abbreviation."""
    first = words.split()[0]
    return words if any(letter.isupper() for letter in first[1:]) else words[0].lower() + words[1:]


def _base(does: str) -> str:
    """The infinitive of one of the verbs of HAS."""
    verb, *more = does.split()
    verb = PASTS.get(verb, verb.removesuffix("s"))
    return " ".join([verb, *more])


def reworded(ask: str, chance: random.Random) -> str:
    """A question with some of its words changed or left out."""
    words = []
    for word in ask.split():
        bare = word.strip("?,").lower()
        if bare in OTHERS and chance.random() < CHANGED:
            words.append(chance.choice(OTHERS[bare]) + ("?" if word.endswith("?") else ""))
        elif bare.endswith("ly") and chance.random() < CHANGED:
            words += ["?"] if word.endswith("?") else []
        else:
            words.append(word)
    text = " ".join(words).replace(" ?", "?")
    if chance.random() < DROPPED:  # of a long question the last words
        shorter = re.sub(r" (?:of|in|for|during|from|between|within|to) [\w’' -]{4,40}\?$", "?", text)
        text = shorter if len(shorter.split()) >= 4 else text
    return text[:-1] if text.endswith("?") and chance.random() < 0.08 else text
