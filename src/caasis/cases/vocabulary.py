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
    TRANSFERRED = "transferred"

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
    State.TRANSFERRED: "移送済",
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
    "transfer": (
        frozenset({State.RECEIVED, State.ADVISING, State.MEDIATING, State.HANDLED, State.RETURNED}),
        State.TRANSFERRED,
    ),
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
    "transfer": "移送する",
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
    FILE_REMOVED = "file_removed"
    LETTER_MADE = "letter_made"
    MEDIATION_LOGGED = "mediation_logged"
    REDRESS_WRITTEN = "redress_written"
    ACCIDENT_NOTICE = "accident_notice"
    ASK_LOGGED = "ask_logged"
    CONDUCT_LOGGED = "conduct_logged"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    APPROVAL_STEP = "approval_step"
    RETURNED = "returned"
    REGISTERED = "registered"
    REOPENED = "reopened"
    PART_ADDED = "part_added"
    PART_CHANGED = "part_changed"
    PART_REMOVED = "part_removed"
    PART_RESTORED = "part_restored"
    PART_MOVED = "part_moved"
    IDENTITY_CONFIRMED = "identity_confirmed"
    IDENTITY_WITHDRAWN = "identity_withdrawn"
    PERSON_LINKED = "person_linked"
    CORRECTED = "corrected"
    CORRECTION_SETTLED = "correction_settled"
    BUSINESS_CONFIRMED = "business_confirmed"
    BUSINESS_RELEASED = "business_released"
    BUSINESS_MOVED = "business_moved"
    REFERRED = "referred"
    REFERRAL_WITHDRAWN = "referral_withdrawn"
    REFERRAL_OPENED = "referral_opened"
    REFERRAL_ACCEPTED = "referral_accepted"
    REFERRAL_RETURNED = "referral_returned"
    REFERRAL_SAID = "referral_said"
    REFERRAL_ENDED = "referral_ended"
    TRANSFER_RECEIVED = "transfer_received"
    VIA_SET = "via_set"
    OFFICE_INTRODUCED = "office_introduced"
    OFFICE_TAKEN_BACK = "office_taken_back"
    MERGED = "merged"
    UNMERGED = "unmerged"
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
    FOLLOW_UP_UNDONE = "follow_up_undone"
    CALL_LINKED = "call_linked"

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
    Entry.FILE_REMOVED: "資料を外しました",
    Entry.LETTER_MADE: "通知書を作りました",
    Entry.MEDIATION_LOGGED: "あっせんを記録しました",
    Entry.REDRESS_WRITTEN: "救済額を記録しました",
    Entry.ACCIDENT_NOTICE: "重大事故等の通知",
    Entry.ASK_LOGGED: "依頼・申出・協力を記録しました",
    Entry.CONDUCT_LOGGED: "迷惑行為への対応を記録しました",
    Entry.APPROVAL_REQUESTED: "決裁を依頼しました",
    Entry.APPROVAL_WITHDRAWN: "決裁依頼を取り下げました",
    Entry.APPROVAL_STEP: "決裁しました",
    Entry.RETURNED: "差し戻しました",
    Entry.REGISTERED: "登録しました",
    Entry.REOPENED: "再開しました",
    Entry.PART_ADDED: "くわしい内容を足しました",
    Entry.PART_CHANGED: "くわしい内容を直しました",
    Entry.PART_REMOVED: "くわしい内容を取り除きました",
    Entry.PART_RESTORED: "取り除いたものを戻しました",
    Entry.PART_MOVED: "順番を変えました",
    Entry.IDENTITY_CONFIRMED: "氏名と住所を確かめました",
    Entry.IDENTITY_WITHDRAWN: "氏名と住所の確認を取り消しました",
    Entry.PERSON_LINKED: "これまでの相談と同じ人にしました",
    Entry.CORRECTED: "国民生活センターが補正しました",
    Entry.CORRECTION_SETTLED: "補正について動きがありました",
    Entry.BUSINESS_CONFIRMED: "事業者を確認しました",
    Entry.BUSINESS_RELEASED: "事業者の確認を取り消しました",
    Entry.BUSINESS_MOVED: "事業者が2つに分けられました",
    Entry.REFERRED: "ほかのセンターに送りました",
    Entry.REFERRAL_WITHDRAWN: "ほかのセンターへの依頼を取り消しました",
    Entry.REFERRAL_OPENED: "相手のセンターが開きました",
    Entry.REFERRAL_ACCEPTED: "相手のセンターが引き受けました",
    Entry.REFERRAL_RETURNED: "相手のセンターから戻りました",
    Entry.REFERRAL_SAID: "センターどうしの連絡がありました",
    Entry.REFERRAL_ENDED: "センターどうしの共有を終えました",
    Entry.TRANSFER_RECEIVED: "移送を引き受けました",
    Entry.VIA_SET: "経由を記録しました",
    Entry.OFFICE_INTRODUCED: "ほかの機関を紹介しました",
    Entry.OFFICE_TAKEN_BACK: "機関の紹介を取り消しました",
    Entry.MERGED: "相談を統合しました",
    Entry.UNMERGED: "統合を取り消しました",
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
    Entry.FOLLOW_UP_UNDONE: "確かめた結果を取り消しました",
    Entry.CALL_LINKED: "電話で話しました",
}

#: Lines that name the fields of the card that changed (`fields`), and the version that they made.
CARD_LINES = tuple(
    line.value
    for line in (
        Entry.CARD_SAVED,
        Entry.CORRECTED,
        Entry.PART_ADDED,
        Entry.PART_CHANGED,
        Entry.PART_REMOVED,
        Entry.PART_RESTORED,
        Entry.PART_MOVED,
    )
)
