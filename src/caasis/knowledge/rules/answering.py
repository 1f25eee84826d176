"""What the article guide answers to a message: quotes an article, asks back, sends to people, or hands over. Pure.

It says nothing of its own about a case. Every answer is the text of a published article, word for word, with its number;
what the articles don't answer goes to people. It refuses to judge, and asks for no personal data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from caasis.engines.japanese import content_words, fold_for_search
from caasis.knowledge.rules.body import blocks
from caasis.knowledge.rules.matching import pairs_of

#: An article with this score answers, unless another is as near; see `ArticleIndex.find`, whose scores go from 0 to 8.
SURE = 4.0
#: Below it, down to here, one is asked which of the articles is meant.
PERHAPS = 2.0
#: The second must not come nearer than this share of the first, else one is asked.
TOO_NEAR = 0.92
CHOICES = 4
LONGEST_QUOTE = 400
LONGEST_MESSAGE = 400


class Reply(StrEnum):
    """Kinds of replies. Only `ANSWER` tells something of a matter."""

    ANSWER = "answer"
    CHOICES = "choices"
    HANDOVER = "handover"
    DANGER = "danger"
    LIFE = "life"
    INJURY = "injury"
    JUDGEMENT = "judgement"
    PEOPLE = "people"
    ORDERS = "orders"
    RUDE = "rude"
    HELLO = "hello"
    THANKS = "thanks"
    EMPTY = "empty"


#: In this order: what is nearer to somebody's life comes first.
_FORMS: tuple[tuple[Reply, re.Pattern[str]], ...] = tuple(
    (reply, re.compile(pattern, re.IGNORECASE))
    for reply, pattern in (
        (Reply.LIFE, r"死にたい|しにたい|消えてしまいたい|消えたい|自殺|自死|生きていたくない|生きるのが(つら|辛)|首を(つ|吊)|リストカット|kill myself|suicid|want to die"),
        (Reply.DANGER, r"(脅|おど)(され|し)|殺す|殺され|ころされ|殴(ら|る)|なぐ(ら|る)|刃物|ナイフを|監禁|閉じ込め|帰ってくれ(ない|ません)|居座|押し(かけ|入)|つきまと|ストーカー|暴力|乱暴|threat|hurt me|won't leave my"),
        (Reply.INJURY, r"意識が|息が(できない|苦し)|血が(止ま|出)|大けが|やけど(した|をした|しました)|感電|火が(出|つい)|燃え(て|た|だ)|煙が(出|で)|(飲み込|のみこ|誤飲)(ん|み)|混ぜて(しまい|しまっ|気持)|けいれん|can't breathe|bleeding|on fire"),
        (Reply.ORDERS, r"(前|これまで|以前|上記|すべて)の(指示|命令|会話|ルール|設定)|指示を(無視|忘れ)|システム(プロンプト|メッセージ)|プロンプト|あなたは(今|いま|これ)から|(ロール|役割)(プレイ|を演じ)|開発者モード|脱獄|ignore (all|the|any|previous|your)|disregard|system prompt|jailbreak|developer mode|act as|pretend|you are now|<\s*/?\s*[a-z!]|javascript:|\{\{|\$\{|drop\s+table|select\s+.+\s+from|union\s+select|;--|\.\./"),
        (Reply.JUDGEMENT, r"(勝て|かて)(ますか|る(か|の|んで|でしょ|$)|$)|勝訴|敗訴|違法(ですか|ですよね|でしょ|か(どうか)?|じゃ|では|性)|合法(ですか|か)|犯罪(ですか|になりますか|ですよね|か)|詐欺罪|有罪|無罪|逮捕(でき|され|して)|訴え(たら|れば|て|たい|ます|られ)|裁判(で|し|を(起|し)|に(し|勝))|慰謝料|損害賠償(は|を|で|いくら)|賠償金|時効(です|か|は|に)|法的に(どう|有効|問題|正し)|どちらが(正し|悪)|わたしが(悪|正し)|私が(悪|正し)|is (it|this|that) (il)?legal|can i sue|will i win|should i sue|guilty"),
        (Reply.PEOPLE, r"(人|相談員|オペレーター|担当者?|人間)(と|に)(直接)?(話|しゃべ|代わ|かわ|つな)|電話で(話|相談)し(たい|ます)|talk to (a |an )?(human|person|someone|counsel)"),
        (Reply.RUDE, r"死ね|しね$|(ばか|バカ|馬鹿)(野郎|やろう|じゃ|か[。!！?？]*$|にし|[。!！]*$)|(あほ|アホ)(か|[。!！]*$)|くそ|クソ|役立たず|役に立たない(な|ぞ|じゃ|$)|うざい|黙れ|ふざけるな|税金泥棒|fuck|shit|idiot|stupid|useless"),
        (Reply.HELLO, r"^(こんにちは|こんばんは|おはよう(ございます)?|はじめまして|もしもし|やあ|hello|hi|hey)[。!！、,.\s〜ー]*$"),
        (Reply.THANKS, r"^(どうも)?(ありがとう(ございます|ございました)?|たすかりました|助かりました|わかりました|了解(です|しました)?|ok|thanks?( you)?)[。!！、,.\s]*$"),
    )
)  # fmt: skip


def what_it_is(message: str) -> Reply | None:
    """The kind of a message that no article answers; None for every other. Widths and cases don't hide anything."""
    text = fold_for_search(message)
    raw = message.strip()
    if not any(character.isalnum() and character != "ー" for character in text):
        return Reply.ORDERS if re.search(r"[<{$]", raw) else Reply.EMPTY
    return next((reply for reply, form in _FORMS if form.search(text) or form.search(raw)), None)


def choose(scores: Sequence[float]) -> Reply:
    """Answer, ask or hand over, by the scores of the articles that were found, the best first."""
    if not scores or scores[0] < PERHAPS:
        return Reply.HANDOVER
    near = len(scores) > 1 and scores[1] >= TOO_NEAR * scores[0]
    return Reply.CHOICES if scores[0] < SURE or near else Reply.ANSWER


@dataclass(frozen=True, slots=True)
class Quote:
    """A part of an article, word for word. `heading`: the heading under which it stands."""

    text: str
    heading: str = ""


def best_part(message: str, body: str) -> Quote | None:
    """The part of a text that shares most with a message, at most LONGEST_QUOTE characters of whole sentences; None when
    none shares anything of weight."""
    wanted = set(content_words(fold_for_search(message)))
    pairs = set(pairs_of(message))
    best, most, heading = None, 1.0, ""
    for block in blocks(body):
        if block.kind == "heading":
            heading = block.text
            continue
        for text in [block.text] if block.text else [f"{i.title}{'。' if i.title and i.text else ''}{i.text}" for i in block.items]:
            shared = 2.0 * len(wanted & set(content_words(text))) + 0.2 * len(pairs & set(pairs_of(text)))
            if shared > most:
                best, most = Quote(_whole(text), heading), shared
    return best


def _whole(text: str) -> str:
    """As many whole sentences from the beginning as fit."""
    if len(text) <= LONGEST_QUOTE:
        return text
    kept = ""
    for sentence in re.split(r"(?<=。)", text):
        if len(kept) + len(sentence) > LONGEST_QUOTE:
            break
        kept += sentence
    return kept or text[: LONGEST_QUOTE - 1] + "…"


def language_of(message: str) -> str:
    """`en` for a message in Latin letters alone, else `ja`."""
    letters = [c for c in message if c.isalpha()]
    return "en" if len(letters) >= 3 and all(c.isascii() for c in letters) else "ja"


#: What the guide says itself, by language and kind of reply. Telephone numbers are links on the page.
SAYS: dict[str, dict[str, Any]] = {
    "ja": {
        "greeting": "契約や買い物の困りごとを、ふだんの言葉で書いてください。載せている記事の中から、合うところをそのままお見せします。名前や電話番号、カードの番号は書かないでください。",
        Reply.ANSWER: "記事に、次のように書いてあります。",
        Reply.CHOICES: "近い記事がいくつかあります。どれが近いですか。",
        Reply.HANDOVER: "合う記事が見つかりませんでした。記事がなくても、相談員がうかがいます。ここまでの内容を入れて、相談の文章を始められます。",
        Reply.DANGER: "身の危険を感じるときは、安全な場所に移って、すぐに110番へ電話してください。警察への相談は#9110です。契約のことは、そのあとでうかがいます。",
        Reply.LIFE: "つらい気持ちを書いてくださって、ありがとうございます。ひとりで抱えないでください。今すぐ危ないときは119番か110番へ。よりそいホットライン（0120-279-338）は、24時間、無料で話を聞いています。お金や契約のことも、相談できます。",
        Reply.INJURY: "けがや火、息苦しさがあるときは、先に119番へ電話してください。使うのをやめて、品物はそのまま残してください。落ち着いたら、事故のことをうかがいます。",
        Reply.JUDGEMENT: "違法かどうか、裁判で勝てるかどうかは、ここではお答えできません。事実を聞いたうえで、相談員がお話しします。法律の相談先は、法テラスでも案内しています。",
        Reply.PEOPLE: "相談員とお話しになりたいときは、188へお電話ください。文章で送ることもできます。",
        Reply.ORDERS: "ここでは、載せている記事をお見せすることだけができます。契約や買い物の困りごとを書いてください。",
        Reply.RUDE: "ご不快な思いをさせて、申しわけありません。相談員とお話しになりたいときは、188へお電話ください。",
        Reply.HELLO: "こんにちは。契約や買い物で、困っていることを書いてください。",
        Reply.THANKS: "お役に立ててよかったです。ほかにもあれば、続けて書いてください。",
        Reply.EMPTY: "困っていることを、言葉で書いてください。例：定期購入をやめたい",
        "masked": "個人情報は消しました。ここには、書かなくてだいじょうぶです。",
        "source": "この答えのもと",
        "more": "ほかに近い記事",
        "too_many": "たくさんの質問をいただきました。しばらくたってから、もう一度お試しください。",
    },
    "easy": {
        "greeting": "困って いる ことを 書いて ください。記事を さがして、見せます。名前や 電話番号は 書かないで ください。",
        Reply.ANSWER: "記事に こう 書いて あります。",
        Reply.CHOICES: "近い 記事が あります。どれですか。",
        Reply.HANDOVER: "記事が ありませんでした。相談員（話を 聞く 人）に 相談できます。188に 電話して ください。文を 送る ことも できます。",
        Reply.DANGER: "あぶない ときは、すぐ 110に 電話して ください。110は 警察です。",
        Reply.LIFE: "とても つらいですね。ひとりで いないで ください。あぶない ときは 119か 110に 電話して ください。よりそいホットライン（0120-279-338）は お金が かかりません。",
        Reply.INJURY: "けがや 火事の ときは、先に 119に 電話して ください。",
        Reply.JUDGEMENT: "法律の 答えは、ここでは 出せません。相談員が 話を 聞きます。188に 電話して ください。",
        Reply.PEOPLE: "人と 話したい ときは、188に 電話して ください。",
        Reply.ORDERS: "ここでは、記事を 見せる ことだけ できます。困って いる ことを 書いて ください。",
        Reply.RUDE: "ごめんなさい。人と 話したい ときは、188に 電話して ください。",
        Reply.HELLO: "こんにちは。困って いる ことを 書いて ください。",
        Reply.THANKS: "よかったです。ほかにも あれば、書いて ください。",
        Reply.EMPTY: "困って いる ことを 書いて ください。",
        "masked": "名前や 番号は 消しました。書かなくて いいです。",
        "source": "もとの 記事",
        "more": "ほかの 近い 記事",
        "too_many": "たくさん 書きました。あとで もう一度 書いて ください。",
    },
    "en": {
        "greeting": "Write about your trouble with a contract or a purchase. You are shown the part of our articles that fits, word for word. Please do not write names, telephone or card numbers.",
        Reply.ANSWER: "Our article says:",
        Reply.CHOICES: "Several articles are near. Which one do you mean?",
        Reply.HANDOVER: "No article answers this. A counsellor can help: dial 188 (in Japanese), or send your question in writing.",
        Reply.DANGER: "If you are in danger, go to a safe place and dial 110 (police) now.",
        Reply.LIFE: "Thank you for telling us. Please do not stay alone with this. If you are in danger now, dial 119 or 110. The Yorisoi Hotline (0120-279-338) listens at any hour, free of charge.",
        Reply.INJURY: "If somebody is hurt or something burns, dial 119 first. Stop using the product and keep it.",
        Reply.JUDGEMENT: "Whether something is illegal, or whether you would win in court, cannot be answered here. A counsellor listens to the facts first: dial 188.",
        Reply.PEOPLE: "To talk to a person, dial 188 (in Japanese). You can also send your question in writing.",
        Reply.ORDERS: "Only our own articles are shown here. Please write about your trouble with a contract or a purchase.",
        Reply.RUDE: "We are sorry. To talk to a person, dial 188.",
        Reply.HELLO: "Hello. Write about your trouble with a contract or a purchase.",
        Reply.THANKS: "Glad to help. Write on if there is more.",
        Reply.EMPTY: "Please write about your trouble in words.",
        "masked": "Personal data was removed. There is no need to write it here.",
        "source": "Source of this answer",
        "more": "Other articles that are near",
        "too_many": "Many questions came from you. Please try again later.",
    },
}
