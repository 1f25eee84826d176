"""The K numbers of the telephone. Their values come from calls' records and from the log of agents' states alone.

K28 (lines are not known), K31 (forecast), K32, K35, K36 and the rest of the list have no facts here yet.
"""

from __future__ import annotations

from caasis.analytics.definitions import REGISTRY
from caasis.kernel.metrics import MetricDefinition, Unit

#: The plan names K9 and K16–K18; the others are the trade's usual figures. Which document words them is 要確認.
_TRADE = "コンタクトセンターの一般的な指標（定義の文言の出典は要確認）"
_PLAN = "消費生活相談デジタル・トランスフォーメーションアクションプラン2022 8. 目標とモニタリング"


def _add(
    code: str, name: str, name_en: str, definition: str, formula: str, unit: Unit,
    ratio_of: tuple[str, str] | None = None, source: str = _TRADE,
) -> MetricDefinition:  # fmt: skip
    return REGISTRY.add(
        MetricDefinition(
            code=code, name=name, name_en=name_en, definition=definition, formula=formula, unit=unit, version=1,
            ratio_of=ratio_of, source=source,
        )
    )  # fmt: skip


K9 = _add(
    "K9",
    "放棄率",
    "Share of callers who gave up",
    "電話をかけたのに、だれとも話せずにあきらめた人の割合。同じ人が同じ日に何度かけても1人と数え、その日に一度でも応対できた人は入れない",
    "あきらめた人（人と日で数える）÷ かけた人（人と日で数える）",
    Unit.RATIO,
    ("callers_who_gave_up", "callers"),
    source=_PLAN,
)
K16 = _add(
    "K16",
    "平均通話時間",
    "Mean talk time",
    "相談員1人が1件の電話で話した時間の平均。保留と後処理は含まない",
    "通話時間の合計（保留を除く）÷ 後処理まで終えた応対",
    Unit.SECONDS,
    source=_PLAN,
)
K17 = _add(
    "K17",
    "平均保留時間",
    "Mean hold time",
    "1件の応対のうち、相手を保留にした時間の平均。応答までの待機時間とは別",
    "保留時間の合計 ÷ 後処理まで終えた応対",
    Unit.SECONDS,
    source=_PLAN,
)
K18 = _add(
    "K18",
    "平均処理時間（電話）",
    "Mean handling time of calls",
    "1件の電話の通話・保留・後処理を合わせた時間の平均。相談を終えるまでの日数は、ここには含まない",
    "（通話＋保留＋後処理）の合計 ÷ 後処理まで終えた応対",
    Unit.SECONDS,
    source=_PLAN,
)
K20 = _add(
    "K20",
    "平均後処理時間",
    "Mean after-call work",
    "通話が終わってから、記録などを終えるまでの時間の平均",
    "後処理時間の合計 ÷ 後処理まで終えた応対",
    Unit.SECONDS,
)
K23 = _add(
    "K23",
    "エスカレーション率",
    "Share of escalated calls",
    "応答した電話のうち、上の人に引き継いだものの割合",
    "上位へ引き継いだ電話 ÷ 応答した電話",
    Unit.RATIO,
    ("escalated", "answered"),
)
K24 = _add(
    "K24",
    "応答件数",
    "Answered calls",
    "センターにかかってきて、人が出た電話の件数",
    "人が出た着信の件数（同じ電話は1件）",
    Unit.COUNT,
)
K25 = _add(
    "K25",
    "応答率",
    "Share of answered calls",
    "かかってきた電話のうち、人が出たものの割合",
    "応答 ÷ 着信",
    Unit.RATIO,
    ("answered", "offered"),
)
K26 = _add(
    "K26",
    "1時間あたりの発信件数",
    "Calls made per hour",
    "相談員が受付をしている1時間に、センターからかけた電話の件数",
    "発信 ÷ 受付をしていた時間（全員の合計）",
    Unit.PER_HOUR,
)
K27 = _add(
    "K27",
    "稼働率",
    "Utilisation",
    "受付をしている時間のうち、業務に取り組んでいる時間の割合。休憩などの作業外時間を除く",
    "業務の時間 ÷ 受付をしていた時間（全員の合計）",
    Unit.RATIO,
    ("work_seconds", "logged_in_seconds"),
)
K29 = _add(
    "K29",
    "呼量",
    "Traffic",
    "回線が使われていた量。1アーランは、1回線がずっと使われている状態",
    "通話が回線を使った秒数の合計 ÷ 期間の秒数",
    Unit.ERLANG,
)
K30 = _add(
    "K30",
    "呼損率",
    "Share of blocked calls",
    "回線や受付の都合で、つながらなかった電話の割合",
    "つながらなかった着信 ÷ 着信",
    Unit.RATIO,
    ("blocked", "offered"),
)
K33 = _add(
    "K33",
    "転送率",
    "Share of transferred calls",
    "応答した電話のうち、ほかの人や列へ転送したものの割合",
    "転送した電話 ÷ 応答した電話",
    Unit.RATIO,
    ("transferred", "answered"),
)
K34 = _add(
    "K34",
    "平均応答速度",
    "Mean speed of answer",
    "かかってきてから人が出るまでの時間の平均。自動応答の時間も含む",
    "（つながった時刻 − かかってきた時刻）の合計 ÷ 応答",
    Unit.SECONDS,
)
K37 = _add(
    "K37",
    "平均処理時間（AHT）",
    "Average handling time",
    "通話・保留・後処理を合わせた時間の平均",
    "K38 ＋ K43 ＋ K20",
    Unit.SECONDS,
)
K38 = _add(
    "K38",
    "平均通話時間（ATT）",
    "Average talk time",
    "1件の応対で話した時間の平均。保留は含まない",
    "通話時間の合計（保留を除く）÷ 後処理まで終えた応対",
    Unit.SECONDS,
)
K39 = _add(
    "K39",
    "平均待ち時間（AWT）",
    "Average wait time",
    "人が出るまでに列で待った時間の平均。出られなかった電話は含まない",
    "待機時間の合計 ÷ 応答",
    Unit.SECONDS,
)
K40 = _add(
    "K40",
    "放棄呼",
    "Abandoned calls",
    "待っている間に、相手が切った電話の件数",
    "あきらめて切れた着信の件数",
    Unit.COUNT,
)
K41 = _add(
    "K41",
    "放棄呼率",
    "Share of abandoned calls",
    "かかってきた電話のうち、待っている間に切れたものの割合。件数で数える（人で数えるのはK9）",
    "放棄呼 ÷ 着信",
    Unit.RATIO,
    ("abandoned", "offered"),
)
K42 = _add(
    "K42",
    "放棄までの時間",
    "Mean time to abandon",
    "あきらめて切るまでに待った時間の平均",
    "かかってきてから切れるまでの時間の合計 ÷ 放棄呼",
    Unit.SECONDS,
)
K43 = _add(
    "K43",
    "平均保留時間",
    "Mean hold time",
    "応対の途中で相手を保留にした時間の平均。応答までの待機時間とは別",
    "保留時間の合計 ÷ 後処理まで終えた応対",
    Unit.SECONDS,
)
K44 = _add(
    "K44",
    "保留率",
    "Share of calls held",
    "応答した電話のうち、保留にしたことがあるものの割合",
    "保留にした電話 ÷ 応答した電話",
    Unit.RATIO,
    ("held", "answered"),
)
K45 = _add(
    "K45",
    "待ち呼",
    "Calls waiting now",
    "いま、人が出るのを待っている電話の件数",
    "いま待っている、または呼び出し中の着信",
    Unit.COUNT,
)
K46 = _add(
    "K46",
    "予想待ち時間",
    "Expected wait",
    "いま電話をかけたら、人が出るまでに待つと見込まれる時間",
    "（待っている電話＋1）× 最近の平均処理時間 ÷ 受付をしている人",
    Unit.SECONDS,
)
K51 = _add(
    "K51",
    "FTE（常勤換算の人数）",
    "Full-time equivalents",
    "受付をしていた時間を、常勤1人が働く時間で割った人数",
    "受付をしていた時間（全員の合計）÷（開庁日 × 7時間45分）",
    Unit.PEOPLE,
)
K53 = _add(
    "K53",
    "SOC（主任1人あたりの相談員）",
    "Span of control",
    "主任1人が受け持つ相談員の人数",
    "相談員が受付をしていた時間 ÷ 主任が受付をしていた時間",
    Unit.PEOPLE,
)
K54 = _add(
    "K54",
    "つながらなかった件数",
    "Blocked calls",
    "回線や受付の都合で、つながらなかった電話の件数",
    "つながらなかった着信の件数",
    Unit.COUNT,
)
K55 = _add(
    "K55",
    "1件あたりの処理時間",
    "Handling time per call",
    "応答した電話1件に、全員でかけた時間の平均",
    "（通話＋保留＋後処理）の合計 ÷ 応答した電話",
    Unit.SECONDS,
)
K62 = _add(
    "K62",
    "待機時間",
    "Wait before answer",
    "人が出るまでに待った時間の平均。応対の途中の保留時間とは別",
    "待機時間の合計 ÷ 応答",
    Unit.SECONDS,
)

#: In the order in which a page shows them, with a heading.
GROUPS: tuple[tuple[str, tuple[MetricDefinition, ...]], ...] = (
    ("つながったか", (K24, K25, K40, K41, K9, K54, K30)),
    ("待った時間", (K39, K62, K34, K42)),
    ("応対の時間", (K38, K16, K43, K17, K20, K37, K18, K55)),
    ("応対の内容", (K44, K33, K23)),
    ("量と人", (K29, K26, K27, K51, K53)),
)
#: Known only for the present moment.
NOW = (K45, K46)
TELEPHONE = tuple(sorted((one for _, group in GROUPS for one in group), key=lambda one: int(one.code[1:])))
