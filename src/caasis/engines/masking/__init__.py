"""Personal data in free text: find it by form, by known names and by the dictionary, and mask it. Pure."""

from caasis.engines.masking.finding import PLACEHOLDERS, Span, find_personal, mask
from caasis.engines.masking.patterns import PersonalKind

__all__ = ["PLACEHOLDERS", "PersonalKind", "Span", "find_personal", "mask"]
