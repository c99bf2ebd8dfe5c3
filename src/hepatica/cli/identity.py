"""What the imports share that take a patient's identity out: the options, the secret, the names."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import tell
from hepatica.errors import UsageError

if TYPE_CHECKING:
    from hepatica.io.identity_words import IdentityWords
    from hepatica.io.pseudonym_key import PseudonymKey
    from hepatica.io.record_texts import TextRule

PseudonymOption = typer.Option(
    "", "--pseudonym", help="Take all identity out first; this is the case's id. Dates move."
)
PseudonymKeyOption = typer.Option(
    None, "--pseudonym-key", help="File with the secret of the pseudonyms; default: your own."
)
ImagesOption = typer.Option(
    [], "--images", help="DICOM of the patient: its names and numbers go out of texts, too."
)
KeepWordsOption = typer.Option(
    None, "--keep-words", help="Text file of words that may stay in texts under --pseudonym."
)


def secret_of(key: Path | None) -> bytes:
    """The user's secret; says so when one had to be made."""
    from hepatica.store.secret import default_path, pseudonym_secret

    secret, new = pseudonym_secret(key)
    if new:
        tell(f"A secret for pseudonyms was made in {default_path()}. Keep it, and keep it apart.")
    return secret


def key_of(pseudonym: str, case_id: str, key: Path | None) -> PseudonymKey | None:
    """The key of a patient; None if no pseudonym is asked for.

    Raises
    ------
    UsageError
        If the options contradict each other.
    """
    from hepatica.io.pseudonym_key import PseudonymKey

    if not pseudonym:
        if key is not None:
            raise UsageError(
                "--pseudonym-key needs --pseudonym: say how the patient is to be called."
            )
        return None
    if case_id and case_id != pseudonym:
        raise UsageError(
            f"--id {case_id} and --pseudonym {pseudonym}: the pseudonym is the case's id. Leave "
            "out --id."
        )
    return PseudonymKey(pseudonym, secret_of(key))


def names_in(images: list[Path]) -> IdentityWords:
    """Names and numbers of the patient in her images; none if there are no images."""
    from hepatica.io.identity_words import NOBODY

    if not images:
        return NOBODY
    from hepatica.io.dicom.identity_said import identity_said_in

    return identity_said_in(images)


def rule_of(names: IdentityWords, keep_words: Path | None) -> TextRule:
    """Which texts may stay."""
    from hepatica.io.record_texts import TextRule, extra_words

    return TextRule(names, extra_words(keep_words) if keep_words else frozenset())


def require_key_list(file: Path, out: Path) -> None:
    """Make sure that the list of who is who can be written, before anything else is.

    Raises
    ------
    UsageError
        If the file is there, or would lie in the folder that is passed on.
    """
    if file.exists():
        raise UsageError(f"{file.name} is there already. Choose another --key-list.")
    if out.resolve() in file.resolve().parents:
        raise UsageError("--key-list lies in --out, which is passed on. Keep it apart.")


def write_key_list(file: Path, pseudonyms: Mapping[str, str]) -> None:
    """Who is who, for the clinic only: a new file that nobody else can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([("case", "pseudonym"), *pseudonyms.items()])


def drop_stale_run(folder: Path) -> None:
    """Remove the account of an earlier record, which may tell days; not that of images."""
    from hepatica.store.record_file import images_case_id
    from hepatica.store.run import FILE_NAME

    if not images_case_id(folder):
        (folder / FILE_NAME).unlink(missing_ok=True)
