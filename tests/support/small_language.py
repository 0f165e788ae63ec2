"""A language of a few phrases."""

from umbel.speech import Name, parse_language

ENGLISH = parse_language(
    """
    language = "en-US"
    [phrases]
    goodbye = "Goodbye."
    menu-choice = "For {label:name}, press {key:digits}."
    new-messages = { none = "No messages.", one = "{count:number} message.", other = "{count:number} messages." }
    few-messages = { none = "No messages.", other = "{count:number} or so." }
    received = "Received {time:time}."
    """
)
ADA = Name(text="Ada Lovelace")
