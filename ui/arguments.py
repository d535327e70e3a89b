"""What may be typed behind `python app.py`, as a table of contents; ui/cli.py does what it says."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn, get_args

from engine.ingest.kinds import IN_WORDS
from engine.types import Length

USAGE = 64  # what sysexits.h gives wrong usage


PREDICTIONS = ("fill-mask", "classify", "tag", "choose", "answer", "summarize")


class _Parser(argparse.ArgumentParser):
    """argparse, with the exit code that sysexits.h gives wrong usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """The command line as a table of contents."""
    parser = _Parser(prog="python app.py", description="Summaries and answers over long documents, offline.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser, required=True)
    _add_serve(commands)
    _add_ingest(commands)
    _add_summarize(commands)
    _add_ask(commands)
    _add_predict(commands)
    _add_models(commands)
    _add_doctor(commands)
    return parser


NAMES = (
    "Behind a proxy, PRECIS_NAMES in the environment holds the host names to answer to, with commas between "
    "them; requests for other names are refused. A demo on Hugging Face Spaces knows its own."
)
Commands = argparse._SubParsersAction  # argparse has no public name for what add_subparsers returns


def _add_serve(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("serve", help="open the reading room in the browser (the default)",
                                 epilog=NAMES)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="first port to try (default: %(default)s)")
    parser.add_argument("--open", action="store_true", help="open the browser when ready")
    parser.add_argument("--mcp", action="store_true",
                        help="answer programs that speak the Model Context Protocol (docs/API.md)")
    parser.set_defaults(command="serve")


def _add_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--password-stdin", action="store_true",
                        help="take the password of an encrypted PDF from the first line of standard input")


def _add_ocr(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ocr", action="store_true",
                        help="recognise the text of pages that are pictures (several seconds a page)")


def _add_ingest(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("ingest", help=f"read a file and say what was found in it: {IN_WORDS}")
    parser.add_argument("file", metavar="FILE", type=_existing_file)
    parser.add_argument("--text", action="store_true", help="print the text that all offsets refer to")
    parser.add_argument("--json", action="store_true", help="print nothing but the status object")
    _add_password(parser)
    _add_ocr(parser)
    parser.set_defaults(command="ingest")


def _add_summarize(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("summarize", help="summarise files, with the page of every sentence")
    parser.add_argument("files", metavar="FILE", nargs="+", type=_existing_file, help="one or several")
    parser.add_argument("--length", choices=get_args(Length), default="medium",
                        help="one sentence, about 60, 150 or 300 words, or by section (default: %(default)s)")
    parser.add_argument("--part", metavar="PART", default="",
                        help="pages such as 2-5,9 or headings of the outline such as s3 (default: all of it)")
    parser.add_argument("--global", metavar="WHERE", dest="attend", default="first",
                        help="global attention: first (as trained), headings, sentences, or passages "
                             "written as in --part")
    parser.add_argument("--model", metavar="NAME", help="see `models list`")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    _add_password(parser)
    _add_ocr(parser)
    parser.set_defaults(command="summarize")


def _add_ask(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("ask", usage="%(prog)s FILE ... QUESTION ... [options]",
                                 help="answer questions from files, or say that they have no answer")
    parser.add_argument("words", metavar="WORD", nargs="+",
                        help="files first; what is no file's name is a question, to all of them")
    parser.add_argument("--questions", metavar="FILE.jsonl", type=_existing_file,
                        help='lines of {"id": ..., "question": ...}')
    parser.add_argument("--part", metavar="PART", default="",
                        help="pages such as 2-5,9 or headings such as s3 to read (default: all of it)")
    parser.add_argument("--model", metavar="NAME", help="see `models list`")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line and question")
    _add_password(parser)
    _add_ocr(parser)
    parser.set_defaults(command="ask")


def _add_predict(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("predict", help="what a model of your own says about a text")
    parser.add_argument("--task", required=True, choices=PREDICTIONS)
    parser.add_argument("--model", metavar="DIR", type=_existing_file, required=True,
                        help="a directory with config.json, weights and tokenizer")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--text", help="the text itself")
    given.add_argument("--file", metavar="FILE", type=_existing_file, help="a file that holds it")
    parser.add_argument("--question", help="for --task answer")
    parser.add_argument("--choice", metavar="TEXT", action="append", default=[],
                        help="for --task choose; repeat")
    parser.add_argument("--beams", metavar="N", type=int, help="for --task summarize")
    parser.add_argument("--tokens", metavar="N", type=int, help="for --task summarize: at most so many")
    parser.set_defaults(command="predict")


def _add_models(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("models", help="list the models on this computer")
    parser.add_argument("action", choices=["list"], nargs="?", default="list")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line and model")
    parser.set_defaults(command="models")


def _add_doctor(commands: Commands[_Parser]) -> None:
    parser = commands.add_parser("doctor", help="versions, device, models, folders, network attempts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command="doctor")


def _existing_file(name: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no file {name!r}")
    return path
