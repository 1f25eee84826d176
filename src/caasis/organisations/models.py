"""Municipalities, centres, who is responsible for whom, when a centre is open, and its settings."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record, VersionedRecord


class Municipality(models.Model):
    """市区町村 by JIS X 0402 code (5 digits), loaded from the package's data file."""

    code = models.CharField(primary_key=True, max_length=5)
    prefecture_code = models.CharField(max_length=2, db_index=True)
    name = models.CharField(max_length=60)
    kana = models.CharField(max_length=120, default="")

    class Meta:
        db_table = "organisations_municipality"

    def __str__(self) -> str:
        return self.name


class Centre(VersionedRecord):
    """消費生活センター or 窓口. `code` is short and stable; demo centres are marked as such."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    prefecture_code = models.CharField(max_length=2, db_index=True)
    municipality_code = models.CharField(max_length=5, blank=True, default="")
    address = models.CharField(max_length=160, blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="")
    is_demo = models.BooleanField(default=False)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "organisations_centre"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Jurisdiction(Record):
    """Which centre answers for which municipality. `rank` 1 is the first; the prefecture's centre backs it up."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="jurisdictions")
    municipality_code = models.CharField(max_length=5, blank=True, default="")
    prefecture_code = models.CharField(max_length=2, blank=True, default="")
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        db_table = "organisations_jurisdiction"
        indexes = [models.Index(fields=["municipality_code", "rank"]), models.Index(fields=["prefecture_code", "rank"])]
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "municipality_code", "prefecture_code"], name="jurisdiction_once_per_centre"
            )
        ]


class Partnership(Record):
    """Two centres that work together (広域連携): `partner` may take over what `centre` can't answer."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="partnerships")
    partner = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30, default="overflow")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "organisations_partnership"
        constraints = [models.UniqueConstraint(fields=["centre", "partner", "kind"], name="partnership_once")]


class OpeningHours(Record):
    """One open span of a weekday (0 Monday … 6 Sunday). A lunch break is the gap between two spans."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        db_table = "organisations_opening_hours"
        ordering = ["weekday", "opens"]


class SpecialDay(Record):
    """A day that differs from the week: closed (`opens` empty) or open at other hours."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="special_days")
    day = models.DateField()
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    note = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        db_table = "organisations_special_day"


class CentreSettings(VersionedRecord):
    """How a centre works. One row per centre; absent means the defaults."""

    centre = models.OneToOneField(Centre, on_delete=models.CASCADE, related_name="settings")
    #: 決裁 in how many steps: each step names a role that decides.
    approval_steps = models.JSONField(default=list)
    #: 代決: who may decide instead of whom, e.g. {"official": "supervisor"}.
    approval_deputies = models.JSONField(default=dict)
    #: One-person centre: whoever handles may approve, with a machine check and a monthly list for the prefecture.
    self_approval = models.BooleanField(default=False)
    #: A light path for 問合せ: registered without an approver when no check is open.
    light_path_for_inquiries = models.BooleanField(default=False)
    open_on_holidays = models.BooleanField(default=False)
    retention_years = models.PositiveSmallIntegerField(default=10)

    class Meta:
        db_table = "organisations_centre_settings"


class FeatureFlag(Record):
    """A switch: for one centre, or for all when `centre` is empty."""

    name = models.CharField(max_length=60)
    centre = models.ForeignKey(Centre, null=True, blank=True, on_delete=models.CASCADE)
    enabled = models.BooleanField(default=False)

    class Meta:
        db_table = "organisations_feature_flag"
        constraints = [
            models.UniqueConstraint(fields=["name", "centre"], name="flag_once", nulls_distinct=False),
        ]
