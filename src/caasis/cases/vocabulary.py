"""States and verbs of a case: the product's own terms. Official code lists are data, see `cases/codes/`."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Life of a case, in the order in which it runs."""

    RECEIVED = "received"
    ADVISING = "advising"
    MEDIATING = "mediating"
    HANDLED = "handled"
    WAITING_APPROVAL = "waiting_approval"
    RETURNED = "returned"
    APPROVED = "approved"
    REGISTERED = "registered"
    MERGED = "merged"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.RECEIVED: "受付",
    State.ADVISING: "相談中",
    State.MEDIATING: "あっせん中",
    State.HANDLED: "処理終了",
    State.WAITING_APPROVAL: "決裁待ち",
    State.RETURNED: "差戻し",
    State.APPROVED: "決裁済",
    State.REGISTERED: "登録",
    State.MERGED: "統合済",
}

#: From which state each verb leads where.
TRANSITIONS: dict[str, tuple[frozenset[State], State]] = {
    "begin_advice": (frozenset({State.RECEIVED, State.MEDIATING, State.HANDLED, State.RETURNED}), State.ADVISING),
    "begin_mediation": (frozenset({State.RECEIVED, State.ADVISING, State.RETURNED}), State.MEDIATING),
    "finish_handling": (
        frozenset({State.RECEIVED, State.ADVISING, State.MEDIATING, State.RETURNED}),
        State.HANDLED,
    ),
    "request_approval": (frozenset({State.HANDLED, State.RETURNED}), State.WAITING_APPROVAL),
    "withdraw_request": (frozenset({State.WAITING_APPROVAL}), State.HANDLED),
    "return_case": (frozenset({State.WAITING_APPROVAL}), State.RETURNED),
    "approve": (frozenset({State.WAITING_APPROVAL}), State.APPROVED),
    "register": (frozenset({State.APPROVED}), State.REGISTERED),
    "reopen": (frozenset({State.REGISTERED, State.HANDLED}), State.ADVISING),
}

#: In these states the counsellor may change the card.
EDITABLE = frozenset({State.RECEIVED, State.ADVISING, State.MEDIATING, State.HANDLED, State.RETURNED})
#: These count as open work on a list.
OPEN = EDITABLE | {State.WAITING_APPROVAL}

VERB_LABELS = {
    "begin_advice": "相談中に戻す",
    "begin_mediation": "あっせんを始める",
    "finish_handling": "処理終了",
    "request_approval": "決裁依頼",
    "withdraw_request": "決裁依頼を取り下げる",
    "return_case": "差し戻す",
    "approve": "承認する",
    "register": "登録",
    "reopen": "再開する",
}


class PartyRole(StrEnum):
    """The roles that the product itself decides with; the full list is data (`party_role.csv`)."""

    CONSUMER = "consumer"
    CONTRACT_PARTY = "contract_party"


class Entry(StrEnum):
    """Kinds of lines in the one timeline of a case."""

    OPENED = "opened"
    TAKEN = "taken"
    CARD_SAVED = "card_saved"
    ASSIGNED = "assigned"
    STATE_CHANGED = "state_changed"
    ANSWER_SENT = "answer_sent"
    ANSWER_CANCELLED = "answer_cancelled"
    CONSUMER_WROTE = "consumer_wrote"
    NOTE_ADDED = "note_added"
    TASK_ADDED = "task_added"
    TASK_DONE = "task_done"
    FILE_ADDED = "file_added"
    LETTER_MADE = "letter_made"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    APPROVAL_STEP = "approval_step"
    RETURNED = "returned"
    REGISTERED = "registered"
    REOPENED = "reopened"
    BUSINESS_CONFIRMED = "business_confirmed"
    BUSINESS_RELEASED = "business_released"
    BUSINESS_MOVED = "business_moved"
    PERSONAL_DATA_OPENED = "personal_data_opened"
    ERASED = "erased"
    HELP_ASKED = "help_asked"
    HELP_PASSED = "help_passed"
    HELP_SETTLED = "help_settled"
    ESCALATED = "escalated"
    WAITING = "waiting"
    WAITING_OVER = "waiting_over"
    CALL_TRIED = "call_tried"
    TASK_MOVED = "task_moved"
    TASK_REOPENED = "task_reopened"
    FOLLOWED_UP = "followed_up"

    @property
    def label(self) -> str:
        return _ENTRY_LABELS[self]


_ENTRY_LABELS = {
    Entry.OPENED: "受け付けました",
    Entry.TAKEN: "引き受けました",
    Entry.CARD_SAVED: "相談カードを保存しました",
    Entry.ASSIGNED: "担当が変わりました",
    Entry.STATE_CHANGED: "状態が変わりました",
    Entry.ANSWER_SENT: "相談者にお返事しました",
    Entry.ANSWER_CANCELLED: "お返事を取り消しました",
    Entry.CONSUMER_WROTE: "相談者から届きました",
    Entry.NOTE_ADDED: "メモを書きました",
    Entry.TASK_ADDED: "予定を入れました",
    Entry.TASK_DONE: "予定を終えました",
    Entry.FILE_ADDED: "資料を付けました",
    Entry.LETTER_MADE: "通知書を作りました",
    Entry.APPROVAL_REQUESTED: "決裁を依頼しました",
    Entry.APPROVAL_WITHDRAWN: "決裁依頼を取り下げました",
    Entry.APPROVAL_STEP: "決裁しました",
    Entry.RETURNED: "差し戻しました",
    Entry.REGISTERED: "登録しました",
    Entry.REOPENED: "再開しました",
    Entry.BUSINESS_CONFIRMED: "事業者を確認しました",
    Entry.BUSINESS_RELEASED: "事業者の確認を取り消しました",
    Entry.BUSINESS_MOVED: "事業者が2つに分けられました",
    Entry.PERSONAL_DATA_OPENED: "個人情報を開きました",
    Entry.ERASED: "個人情報を消去しました",
    Entry.HELP_ASKED: "支援を頼みました",
    Entry.HELP_PASSED: "支援をほかの人に回しました",
    Entry.HELP_SETTLED: "支援要請が終わりました",
    Entry.ESCALATED: "決まりにより知らせました",
    Entry.WAITING: "返事を待っています",
    Entry.WAITING_OVER: "待つのを終えました",
    Entry.CALL_TRIED: "電話をかけました",
    Entry.TASK_MOVED: "予定を変えました",
    Entry.TASK_REOPENED: "予定を戻しました",
    Entry.FOLLOWED_UP: "終わったあとを確かめました",
}
