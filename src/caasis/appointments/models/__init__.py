"""Promises to call back, booked times, people who are asked afterwards whether the fix held, talks by video, education events."""

from caasis.appointments.models.bookings import Booking, BookingHours, BookingPolicy
from caasis.appointments.models.callbacks import Callback, CallbackTry
from caasis.appointments.models.education import EducationEvent, LectureRequest, SignUp
from caasis.appointments.models.follow_ups import FollowUpEntry, FollowUpList, FollowUpTry, NoCallNumber
from caasis.appointments.models.talks import VideoSignal, VideoTalk

__all__ = [
    "Booking",
    "BookingHours",
    "BookingPolicy",
    "Callback",
    "CallbackTry",
    "EducationEvent",
    "FollowUpEntry",
    "FollowUpList",
    "FollowUpTry",
    "LectureRequest",
    "NoCallNumber",
    "SignUp",
    "VideoSignal",
    "VideoTalk",
]
