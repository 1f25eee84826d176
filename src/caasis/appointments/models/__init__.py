"""Promises to call back, and lists of people who are asked afterwards whether the fix held."""

from caasis.appointments.models.callbacks import Callback, CallbackTry
from caasis.appointments.models.follow_ups import FollowUpEntry, FollowUpList, FollowUpTry, NoCallNumber

__all__ = ["Callback", "CallbackTry", "FollowUpEntry", "FollowUpList", "FollowUpTry", "NoCallNumber"]
