"""The journey of a batch message: patients, review, message, check and send; then its list and its details."""
