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
