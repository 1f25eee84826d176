"""Whether an incident must be reported: questions with their article, never an answer. Pure.

What is certain stands with its article; what somebody still has to compare with the law says 要確認.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Duty:
    """A question that a person answers with yes, no or unknown. `article` is its ground; `verified` False is 要確認.
    `then` says what to do when the answer is yes."""

    code: str
    question: str
    article: str
    verified: bool
    then: str


_LEAK = (
    Duty(
        "leak",
        "保有する個人情報が漏れた、失われた、壊れた（またはそのおそれがある）",
        "個人情報保護法68条1項",
        True,
        "委員会規則で定める場合に当たるか、下の質問で確かめます。",
    ),
    Duty(
        "sensitive",
        "要配慮個人情報（病歴・障害・犯罪被害など）が含まれる",
        "個人情報保護法68条1項・委員会規則（要確認）",
        False,
        "当たるときは、個人情報保護委員会への報告と本人への通知がいります。",
    ),
    Duty(
        "property",
        "不正に使われると財産的な被害が出るおそれがある（口座・カードなど）",
        "個人情報保護法68条1項・委員会規則（要確認）",
        False,
        "当たるときは、個人情報保護委員会への報告と本人への通知がいります。",
    ),
    Duty(
        "malicious",
        "不正の目的で行われたおそれがある（不正アクセス・持ち出しなど）",
        "個人情報保護法68条1項・委員会規則（要確認）",
        False,
        "当たるときは、報告と通知のほか、警察への相談も考えます。",
    ),
    Duty(
        "many",
        "本人の数が多い（人数の基準は委員会規則で確かめる）",
        "個人情報保護法68条1項・委員会規則（要確認）",
        False,
        "基準を超えるときは、報告と本人への通知がいります。",
    ),
    Duty(
        "notice",
        "本人に知らせた、または知らせる方法を決めた",
        "個人情報保護法68条2項",
        True,
        "知らせるのが難しいときは、代わりの措置を考えます。",
    ),
    Duty(
        "contractor",
        "民間の委託先で起きた（委託先にも報告の義務があるかもしれない）",
        "個人情報保護法26条（委託先への当てはめは要確認）",
        False,
        "委託先と、どちらが報告するかを確かめます。",
    ),
)
_SAFETY = (
    Duty(
        "serious",
        "消費者の重大事故等の情報である（被害の重さは要確認）",
        "消費者安全法12条1項",
        True,
        "直ちに消費者庁へ通知します。相談の画面の手続きを使ってください。",
    ),
)
_ADVICE = (
    Duty(
        "harm",
        "誤った助言で、相談者に損害が出た（またはそのおそれがある）",
        "国家賠償法1条1項（当てはめは要確認）",
        False,
        "急いで正しい助言を伝え、法務の担当に相談します。",
    ),
)
_ALWAYS = (
    Duty(
        "own_rules",
        "自治体の規程で、上司や情報セキュリティ担当への報告がいる",
        "各自治体の規程（要確認）",
        False,
        "規程の様式で、すぐに報告します。",
    ),
)
_BY_KIND = {
    "leak": _LEAK,
    "misdirected": _LEAK,
    "lost": _LEAK,
    "safety": _SAFETY,
    "wrong_advice": _ADVICE,
}
ANSWERS = (("", "まだ"), ("yes", "はい"), ("no", "いいえ"), ("unknown", "わからない"))


def duties_for(kind: str) -> tuple[Duty, ...]:
    """The questions for a kind of incident."""
    return (*_BY_KIND.get(kind, ()), *_ALWAYS)


def clean_answers(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """Answers to the questions of this kind; what is no answer is left out."""
    known = {code for code, _ in ANSWERS if code}
    return {duty.code: given[duty.code] for duty in duties_for(kind) if given.get(duty.code) in known}
