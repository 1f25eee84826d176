"""Facts: one row for each case that was ever registered, kept by the handler, counted once."""

from __future__ import annotations

from django.db import models


class CaseFact(models.Model):
    """A registered case without personal data, flat, as the dashboard and the API count it."""

    case_id = models.UUIDField(primary_key=True)
    centre_id = models.UUIDField()
    received_on = models.DateField()
    registered_on = models.DateField()
    fiscal_year = models.PositiveSmallIntegerField()
    prefecture_code = models.CharField(max_length=2, blank=True, default="")
    municipality_code = models.CharField(max_length=5, blank=True, default="")
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    result = models.CharField(max_length=30)
    product = models.CharField(max_length=30, blank=True, default="")
    sales_form = models.CharField(max_length=20, blank=True, default="")
    age_band = models.CharField(max_length=10, blank=True, default="")
    sex = models.CharField(max_length=10, blank=True, default="")
    occupation = models.CharField(max_length=30, blank=True, default="")
    amount = models.BigIntegerField(null=True)
    paid = models.BigIntegerField(null=True)
    days_to_close = models.IntegerField(null=True)
    injury = models.BooleanField(default=False)
    #: The consumer came from an answer on the portal, or named its number (K15).
    from_article = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "analytics_case_fact"
        indexes = [
            models.Index(fields=["received_on", "product"], name="fact_day_product"),
            models.Index(fields=["received_on", "sales_form"], name="fact_day_sales_form"),
            models.Index(fields=["received_on", "prefecture_code"], name="fact_day_prefecture"),
            models.Index(fields=["centre_id", "received_on"], name="fact_centre_day"),
        ]


class ReadingDay(models.Model):
    """How often something was read, searched or voted on a day in Japan. No person, no address, no words that were typed."""

    day = models.DateField()
    what = models.CharField(max_length=20)
    which = models.CharField(max_length=30, blank=True, default="")
    times = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "analytics_reading_day"
        constraints = [models.UniqueConstraint(fields=["day", "what", "which"], name="reading_once_a_day")]


class ReaderDay(models.Model):
    """How many different readers a day had, as a sketch out of which nobody can be read (`rules/readers.py`)."""

    day = models.DateField()
    group = models.CharField(max_length=12)
    sketch = models.BinaryField()

    class Meta:
        db_table = "analytics_reader_day"
        constraints = [models.UniqueConstraint(fields=["day", "group"], name="readers_once_a_day")]


class ReaderSalt(models.Model):
    """What makes a reader's mark of one day another one than that of the next. Deleted when its day is over."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField()

    class Meta:
        db_table = "analytics_reader_salt"
