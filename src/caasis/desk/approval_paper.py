"""決裁文書: what goes into the official file, once for the screen and once as plain text for the PDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from caasis.accounts.selectors import names_of
from caasis.cases.code_lists import label
from caasis.cases.models import Approval
from caasis.cases.rules.card import FIELDS, show
from caasis.cases.selectors import open_personal
from caasis.desk.approvals import ROLE_WORDS, deputy_words
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import JST
from caasis.organisations.selectors import get_centre

PERSONAL = (
    ("consumer_name", "氏名"),
    ("consumer_kana", "ふりがな"),
    ("consumer_phone", "電話"),
    ("consumer_postcode", "郵便番号"),
    ("consumer_address", "住所"),
)


@dataclass(frozen=True, slots=True)
class PaperStep:
    """One step of 決裁: whose it is, and what was decided, "" while it waits."""

    role: str
    decision: str = ""
    by: str = ""
    at: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """The document. `rows` are (label, words) of the card as it was sent, `checks` (label, verdict, sentence)."""

    centre: str
    receipt_number: str
    title: str
    number: int
    state: str
    requested: str
    sender: str
    reply: str
    rows: list[tuple[str, str]]
    checks: list[tuple[str, str, str]]
    steps: list[PaperStep]
    personal: list[tuple[str, str]] = field(default_factory=list)
    purpose: str = ""


def paper_of(approval: Approval, *, actor: Actor, purpose: Purpose | None) -> Paper:
    """The document of a request. With a purpose the consumer's name and address are opened, and the log says so."""
    decisions = list(approval.decisions.all())
    people = {one for d in decisions for one in (d.decided_by, d.deputy_of) if one}
    people |= {approval.requested_by} if approval.requested_by else set()
    names = names_of(people)
    steps = []
    for number, role in enumerate(approval.steps):
        decided = next((d for d in decisions if d.step == number), None)
        if decided is None:
            steps.append(PaperStep(ROLE_WORDS.get(role, role)))
            continue
        stood_in = deputy_words(decided.deputy_for, decided.deputy_of, names)
        by = names.get(decided.decided_by, "") if decided.decided_by else ""
        steps.append(
            PaperStep(
                ROLE_WORDS.get(role, role),
                "承認" if decided.decision == "approved" else "差戻し",
                f"{by}（{stood_in}）" if stood_in else by,
                _at(decided.decided_at),
                decided.reason,
            )
        )
    verdicts = {"passed": "よし", "flagged": "指摘", "missing": "不足"}
    confirmed = {code for d in decisions for code in d.confirmed_checks}
    personal = open_personal(approval.case, actor=actor, purpose=purpose) if purpose is not None else {}
    return Paper(
        centre=get_centre(approval.centre_id).name,
        receipt_number=approval.case.receipt_number,
        title=str(approval.snapshot.get("title") or "件名なし"),
        number=approval.number,
        state="決裁待ち" if approval.state == Approval.State.WAITING else approval.get_state_display(),
        requested=_at(approval.requested_at),
        sender=names.get(approval.requested_by, "") if approval.requested_by else "",
        reply=approval.reply,
        rows=[
            (one.label, words)
            for one in FIELDS
            if not one.sealed and one.name != "title" and (words := show(one.name, approval.snapshot.get(one.name), label))
        ],
        checks=[
            (
                check["label"],
                verdicts.get(check["verdict"], "") + ("・確かめた" if check["code"] in confirmed and check["verdict"] != "passed" else ""),
                check["message"],
            )
            for check in approval.checks
        ],
        steps=steps,
        personal=[(words, personal[name]) for name, words in PERSONAL if personal.get(name)],
        purpose=purpose.label if purpose is not None else "",
    )


def _at(moment: datetime) -> str:
    local = moment.astimezone(JST)
    return f"{local.year}年{local.month}月{local.day}日 {local.hour}:{local.minute:02d}"


def paper_text(paper: Paper) -> str:
    """The document as lines of text."""
    lines = [
        "決　裁　文　書",
        "",
        f"{paper.centre}　受付番号 {paper.receipt_number}",
        f"件名　{paper.title}",
        f"依頼　{paper.requested}　{paper.sender}（{paper.number}回目・{paper.state}）",
    ]
    if paper.reply:
        lines += ["", f"依頼者からの連絡　{paper.reply}"]
    lines += ["", "【決裁】"]
    for number, one in enumerate(paper.steps, start=1):
        lines.append(f"{number}　{one.role}　{one.decision or '（未決裁）'}　{one.by}　{one.at}".rstrip())
        if one.reason:
            lines.append(f"　　{one.reason}")
    lines += ["", "【相談者】"] if paper.personal else ["", "【相談者】　個人情報は記載していません。"]
    if paper.personal:
        lines += [f"{words}　{value}" for words, value in paper.personal] + [f"（開いた目的　{paper.purpose}）"]
    lines += ["", "【相談カード】", *(f"{words}　{value}" for words, value in paper.rows)]
    lines += ["", "【機械の確認】", *(f"{words}　{verdict}　{sentence}" for words, verdict, sentence in paper.checks)]
    return "\n".join(lines) + "\n"
