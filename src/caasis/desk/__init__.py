"""The counsellors', supervisors', officials' and analysts' screens."""
