"""Contacts, messages, and the web form's drafts."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class Contact(VersionedRecord):
    """接点: one call, visit, form, mail, thread … A contact may belong to no case, or to several.

    `receipt_number` and the secret's hash are the consumer's key to a contact made through the portal.
    """

    class Channel(models.TextChoices):
        PHONE = "phone", "電話"
        VISIT = "visit", "来訪"
        LETTER = "letter", "文書"
        WEB = "web", "Web"
        MAIL = "mail", "メール"
        SNS = "sns", "SNS"
        VIDEO = "video", "ビデオ"
        FAX = "fax", "FAX"
        CHAT = "chat", "チャット"

    class State(models.TextChoices):
        RECEIVED = "received", "受け付けました"
        IN_PROGRESS = "in_progress", "担当者が対応しています"
        ANSWERED = "answered", "お返事しました"
        CLOSED = "closed", "終わりました"
        WITHDRAWN = "withdrawn", "取り下げ"

    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    party_role = models.CharField(max_length=20, default="consumer")
    direction = models.CharField(max_length=8, default="in")
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    receipt_number = models.CharField(max_length=20, null=True, unique=True)
    secret_hash = models.CharField(max_length=200, blank=True, default="")
    #: The visit's knowledge article seen before (K15), by its number.
    faq_number = models.CharField(max_length=20, blank=True, default="")
    language = models.CharField(max_length=8, default="ja")
    #: Coded answers of the form without personal data (sales form, day of contract, amount, injury …).
    facts = models.JSONField(default=dict)
    handled_by = models.UUIDField(null=True)
    idempotency_key = models.CharField(max_length=80, null=True, unique=True)
    #: What a repeated submission is answered with: sealed under a key that only whoever sent the form holds.
    repeat_answer = models.BinaryField(null=True)

    class Meta:
        db_table = "channels_contact"
        indexes = [models.Index(fields=["centre_id", "-offered_at"], name="contact_of_centre")]


class Message(Record):
    """One message of a contact: from the consumer, from the centre (leaves after ten seconds), never a note."""

    class Author(models.TextChoices):
        CONSUMER = "consumer", "相談者"
        CENTRE = "centre", "センター"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="messages")
    centre_id = models.UUIDField()
    author = models.CharField(max_length=10, choices=Author.choices)
    author_id = models.UUIDField(null=True)
    body = SealedField()
    written_at = models.DateTimeField()
    #: A message to a consumer leaves ten seconds after it is written, so that it can be taken back.
    leaves_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "channels_message"
        ordering = ["written_at"]


class Attachment(Record):
    """A file that came with a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="attachments")
    centre_id = models.UUIDField()
    file = models.ForeignKey("platform.StoredFile", on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "channels_attachment"


class Submission(Record):
    """What the consumer wrote in the form, as written: the sealed answers of a web contact."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="submission")
    centre_id = models.UUIDField()
    answers = SealedField()

    class Meta:
        db_table = "channels_submission"


class IntakeDraft(Record):
    """A form that isn't sent yet: resumed by a spoken code for seven days, then forgotten with its key."""

    code_hash = models.BinaryField(unique=True)
    record_key_id = models.UUIDField()
    answers = SealedField()
    step = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField(db_index=True)
    sent_contact_id = models.UUIDField(null=True)

    class Meta:
        db_table = "channels_intake_draft"


class DraftFile(Record):
    """A file attached to an unsent form."""

    draft = models.ForeignKey(IntakeDraft, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey("platform.StoredFile", on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "channels_draft_file"


class Outgoing(Record):
    """A message that is taken down with the change that wants it, and handed to a provider by a job, at most once.

    UNKNOWN: the provider may have it; it is not sent again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "送る前"
        SENDING = "sending", "送っています"
        SENT = "sent", "渡しました"
        FAILED = "failed", "送れませんでした"
        UNKNOWN = "unknown", "届いたかわかりません"

    record_key_id = models.UUIDField()
    text = SealedField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    #: The provider's own name of it, and its code for what went wrong. Neither says anything of the person.
    provider_name = models.CharField(max_length=64, blank=True, default="")
    failure = models.CharField(max_length=40, blank=True, default="")
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class TextMessage(Outgoing):
    """One text by SMS to a number."""

    class Purpose(models.TextChoices):
        LINK = "link", "Webの案内"
        SURVEY = "survey", "アンケート"
        REMINDER = "reminder", "予約の前日のお知らせ"

    centre_id = models.UUIDField()
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    number = SealedField()

    class Meta:
        db_table = "channels_text_message"
        indexes = [models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="text_kept")]


class MailMessage(Outgoing):
    """One e-mail to an address. Of no centre: the portal writes it."""

    class Purpose(models.TextChoices):
        CONFIRM = "confirm", "登録の確認"
        NEWS = "news", "お知らせ"

    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    address = SealedField()
    subject = models.CharField(max_length=200)
    #: The page that ends such mails, with the reader's own secret in it.
    stop_url = SealedField()

    class Meta:
        db_table = "channels_mail_message"
        indexes = [models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="mail_kept")]


class NewsSubscription(Record):
    """Somebody who wants the portal's announcements by e-mail. Counts only once the mail's own link was used.

    An address may be asked for several times and is confirmed once: `address_hash` is a keyed hash that tells nobody.
    """

    class State(models.TextChoices):
        ASKED = "asked", "確認を待っています"
        CONFIRMED = "confirmed", "登録されています"

    class Interval(models.TextChoices):
        DAILY = "daily", "毎日（新しいお知らせのある日だけ）"
        WEEKLY = "weekly", "週に1回（新しいお知らせのある週だけ）"

    record_key_id = models.UUIDField()
    address = SealedField()
    address_hash = models.BinaryField(max_length=16)
    #: Codes of announcements, and the prefecture's short name, "" for the whole country.
    kinds = models.JSONField(default=list)
    prefecture = models.CharField(max_length=10, blank=True, default="")
    interval = models.CharField(max_length=8, choices=Interval.choices, default=Interval.WEEKLY)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    #: Announcements published before this day have been told.
    told_until = models.DateField()

    class Meta:
        db_table = "channels_news_subscription"
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash"], condition=models.Q(state="confirmed"), name="news_address_confirmed_once"
            )
        ]
        indexes = [models.Index(fields=["state", "interval", "told_until"], name="news_due")]


class Attempts(models.Model):
    """How often somebody tried something within a window: guards of codes and secrets that people can say.

    `subject` is a keyed hash (of a client's address, of a receipt number): the table names nobody.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=30)
    subject = models.BinaryField(max_length=16)
    count = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "channels_attempts"
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="attempts_per_subject")]


from caasis.channels.watch_models import WatchMember, WatchReport  # noqa: E402,F401
