"""Tables of the room."""

from caasis.operations.models.matters import Matter, MatterStep, Measure
from caasis.operations.models.surveys import Survey, SurveyAnswer, SurveyEdition, SurveyPerson, SurveyRequest

__all__ = [
    "Matter",
    "MatterStep",
    "Measure",
    "Survey",
    "SurveyAnswer",
    "SurveyEdition",
    "SurveyPerson",
    "SurveyRequest",
]
