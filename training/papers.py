"""Questions that readers ask of papers, proposals and textbooks, made by rule from their sentences.

People's questions with marked answers are about encyclopaedia articles and stories; nothing that is
free teaches how a paper names its participants, instruments, aims and findings. Each rule here finds
a sentence whose form says what is stated (who took part, what something was measured with, what an
abbreviation stands for), marks the words that say it, and asks for them in one of several ways. The
wording of the sentence is partly given up, so that the words alone do not lead to the answer.

`python -m training.papers --corpus DIR --start DIR` writes `questions.papers.train.npz`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.ingest.sentences import split_sentences
from engine.text.tokenizer import WordPiece
from training.asking import Made, by_inversion
from training.corpus import Row, pairs
from training.prepare import keep, preparing

SHARES = {  # documents of each source, and questions of each document
    "pmc-ccby": (520, 30),
    "openstax": (500, 6),
    "peps": (250, 5),
    "k8s-keps": (200, 5),
    "rust-rfcs": (150, 4),
    "us-gov-web": (200, 4),
    "wikipedia-lead": (300, 4),
}
CHUNK = 1_100  # characters of the text that a question is asked about, about
MOST_ANSWER = 320  # characters
SHORTEST, LONGEST = 30, 600  # characters of a sentence
SEED = 3

COUNT = (
    r"(?:\d[\d,]*|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:-\w+)?))"
)
PEOPLE = (
    r"(?:participants|subjects|patients|volunteers|individuals|adults|children|students|controls|"
    r"women|men|infants|adolescents|undergraduates|respondents|mice|rats|monkeys|animals)"
)
WORK = r"(?:study|work|paper|article|review|experiment|investigation|meta-analysis|report|research)"
STOP = r"(?=[.;:]|, (?:and|which|where|while|as|but|with)\b|\s\()"


@dataclass(frozen=True)
class Rule:
    """`form` finds a sentence and its `answer`; `asked` are ways to ask, with its other groups."""

    form: re.Pattern[str]
    asked: tuple[str, ...]


def _rule(form: str, *asked: str) -> Rule:
    return Rule(re.compile(form, re.I), asked)


RULES = (
    _rule(
        rf"\b(?P<answer>{COUNT})\s(?:[\w-]+,?\s){{0,4}}?(?P<people>{PEOPLE})\b[^.]*?\b(?:participated"
        rf"|took part|were "
        r"(?:recruited|enrolled|included|scanned|tested|invited|studied)|completed|volunteered"
        r"|underwent)\b",
        "How many {people} took part in the study?",
        "How many {people} were included?",
        "What was the sample size?",
        "How many participants were there?",
        "How many people were studied?",
        "number of {people}",
    ),
    _rule(
        r"\bmean(?: \w+)? age\W+(?:was |of |is |= ?|: ?|± ?SD\W+){0,3}(?P<answer>\d+(?:\.\d+)?(?:\s?(?:±"
        r"|\+/-)\s?\d+(?:\.\d+)?)?"
        r"(?:\s?(?:years|yrs|months)(?: old)?)?)",
        "How old were the participants on average?",
        "What was the mean age of the participants?",
        "What was the average age?",
    ),
    _rule(
        r"\b(?:aged?|ages|age range)\W+(?:was |of |between |from |range\w* ?|: ?|="
        r" ?){0,3}(?P<answer>\d+\s?(?:–|-|to|and)\s?\d+"
        r"(?:\s?(?:years|yrs|months)(?: old)?)?)",
        "How old were the participants?",
        "What was the age range of the participants?",
        "Between what ages were the subjects?",
    ),
    _rule(
        rf"\b(?:aim|goal|purpose|objective)s?\s(?:of|in|for)\s(?:this|the|our)\s(?:(?:present|current"
        rf"|\w+)\s)?{WORK}\s"
        r"(?:was|is|were|are)\s(?P<answer>to\s[^.;]{12,300})",
        "What was the aim of the study?",
        "What is the goal of this work?",
        "What did the authors set out to do?",
        "Why was the study done?",
        "What is the purpose of this paper?",
    ),
    _rule(
        r"\b(?:we|this study|the (?:present|current) study) (?:therefore |thus |here |further )?(?:aimed"
        r"|sought|aims|wanted|set out|"
        r"attempted|intended) (?P<answer>to\s[^.;]{12,280})",
        "What was the aim of the study?",
        "What did the researchers want to find out?",
        "What did the authors try to do?",
        "What is the objective?",
    ),
    _rule(
        r"^(?:here|in this \w+|in the present \w+|therefore|thus|to this end)?,?\s?we (?:here"
        r" )?(?:investigate|examine|explore|"
        r"address|evaluate|compare|propose|present|introduce|describe|develop)(?:d"
        r"|ed)?\s(?P<answer>[^.;]{12,260})",
        "What do the authors investigate?",
        "What does the paper present?",
        "What is proposed?",
        "What is this paper about?",
    ),
    _rule(
        r"\bwe (?:therefore |thus |also |further )?(?:hypothesi[sz]ed?|predict(?:ed)?|expect(?:ed)?)(?:"
        r" that)? (?P<answer>[^.;]{15,280})",
        "What was the hypothesis?",
        "What did the authors expect?",
        "What did the researchers hypothesise?",
        "What was predicted?",
    ),
    _rule(
        r"\b(?:we conclude|(?:our|these|the) (?:present |current )?(?:results|findings|data|analyses)(?:"
        r" \w+)? "
        r"(?:suggest|indicate|demonstrate|show|reveal|support)(?:ed)?)(?: that)? (?P<answer>[^.;]{15,300})",
        "What do the results suggest?",
        "What was the main finding?",
        "What did the authors conclude?",
        "What did the study find?",
        "What do the findings show?",
    ),
    _rule(
        rf"\blimitations?(?: of (?:this|the|our)(?: \w+)? {WORK}| \w+)? (?:is|was|are|were|concerns?"
        rf"|relates? to) (?:that|the)"
        r" (?P<answer>[^.;]{15,280})",
        "What are the limitations of the study?",
        "What is a limitation of this work?",
        "What weaknesses do the authors mention?",
    ),
    _rule(
        r"\b(?:future|further) (?:studies|research|work|investigations?)\b[^.;]{0,30}\b(?:should|will"
        r" need to|could|is needed|are needed)"
        r" (?P<answer>[^.;]{12,240})",
        "What should future research do?",
        "What do the authors recommend for further studies?",
        "What is left for future work?",
    ),
    _rule(
        r"\bapproved by (?P<answer>(?:the |our |a )?[^.;()]{6,160}?)" + STOP,
        "Who approved the study?",
        "Which ethics committee gave its approval?",
        "Who gave ethical approval?",
    ),
    _rule(
        r"\b(?:study|work|research|project|trial) was (?:supported|funded|sponsored|financed)(?: in"
        r" part)? by"
        r" (?P<answer>[^.;()]{6,160})",
        "Who funded the research?",
        "Who paid for the study?",
        "Where did the funding come from?",
    ),
    _rule(
        r"\b(?:on|with|using|in|by) (?P<answer>(?:an?|the) [^.;,()]{3,70}?(?:scanner|MRI system|MR system"
        r"|tomograph|magnetom \w+))\b",
        "Which scanner was used?",
        "What machine were the images taken with?",
        "What MRI scanner did they use?",
        "What equipment was used for scanning?",
    ),
    _rule(
        r"\b(?:using|with|in|by means of) (?P<answer>(?:the |an? )?(?-i:[A-Z])[^.;,()]{1,50}?(?:software"
        r"|toolbox|package|library))\b",
        "Which software was used?",
        "What software did the authors use?",
        "What program were the data analysed with?",
    ),
    _rule(
        r"\b(?:significance|significant|threshold(?:ed)?|alpha)\b[^.;]{0,60}?(?P<answer>(?:p|α"
        r"|alpha)\s?[<=≤]\s?0?\.\d+)",
        "What significance level was used?",
        "What was the statistical threshold?",
        "Which p value counted as significant?",
    ),
    _rule(
        r"\b(?:data|code|scripts|materials|dataset)\b[^.;]{0,60}\b(?:available|found|downloaded) (?:at"
        r"|from|in|on|via) (?P<answer>[^;()]{6,120}?)"
        r"(?=\.?$|\.\s|;|,\s)",
        "Where are the data available?",
        "Where can the data be found?",
        "Where can I get the data?",
    ),
    _rule(
        rf"\b(?P<answer>(?:{COUNT}|participants|subjects|patients|studies|trials"
        rf"|datasets?)\b[^.;,()]{{4,80}}) (?:was|were) excluded\b",
        "Who was excluded?",
        "What was left out?",
        "What was excluded from the analysis?",
    ),
    _rule(
        r"\bexcluded (?:from [^.;,]{3,40} )?(?P<answer>(?:due to|because(?: of)?|for|owing to|if|as)"
        r" [^.;()]{6,140})",
        "Why were participants excluded?",
        "What were the reasons for exclusion?",
        "What were the exclusion criteria?",
    ),
    _rule(
        r"\blast(?:ed|s|ing) (?P<answer>(?:about |approximately |for |between |~)?\d[\d.]*(?:\s?(?:–|-|to"
        r"|and)\s?\d[\d.]*)?\s?"
        r"(?:ms|s|sec|seconds|min|minutes|h|hours|days|weeks|months|years)\b)",
        "How long did it last?",
        "How long was it?",
        "What was the duration?",
    ),
)
DOT = "\u2024"  # stands for a full stop that ends nothing, so that it stops no rule
INNER = re.compile(r"\.(?=\S)|(?<=\b[A-Za-z])\.|(?<=\b(?:al|vs|cf|Dr|eq))\.|(?<=\b(?:Fig|e\.g|i\.e))\.")
ABBREVIATION = re.compile(r"((?:[\w’'-]+\s){1,6}[\w’'-]+)\s\(([A-Z][A-Za-z-]*[A-Z]s?)\)")
STANDS = (
    "What does {short} stand for?",
    "What does {short} mean?",
    "What is {short} short for?",
    "What is meant by {short}?",
    "What is {short}?",
)
SHORTENED = ("What is the abbreviation of {long}?", "How is {long} abbreviated?")


def by_rule(sentence: str, chance: random.Random) -> Iterator[Made]:
    """Questions that the form of a sentence answers."""
    for rule in RULES:
        if (found := rule.form.search(sentence)) is not None:
            groups = {name: value.lower() for name, value in found.groupdict().items()}
            start, end = found.span("answer")
            yield Made(chance.choice(rule.asked).format(**groups), start, end)
    for found in ABBREVIATION.finditer(sentence):
        long = long_form(found[1], found[2])
        if long is not None:
            start = found.start(1) + found[1].rindex(long)
            ask = chance.choice(STANDS).format(short=found[2])
            yield Made(ask, start, start + len(long))
            if chance.random() < 0.15:
                yield Made(chance.choice(SHORTENED).format(long=long), *found.span(2))


def long_form(words: str, short: str) -> str | None:
    """The last of these words whose initials are the letters of an abbreviation."""
    letters = [letter.lower() for letter in short if letter.isupper()]
    split = list(re.finditer(r"[^\s-]+", words))
    if len(letters) < 2 or len(split) < len(letters):
        return None
    first = split[-len(letters) :]
    if [one[0][0].lower() for one in first] == letters and first[0][0].lower() not in ("the", "a", "an"):
        return words[first[0].start() :]
    return None


def chunks(text: str, most: int = CHUNK) -> Iterator[str]:
    """Paragraphs one after another, joined to parts of about so many characters."""
    part = ""
    for paragraph in re.split(r"\n\s*\n", text):
        if part and len(part) + len(paragraph) > most:
            yield part
            part = ""
        part = f"{part}\n\n{paragraph}" if part else paragraph
    if part:
        yield part


def make_questions(row: Row, most: int, chance: random.Random) -> list[Row]:
    """At most so many questions about one document, no wording twice."""
    found: dict[str, Row] = {}
    for number, part in enumerate(chunks(row["document"])):
        about = {"context_id": f"{row['id']} {number}", "title": row["id"], "context": part}
        for span in split_sentences(part, 0):
            if SHORTEST < len(span) < LONGEST:
                for made, answer in _answered(span.of(part), chance):
                    marked = {"text": answer, "start": span.start + made.start}
                    question = made.question.replace(DOT, ".")
                    asked = {"question": question, "answers": [marked], "impossible": False}
                    found.setdefault(question, about | asked)
    rows = list(found.values())
    return chance.sample(rows, min(most, len(rows)))


def _answered(sentence: str, chance: random.Random) -> Iterator[tuple[Made, str]]:
    known = INNER.sub(DOT, sentence)
    for made in (*by_rule(known, chance), *by_inversion(known, chance)):
        answer = sentence[made.start : made.end].rstrip(" ,")
        if 0 < len(answer) <= MOST_ANSWER:
            yield made, answer


def main() -> None:
    """The command."""
    parser = preparing(__doc__)
    parser.add_argument("--show", type=int, default=0, help="print so many, and write nothing")
    options = parser.parse_args()
    made: list[Row] = []
    for source, (count, most) in SHARES.items():
        rows = list(pairs(options.corpus, source, "train"))
        rows = random.Random(f"{SEED} {source}").sample(rows, min(count, len(rows)))
        if options.show:
            rows = rows[:40]
        for row in rows:
            made += make_questions(row, most, random.Random(f"{SEED} {row['id']}"))
        print(f"{source:16} {len(made):7,} questions so far", flush=True)
    if options.show:
        for row in random.Random(SEED).sample(made, min(options.show, len(made))):
            print(f"{row['question']}\n    {row['answers'][0]['text']}")
        return
    tokenizer, file = WordPiece.from_directory(options.start), options.data / "questions.papers.train.npz"
    kept = keep(made, tokenizer, file)
    print(f"{len(kept):,} questions, {len(kept.texts):,} tokens of text")


if __name__ == "__main__":
    main()
