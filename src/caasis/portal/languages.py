"""The portal's other languages: what stands around the articles, in words of its own.

No catalogue of gettext: these pages are few and are written for their readers, not translated from the Japanese ones.
Easy Japanese has blanks between its words and readings above its kanji, in the notation of `knowledge/rules/ruby.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from caasis.knowledge.rules.translation_file import EASY, ENGLISH


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of the pages of one language; those with a `%` are filled in by the view."""

    site: str
    skip: str
    menu: str
    home: str
    help: str
    call: str
    call_spoken: str
    where: str
    heading: str
    intro: str
    search: str
    search_hint: str
    search_button: str
    results: str
    found: str
    nothing: str
    nothing_do: str
    choose: str
    other_languages: str
    help_heading: str
    call_heading: str
    call_text: str
    call_steps: tuple[str, ...]
    interpreter: str
    write: str
    offices: str
    danger: str
    police: str
    number: str
    say_number: str
    deadline: str
    deadline_link: str
    law: str
    law_unverified: str
    unchecked: str
    outdated: str
    original_counts: str
    missing: str
    missing_text: str
    missing_link: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the portal. `code` is the articles', `lang` the HTML attribute, `path` the first part of the URL."""

    code: str
    lang: str
    hreflang: str
    path: str
    label: str
    words: Words
    #: By the code of `situations.py`.
    situations: dict[str, str]


_EASY = Words(
    site="消費生活ポータル",
    skip="｜本文《ほんぶん》へ ｜行《い》く",
    menu="メニュー",
    home="はじめの ページ",
    help="｜相談《そうだん》の しかた",
    call="電話で 相談",
    call_spoken="電話で 相談する。番号は",
    where="いま いる ところ",
    heading="やさしい ｜日本語《にほんご》",
    intro="｜買《か》い｜物《もの》や ｜契約《けいやく》（｜約束《やくそく》）で ｜困《こま》ったときの ページです。｜相談《そうだん》に お｜金《かね》は かかりません。あなたの ことを ほかの ｜人《ひと》に ｜言《い》いません。",
    search="｜言葉《ことば》を ｜入《い》れて さがす",
    search_hint="れい：けいやくを やめたい、F-1001",
    search_button="さがす",
    results="「%s」を さがしました",
    found="%d この ページが あります。",
    nothing="「%s」の ページは ありません。",
    nothing_do="｜短《みじか》い ｜言葉《ことば》で さがして ください。ページが なくても、｜相談《そうだん》が できます。",
    choose="｜困《こま》って いる ことを えらぶ",
    other_languages="ほかの 言葉",
    help_heading="｜相談《そうだん》の しかた",
    call_heading="188に ｜電話《でんわ》する",
    call_text="｜電話《でんわ》は 188です。｜近《ちか》くの ｜消費生活《しょうひせいかつ》センターに つながります。",
    call_steps=(
        "188に ｜電話《でんわ》します。｜電話《でんわ》の お｜金《かね》は かかります。",
        "｜日本語《にほんご》で ｜話《はな》します。｜日本語《にほんご》が ｜難《むずか》しい ときは、｜日本語《にほんご》が できる ｜人《ひと》と いっしょに ｜電話《でんわ》を して ください。",
        "｜買《か》った ｜物《もの》、お｜金《かね》、｜日《ひ》、｜店《みせ》の ｜名前《なまえ》を ｜言《い》います。",
    ),
    interpreter="｜通訳《つうやく》（あなたの ｜国《くに》の ｜言葉《ことば》で ｜話《はな》す ｜人《ひと》）が できる センターも あります。｜電話《でんわ》の ときに ｜聞《き》いて ください。｜近《ちか》くの ｜国際交流協会《こくさいこうりゅうきょうかい》に、あなたの ｜言葉《ことば》で ｜聞《き》く ことが できる ときも あります。",
    write="｜文《ぶん》を ｜書《か》いて ｜送《おく》る（ふつうの ｜日本語《にほんご》）",
    offices="｜近《ちか》くの センターを さがす（ふつうの ｜日本語《にほんご》）",
    danger="こわい ことを ｜言《い》われた。｜帰《かえ》って くれない。そんな ときは、すぐに ｜警察《けいさつ》に ｜電話《でんわ》を します。",
    police="110（｜警察《けいさつ》）",
    number="ページの ｜番号《ばんごう》",
    say_number="｜電話《でんわ》で、この ｜番号《ばんごう》を ｜言《い》って ください。",
    deadline="いつまでに やめるか、｜日《ひ》を ｜調《しら》べる ことが できます。",
    deadline_link="｜日《ひ》を ｜調《しら》べる（ふつうの ｜日本語《にほんご》）",
    law="｜法律《ほうりつ》",
    law_unverified="｜要確認《ようかくにん》：まだ ｜確《たし》かめて いません",
    unchecked="この ｜文《ぶん》は、｜日本語《にほんご》を ｜教《おし》える ｜人《ひと》が まだ ｜確《たし》かめて いません（｜要確認《ようかくにん》）。",
    outdated="もとの ｜日本語《にほんご》の ページが ｜新《あたら》しく なりました。この ｜文《ぶん》は、｜古《ふる》い ところが あるかも しれません。",
    original_counts="わからない ときは、188に ｜聞《き》いて ください。",
    missing="この ページは ありません",
    missing_text="やさしい ｜日本語《にほんご》の ページは、まだ ありません。",
    missing_link="ふつうの ｜日本語《にほんご》で ｜読《よ》む",
)

_ENGLISH = Words(
    site="Consumer Portal",
    skip="Skip to content",
    menu="Main menu",
    home="All topics",
    help="How to get help",
    call="Call",
    call_spoken="Call the consumer hotline,",
    where="You are here",
    heading="Help with shopping and contracts in Japan",
    intro="Trouble with something you bought or signed? Consumer centres all over Japan help you find a way out. Advice is free and confidential.",
    search="Search in English",
    search_hint="For example: cancel subscription, deposit, F-1001",
    search_button="Search",
    results="Results for “%s”",
    found="Articles found: %d",
    nothing="No English article matches “%s”.",
    nothing_do="Try one or two short words. You can ask for advice even if there's no article.",
    choose="Choose what happened",
    other_languages="Other languages",
    help_heading="How to get help",
    call_heading="Dial 188",
    call_text="Dial 188, without an area code. You're connected to the consumer centre near you.",
    call_steps=(
        "Dial 188. Advice is free; you pay only for the call.",
        "The counsellors speak Japanese. If you can, ask somebody who speaks Japanese to be with you or to call for you.",
        "Have the contract, receipts and messages at hand: what you bought, when, from whom, and how much you paid.",
    ),
    interpreter="Some centres can interpret: ask when you call. The international association of your area (国際交流協会) may answer in your language.",
    write="Send your problem in writing (form in Japanese)",
    offices="Find the centre near you (in Japanese)",
    danger="Somebody threatens you, or won't leave your home? Call the police now:",
    police="110 (police)",
    number="Article",
    say_number="On the phone, tell the counsellor this number:",
    deadline="There is a deadline for this. You can work out the last day from the day you received the papers.",
    deadline_link="Work out my deadline (in Japanese)",
    law="Law",
    law_unverified="要確認: not yet compared with the statute",
    unchecked="This translation has not yet been checked by a native speaker (要確認).",
    outdated="The Japanese original was revised after this translation. Parts of this page may be out of date.",
    original_counts="If the two differ, the Japanese text counts.",
    missing="Not available in English",
    missing_text="There is no English article with this number.",
    missing_link="Read the Japanese article",
)

LANGUAGES = (
    Language(
        EASY,
        lang="ja",
        hreflang="ja",
        path="easy",
        label="やさしい日本語",
        words=_EASY,
        situations={
            "cancel": "｜契約《けいやく》を やめたい",
            "paid": "お｜金《かね》を はらって しまった",
            "solicitation": "「｜買《か》って」と ｜何回《なんかい》も ｜言《い》われる",
            "product": "｜買《か》った ｜物《もの》や サービスが おかしい。けがを した",
            "suspicious": "うその ｜話《はなし》かも しれない",
            "worried": "｜家族《かぞく》や ｜近《ちか》くの ｜人《ひと》の ことが ｜心配《しんぱい》。ほかの こと",
        },
    ),
    Language(
        ENGLISH,
        lang="en",
        hreflang="en",
        path="en",
        label="English",
        words=_ENGLISH,
        situations={
            "cancel": "I signed a contract and want to cancel",
            "paid": "I have already paid",
            "solicitation": "Sales people won't leave me alone",
            "product": "Goods or a service went wrong, or somebody got hurt",
            "suspicious": "It may be a scam",
            "worried": "I'm worried about somebody, and other questions",
        },
    ),
)
BY_PATH = {language.path: language for language in LANGUAGES}
