"""What identifies and reaches a patient: NHS numbers and email addresses, read strictly.

Each reader answers the normal form or raises Refused, whose sentences never repeat the value.
"""

from messaging.contact_details.email_addresses import email_address, typing_slip
from messaging.contact_details.nhs_numbers import NhsNumber, format_nhs_number, nhs_number
from messaging.contact_details.refused import Refused

__all__ = ["NhsNumber", "Refused", "email_address", "format_nhs_number", "nhs_number", "typing_slip"]
