"""The letters of the news by e-mail: the one that asks for confirmation, and what is new (F26)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.urls import reverse

from caasis.channels import mail
from caasis.channels.models import NewsSubscription
from caasis.knowledge.announcing import ANNOUNCED, announcements_between
from caasis.knowledge.models import Article
from caasis.platform.geography import prefecture
from caasis.portal.tokens import news_token

SITE = "消費生活ポータル"
#: A letter of more is not read: the rest is one link away.
MOST = 15


def first_letter(subscription_id: UUID) -> mail.Letter:
    """Asks whether it was the reader who wanted this. Whoever did nothing gets nothing more."""
    return mail.Letter(
        subject=f"【{SITE}】お知らせメールの登録の確認",
        text=f"""{SITE}のお知らせメールに、このアドレスの登録がありました。

登録するには、3日以内に次のページを開き、「登録する」を押してください。
{_address("portal:news_confirm", subscription_id)}

お心当たりのないときは、このメールを消してください。何も届きません。

このメールに返信はできません。
お困りのことは、消費者ホットライン 188（局番なし）へお電話ください。
""",
    )


def news_letter(row: NewsSubscription, since: date, before: date) -> mail.Letter | None:
    """What was published from `since` to the day before `before`, for this reader; None when there was nothing."""
    place = prefecture(row.prefecture) if row.prefecture else None
    kinds = [kind for kind in ANNOUNCED if kind in row.kinds]
    found = announcements_between(since=since, before=before, kinds=kinds, prefecture=place.short_name if place else "")
    if not found:
        return None
    parts = [_entry(article) for article in found[:MOST]]
    if len(found) > MOST:
        parts.append(f"ほかに{len(found) - MOST}件あります。\n{_address('portal:alerts')}")
    subject = found[0].title if len(found) == 1 else f"{found[0].title}　ほか{len(found) - 1}件"
    stop = _address("portal:news_stop", row.id)
    body = "\n\n".join(parts)
    return mail.Letter(
        subject=f"【{SITE}】{subject}",
        text=f"""新しいお知らせです。ご家族や近所の方にも、お知らせください。

{body}

----
お困りのことは、消費者ホットライン 188（局番なし）へお電話ください。
このメールに返信はできません。
お知らせメールをやめるとき：
{stop}
""",
        stop_url=stop,
    )


def _entry(article: Article) -> str:
    day = f"{article.published_on.month}月{article.published_on.day}日" if article.published_on else ""
    where = f"（{article.region}）" if article.region else ""
    sample = "（見本）" if article.is_demo else ""
    head = f"■ {article.title}{sample}\n{article.get_kind_display()}　{day}{where}"
    return f"{head}\n{article.lead}\n{mail.portal_address()}{reverse('portal:article', args=[article.number])}"


def _address(name: str, subscription_id: UUID | None = None) -> str:
    arguments = [news_token(subscription_id)] if subscription_id else []
    return mail.portal_address() + reverse(name, args=arguments)
