"""``mailbox.ports.Messages`` in a table."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    case,
    delete,
    insert,
    select,
    update,
)

from umbel.core.errors import Misuse
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.mailbox.message import (
    AudioId,
    Caller,
    Importance,
    Message,
    MessageGone,
    MessageId,
    MessageState,
)
from umbel.mailbox.ports import Audio

from .database import Database
from .doomed_audio import Undertaker, doom
from .schema import messages

_URGENT_FIRST = case((messages.c.importance == Importance.HIGH.value, 0), else_=1)


class SqlMessages:
    """Voice messages of all mailboxes."""

    def __init__(
        self,
        database: Database,
        audio: Audio,
        undertaker: Undertaker,
        *,
        clock: Clock,
        randomness: Randomness,
        node: str,
    ) -> None:
        self._database = database
        self._audio = audio
        self._undertaker = undertaker
        self._clock = clock
        self._randomness = randomness
        self._node = node

    async def begin(self, mailbox: str, caller: Caller, call: str) -> Message:
        """Create a message in state RECORDING; it is durable on return."""
        message = Message(
            id=MessageId(self._randomness.token()),
            mailbox=mailbox,
            caller=caller,
            received=self._clock.wall(),
            state=MessageState.RECORDING,
            audio=await self._audio.create(),
            duration=0.0,
            call=call,
        )
        row = _row_of(message) | {"node": self._node}
        await self._database.write(lambda connection: connection.execute(insert(messages), row))
        return message

    async def deliver(
        self, message: MessageId, duration: Duration, importance: Importance
    ) -> Message:
        """Make a recorded message NEW. Delivering it again changes nothing."""
        return await self._deliver(message, duration=duration, importance=importance.value)

    async def deliver_interrupted(self, message: MessageId, duration: Duration) -> Message:
        """Make the message NEW with what was spoken, marked as interrupted."""
        return await self._deliver(message, duration=duration, was_interrupted=True)

    async def set_importance(self, message: MessageId, importance: Importance) -> None:
        """Keep how urgent a message is that is being recorded."""
        change = _of_recording(message).values(importance=importance.value)
        await self._database.write(lambda connection: connection.execute(change))

    async def discard(self, message: MessageId) -> None:
        """Remove a message and its audio for good."""
        await self._database.write(lambda connection: _remove(connection, messages.c.id == message))
        await self._undertaker.bury()

    async def of_mailbox(self, mailbox: str, *states: MessageState) -> list[Message]:
        """List a mailbox's messages in these states, urgent before normal, oldest first."""
        query = (
            select(messages)
            .where(messages.c.mailbox == mailbox, messages.c.state.in_([s.value for s in states]))
            .order_by(_URGENT_FIRST, messages.c.received, messages.c.position)
        )
        return await self._database.read(
            lambda connection: [_message_of(row) for row in connection.execute(query)]
        )

    async def get(self, message: MessageId) -> Message | None:
        """Find one message."""
        return await self._database.read(lambda connection: _get(connection, message))

    async def mark(self, message: MessageId, state: MessageState) -> None:
        """Move a message to NEW, SAVED or DELETED."""
        if state is MessageState.RECORDING:
            raise Misuse(f"message {message} cannot be marked as being recorded again")
        change = (
            update(messages)
            .where(messages.c.id == message, messages.c.state != MessageState.RECORDING.value)
            .values(state=state.value)
        )
        if await self._database.write(lambda connection: connection.execute(change).rowcount) == 0:
            raise MessageGone(message)

    async def purge(self, mailbox: str) -> None:
        """Remove the mailbox's DELETED messages and their audio for good."""
        theirs = messages.c.mailbox == mailbox
        is_deleted = messages.c.state == MessageState.DELETED.value
        await self._database.write(lambda connection: _remove(connection, theirs & is_deleted))
        await self._undertaker.bury()

    async def unfinished(self, node: str) -> list[Message]:
        """
        List the messages that *node* left in state RECORDING, oldest first.

        With SQLite the name of the node does not matter: the one who may ask has the store to
        itself, and the machine may have got another name since.
        """
        query = select(messages).where(messages.c.state == MessageState.RECORDING.value)
        if not self._database.is_sqlite:
            query = query.where(messages.c.node == node)
        query = query.order_by(messages.c.received, messages.c.position)
        return await self._database.read(
            lambda connection: [_message_of(row) for row in connection.execute(query)]
        )

    async def _deliver(self, message: MessageId, **fields: str | float | bool) -> Message:
        change = _of_recording(message).values(state=MessageState.NEW.value, **fields)

        def make(connection: Connection) -> Message | None:
            connection.execute(change)
            return _get(connection, message)

        delivered = await self._database.write(make)
        if delivered is None:
            raise MessageGone(message)
        return delivered


def remove_messages_of(connection: Connection, mailbox: str) -> None:
    """Remove all messages of a mailbox that is itself removed."""
    _remove(connection, messages.c.mailbox == mailbox)


def _of_recording(message: MessageId) -> Update:
    """Begin a change of a message, for as long as it is being recorded."""
    return update(messages).where(
        messages.c.id == message, messages.c.state == MessageState.RECORDING.value
    )


def _remove(connection: Connection, which: ColumnElement[bool]) -> None:
    doom(connection, connection.scalars(delete(messages).where(which).returning(messages.c.audio)))


def _get(connection: Connection, message: MessageId) -> Message | None:
    row = connection.execute(select(messages).where(messages.c.id == message)).one_or_none()
    return None if row is None else _message_of(row)


def _row_of(message: Message) -> dict[str, str | float | bool | datetime | None]:
    return {
        "id": message.id,
        "mailbox": message.mailbox,
        "call": message.call,
        "caller_number": message.caller.number,
        "caller_name": message.caller.name,
        "caller_uri": message.caller.uri,
        "caller_mailbox": message.caller.mailbox,
        "received": message.received,
        "state": message.state.value,
        "audio": message.audio,
        "duration": message.duration,
        "importance": message.importance.value,
        "was_interrupted": message.was_interrupted,
    }


def _message_of(row: Row[*tuple[Any, ...]]) -> Message:
    return Message(
        id=MessageId(row.id),
        mailbox=row.mailbox,
        caller=Caller(
            number=row.caller_number,
            name=row.caller_name,
            uri=row.caller_uri,
            mailbox=row.caller_mailbox,
        ),
        received=row.received,
        state=MessageState(row.state),
        audio=AudioId(row.audio),
        duration=row.duration,
        importance=Importance(row.importance),
        was_interrupted=row.was_interrupted,
        call=row.call,
    )
