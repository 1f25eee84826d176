"""Writing contacts: the public's form, the receipt, the desk's answers."""

from caasis.channels.services.answers import cancel_answer, record_contact, set_contact_state, write_answer
from caasis.channels.services.intake import (
    DraftFileView,
    DraftView,
    Receipt,
    Upload,
    attach_file,
    discard_draft,
    remove_file,
    repeated_receipt,
    resume_draft,
    save_draft,
    start_draft,
    submit,
)
from caasis.channels.services.receipts import messages_for_consumer, open_receipt, status_of, withdraw, write_again

__all__ = [
    "DraftFileView",
    "DraftView",
    "Receipt",
    "Upload",
    "attach_file",
    "cancel_answer",
    "discard_draft",
    "messages_for_consumer",
    "open_receipt",
    "record_contact",
    "remove_file",
    "repeated_receipt",
    "resume_draft",
    "save_draft",
    "set_contact_state",
    "start_draft",
    "status_of",
    "submit",
    "withdraw",
    "write_again",
    "write_answer",
]
