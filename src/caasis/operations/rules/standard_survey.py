"""The survey that comes with the product: four questions in plain words. A new survey begins as a copy of it. Pure."""

from __future__ import annotations

from caasis.operations.rules.surveys import Question
from caasis.operations.vocabulary import QuestionKind

TITLE = "ご相談のあとのアンケート"
INTRO = "ご相談いただき、ありがとうございました。これからの相談をよくするために、ご意見をお聞かせください。1分ほどで終わります。"
QUESTIONS = (
    Question("satisfaction", QuestionKind.CSAT, "今回の相談員の対応に、満足しましたか。", required=True),
    Question(
        "reason",
        QuestionKind.CHOICE,
        "満足できなかったのは、どの点ですか。いちばん近いものを選んでください。",
        options=(
            ("wait", "つながるまで、または返事までに時間がかかった"),
            ("unclear", "説明がわかりにくかった"),
            ("manner", "話し方や聞き方"),
            ("result", "思っていた結果にならなかった"),
            ("other", "そのほか"),
        ),
        only_if="satisfaction",
        only_values=("1", "2"),
    ),
    Question("effort", QuestionKind.CES, "相談するまでと、相談している間、手間はかかりませんでしたか。"),
    Question("recommend", QuestionKind.NPS, "ご家族や友人が困ったとき、このセンターへの相談をすすめますか。"),
    Question("words", QuestionKind.TEXT, "よかった点、直してほしい点があれば、自由にお書きください。"),
)
