"""Every answer that the listener gives on its own account, by name (RFC 5321 codes, RFC 3463 enhanced status)."""

RECIPIENT_OK = "250 2.1.5 Return path known"
NOT_OURS = "550 5.1.1 No such return path here"
EXPIRED = "550 5.1.1 This return path has expired"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients, send the rest in another transaction"

SEND_DATA = "354 End data with <CR><LF>.<CR><LF>"
RECORDED = "250 2.0.0 Report recorded"
TRY_AGAIN = "451 4.3.0 The report could not be recorded now, please try again later"
NO_ROOM = "452 4.3.1 Too much mail at once, please try again later"
TOO_BIG = "552 5.3.4 Message too big"
OUR_FAULT = "451 4.3.0 Something went wrong here, please try again later"

TOO_MANY_CONNECTIONS = "421 4.3.2 Too many connections, please try again later"
TOO_MANY_FROM_YOU = "421 4.7.0 Too many connections from your address, please try again later"
TOO_MANY_ERRORS = "421 4.7.0 Too many errors, goodbye"
TIMED_OUT = "421 4.4.2 Timed out, goodbye"
CLOSING = "421 4.3.2 The listener is stopping, please try again later"

NO_VRFY = "252 2.5.2 Not verified, but a report to its return path is accepted"
NO_EXPN = "502 5.5.1 No lists here"
NO_AUTH = "502 5.5.1 No sign-in here"
HELP = "214 2.0.0 This listener takes reports to return paths that it signed, and nothing else"
