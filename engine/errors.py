"""What can go wrong, one class for each thing that a caller may want to catch.

    PrecisError                         message says what happened and what to do next
     ├─ DocumentError                   a file cannot be used; .status names why
     │   ├─ EmptyFile        empty       ├─ UnsupportedFile   unsupported
     │   ├─ UnreadableFile   corrupt     ├─ EncryptedFile     password
     │   ├─ NoText           no_text     ├─ FileTooLarge      too_large
     │   └─ ReadingTimedOut  timeout
     ├─ CheckpointError                 a model directory cannot be used
     │   ├─ MissingWeights   ├─ UnexpectedWeights   ├─ WrongDigest   └─ UnsupportedModel
     ├─ CapacityError                   this machine is too small for it
     │   ├─ InputTooLong     └─ OutOfMemory
     ├─ StorageError                    the library on disk cannot be used
     │   ├─ DiskFull   ├─ ReadOnlyLibrary   ├─ DamagedLibrary   └─ NotInLibrary
     ├─ RecognitionError                text recognition (OCR) cannot be used
     │   ├─ RecognitionMissing   └─ RecognitionFailed
     └─ Cancelled                       the reader pressed Stop

Messages are our own words: never text of a document, never a path of the machine.
A mistake of the programmer is a ValueError or an assert, never one of these.
"""

from __future__ import annotations

from typing import ClassVar

from engine.types import Status


class PrecisError(Exception):
    """The root. `code` is short and stable, for logs and tests."""

    code: ClassVar[str] = "error"
    default: ClassVar[str] = "Something went wrong. Try again; if it persists, run `python app.py doctor`."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default)


class DocumentError(PrecisError):
    """A file cannot be used as a document. `status` is one of engine.types.Status; `document` is
    the SHA-256 of its bytes where they could be read, `pages` how many pages it has, if known."""

    code = "document"
    status: ClassVar[Status] = "corrupt"

    def __init__(self, message: str | None = None, *, document: str | None = None, pages: int = 0) -> None:
        super().__init__(message)
        self.document = document
        self.pages = pages


class EmptyFile(DocumentError):
    code = "empty"
    status = "empty"
    default = "This file is empty. Choose another one, or save it again from the program that made it."


class UnsupportedFile(DocumentError):
    code = "unsupported"
    status = "unsupported"
    default = "This kind of file cannot be read: add a PDF, text, Markdown, HTML, EPUB or Word (.docx) file."


class UnreadableFile(DocumentError):
    code = "corrupt"
    status = "corrupt"
    default = "This file is damaged and none of its pages can be read. Download or export it again."


class EncryptedFile(DocumentError):
    code = "password"
    status = "password"
    default = "This PDF is protected by a password. Give the password, or add a copy without one."


class NoText(DocumentError):
    code = "no_text"
    status = "no_text"
    default = (
        "No page of this file has a text layer: it is probably a scan. "
        "Its text must be recognised (OCR) before it can be used."
    )


class FileTooLarge(DocumentError):
    code = "too_large"
    status = "too_large"
    default = "This file is over the limit. Split it into parts and add them one by one."


class ReadingTimedOut(DocumentError):
    code = "timeout"
    status = "timeout"
    default = "Reading this file took too long and was stopped. Print it to a new PDF and add that."


class CheckpointError(PrecisError):
    """A model directory cannot be used."""

    code = "checkpoint"


class MissingWeights(CheckpointError):
    code = "missing-weights"
    default = "This model directory lacks weights that the model needs. Fetch it again."


class UnexpectedWeights(CheckpointError):
    code = "unexpected-weights"
    default = "This model directory holds weights that the model has no place for. Check its config.json."


class WrongDigest(CheckpointError):
    code = "wrong-digest"
    default = "A model file is not the one that was published (its SHA-256 differs). Fetch it again."


class UnsupportedModel(CheckpointError):
    code = "unsupported-model"
    default = "This is not a LongT5, LED or Longformer model that Precis can read."


class CapacityError(PrecisError):
    """This machine is too small for what was asked."""

    code = "capacity"


class InputTooLong(CapacityError):
    code = "too-long"
    default = "The input is longer than this model can read at once. Use a smaller part of it."


class OutOfMemory(CapacityError):
    code = "out-of-memory"
    default = "There was not enough memory. Close other programs, or choose a smaller model."


class StorageError(PrecisError):
    """The library on disk cannot be used."""

    code = "storage"


class DiskFull(StorageError):
    code = "disk-full"
    default = "The disk is full. Nothing that was stored is lost; free some space and try again."


class ReadOnlyLibrary(StorageError):
    code = "read-only"
    default = "The library folder cannot be written to. Reading works; to add documents, allow writing there."


class DamagedLibrary(StorageError):
    code = "damaged"
    default = "The library's database is damaged. It was left as it is; docs/SECURITY.md says how to recover."


class NotInLibrary(StorageError):
    code = "not-found"
    default = "This is not in the library. It may have been deleted."


class RecognitionError(PrecisError):
    """Text recognition (OCR) cannot be used."""

    code = "ocr"


class RecognitionMissing(RecognitionError):
    code = "ocr-missing"
    default = (
        "Text recognition is not installed. Run `make setup-ocr` in the folder of Precis, "
        "or pip install 'precis[ocr]', and start it again."
    )


class RecognitionFailed(RecognitionError):
    code = "ocr-failed"
    default = "Text recognition could not be started. Run `make setup-ocr` again, or try without it."


class Cancelled(PrecisError):
    code = "cancelled"
    default = "Stopped."
