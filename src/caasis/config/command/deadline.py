"""``caasis deadline``: legal deadlines for lines of JSON, without a database."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from caasis.engines.deadlines.lines import Words


@click.command("deadline")
@click.argument("file", type=click.File("rb"), default="-")
def command(file: BinaryIO) -> None:
    """クーリング・オフなどの期限を、JSONの行で答えます。1行に1件、FILEか標準入力から読みます。

    読めない行には error の行を返して続け、最後に終了コード1で終わります。項目は docs/deadline.md にあります。
    """
    import json

    from caasis.engines.deadlines.lines import LineError, answer_line, error_line
    from caasis.platform.lawfiles import current_law

    law, words = current_law(), _words()
    refused = False
    out = sys.stdout
    try:
        for number, text in _lines(file):
            try:
                if isinstance(text, ValueError):
                    raise LineError({"": str(text)})
                answer = {"line": number} | answer_line(text, law, words)
            except LineError as error:
                refused = True
                answer = {"line": number} | error_line(error)
            # One line in, one line out at once: another program may wait for the answer before it asks again.
            out.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
            out.flush()
    except BrokenPipeError:
        # The reader has had enough (head). What is still in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    sys.exit(1 if refused else 0)


def _words() -> Words:
    """The Japanese names of 取引類型 and 販売購入形態, as the code lists of the card have them."""
    from caasis.cases.code_lists import code_lists
    from caasis.engines.deadlines.lines import Words

    types, forms = (
        {term.label: term.code for term in code_lists()[name].children()} for name in ("transaction_type", "sales_form")
    )
    return Words(transaction_types=types, sales_forms=forms)


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | ValueError]]:
    """Number and text of each line that is not blank. A line never takes more memory than the longest allowed one."""
    from caasis.engines.deadlines.lines import LONGEST_LINE

    # In UTF-8 a character takes up to four bytes.
    most = LONGEST_LINE * 4
    number = 0
    while raw := file.readline(most):
        number += 1
        if len(raw) >= most and not raw.endswith(b"\n"):
            while (rest := file.readline(most)) and not rest.endswith(b"\n"):
                pass
            yield number, ValueError(f"1行は{LONGEST_LINE:,}字までです。")
            continue
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            yield number, ValueError("文字コードはUTF-8にしてください。")
            continue
        if text:
            yield number, text
