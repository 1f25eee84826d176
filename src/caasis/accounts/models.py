"""Users, the roles they hold in a centre, and openings in an emergency."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from caasis.kernel.actor import Role
from caasis.kernel.ids import uuid7
from caasis.organisations.models import Centre
from caasis.platform.models import Record


class User(AbstractUser):
    """A member of staff. Consumers have no account: they hold a receipt number and a secret."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    display_name = models.CharField("氏名", max_length=60, blank=True, default="")
    must_use_second_factor = models.BooleanField(default=False)
    #: Until when the password is one that an administrator handed out: it serves for one login, or not at all after this.
    one_time_password_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.display_name or self.username


class Membership(Record):
    """A role that a user holds, in a centre or nationally (centre empty)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    centre = models.ForeignKey(Centre, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(r.value, r.label) for r in Role])
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "accounts_membership"
        constraints = [
            models.UniqueConstraint(fields=["user", "centre", "role"], name="membership_once", nulls_distinct=False)
        ]


class EmergencyAccess(Record):
    """Break-glass: an opening of one record with a reason, for a short time, reported to the centre's head."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    object_kind = models.CharField(max_length=60)
    object_id = models.UUIDField()
    reason = models.TextField()
    expires_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)

    class Meta:
        db_table = "accounts_emergency_access"
        indexes = [models.Index(fields=["object_id", "expires_at"])]
