"""Surveys after a consultation: what is asked, of whom it was asked, what was answered."""

from __future__ import annotations

from django.db import models

from caasis.cases.models import Case
from caasis.operations.vocabulary import NotAsked, RequestState, SurveyChannel, SurveyState
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class Survey(VersionedRecord):
    """アンケート of one centre, or (`centre_id` None) the national one for centres that run none of their own.

    `questions` is what is being written; what people are asked stands in the newest edition.
    """

    centre_id = models.UUIDField(null=True)
    title = models.CharField(max_length=80)
    intro = models.CharField(max_length=400, blank=True, default="")
    questions = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=SurveyState.choices(), default="draft")
    #: Days of Japan between which closed cases are asked, both included. None: no bound.
    active_from = models.DateField(null=True)
    active_to = models.DateField(null=True)
    #: How many of a hundred closed cases are asked.
    sample_percent = models.PositiveSmallIntegerField(default=100)
    made_by = models.UUIDField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        db_table = "operations_survey"
        constraints = [
            models.UniqueConstraint(
                fields=["centre_id"],
                condition=models.Q(state="running"),
                nulls_distinct=False,
                name="one_running_survey_of_a_centre",
            )
        ]

    def __str__(self) -> str:
        return self.title


class SurveyEdition(Record):
    """The questions as they were published. Never changed: an answer is read with the questions that were asked."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="editions")
    centre_id = models.UUIDField(null=True)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80)
    intro = models.CharField(max_length=400, blank=True, default="")
    questions = models.JSONField(default=list)
    published_at = models.DateTimeField()
    published_by = models.UUIDField(null=True)

    class Meta:
        db_table = "operations_survey_edition"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["survey", "number"], name="survey_edition_once")]


class SurveyPerson(models.Model):
    """When somebody was last asked, and that they want no more. `mark` is a keyed hash inside one centre: it names nobody."""

    mark = models.BinaryField(primary_key=True, max_length=16)
    centre_id = models.UUIDField()
    asked_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "operations_survey_person"


class SurveyRequest(Record):
    """What became of one closed case: asked, or why not. One row a case, so that nothing is asked or counted twice."""

    centre_id = models.UUIDField()
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="requests")
    edition = models.ForeignKey(SurveyEdition, on_delete=models.PROTECT, related_name="+")
    case = models.OneToOneField(Case, null=True, on_delete=models.SET_NULL, related_name="+")
    #: The consumer's own contact on whose page the link stands.
    contact_id = models.UUIDField(null=True, db_index=True)
    record_key_id = models.UUIDField(null=True)
    secret = SealedField()
    secret_hash = models.CharField(max_length=64, null=True, unique=True)
    #: Marks of `SurveyPerson`, as hexadecimal texts.
    marks = models.JSONField(default=list)
    channel = models.CharField(max_length=10, blank=True, default="", choices=SurveyChannel.choices())
    state = models.CharField(max_length=10, choices=RequestState.choices())
    not_asked = models.CharField(max_length=12, blank=True, default="", choices=NotAsked.choices())
    #: What the case is about, as of its closing: 商品別の大分類 and 販売購入形態.
    product_group = models.CharField(max_length=30, blank=True, default="")
    sales_form = models.CharField(max_length=20, blank=True, default="")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        db_table = "operations_survey_request"
        indexes = [
            models.Index(fields=["centre_id", "asked_at"], name="survey_request_of_centre"),
            models.Index(fields=["expires_at"], condition=models.Q(state="asked"), name="survey_request_to_expire"),
        ]


class SurveyAnswer(Record):
    """One answer. `answers` are codes and points alone; what was written freely is sealed. No name, no number."""

    request = models.OneToOneField(SurveyRequest, on_delete=models.CASCADE, related_name="answer")
    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    answers = models.JSONField(default=dict)
    csat = models.PositiveSmallIntegerField(null=True)
    nps = models.PositiveSmallIntegerField(null=True)
    ces = models.PositiveSmallIntegerField(null=True)
    #: What was written freely: a JSON object, key of the question → words.
    words = SealedField()
    has_words = models.BooleanField(default=False)
    answered_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "operations_survey_answer"
        indexes = [
            models.Index(fields=["answered_at"], condition=models.Q(has_words=True), name="survey_words_kept"),
        ]
