"""POST /conversations as the documents of FastAPI, SQLAlchemy, PyJWT and pydantic write it.

The same fields and rights, one transaction with the report and its outbox row, the same answer.
With PEER_COUNTS it is a monolith: no event, but the counters of every level in that transaction.
Reads PEER_DATABASE_URL and PEER_TOKEN_KEY.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from peer import tables
from peer.models import Base, Conversation, OutboxRow, Unit
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

Arena = Literal[
    "door", "workplace", "neighbourhood", "online", "member_activity", "own_network", "phone"
]
Short = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$")]
Topic = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^\x00]*$")]

COUNTS = bool(os.environ.get("PEER_COUNTS"))
engine = create_async_engine(os.environ["PEER_DATABASE_URL"], pool_size=10, max_overflow=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
bearer = HTTPBearer()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make the tables and read the units into memory."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(tables.tables.create_all)
    async with sessions() as session:
        units = (await session.scalars(select(Unit))).all()
    app.state.parents = {unit.code: unit.parent for unit in units}
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


class Report(BaseModel):
    """A report of conversations."""

    model_config = ConfigDict(extra="forbid")

    id: UUID = Field(default_factory=uuid4)
    unit: Code
    arena: Arena
    held_on: date
    count: int = Field(1, ge=1, le=500, strict=True)
    campaign_id: UUID | None = None
    topics: list[Topic] = Field(default_factory=list, max_length=20)
    logged_by: Short | None = None
    workplace: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @field_validator("held_on")
    @classmethod
    def not_in_the_future(cls, value: date) -> date:
        """A day that can have been."""
        if not date(2015, 1, 1) <= value <= datetime.now(UTC).date():
            raise ValueError("no such day yet")
        return value


class Stored(BaseModel):
    """A stored report."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    unit: str
    arena: str
    held_on: date
    count: int
    campaign_id: UUID | None
    topics: list[str]
    logged_by: str | None
    workplace: str | None
    online: bool
    logged_at: datetime
    voided_at: datetime | None
    void_reason: str | None


class Caller(BaseModel):
    """Whoever holds the token."""

    sub: str
    scope: str
    unit: str


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with sessions() as session:
        yield session


async def get_caller(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> Caller:
    """The caller, once the token is known to be good for this."""
    try:
        claims = jwt.decode(
            credentials.credentials,
            os.environ["PEER_TOKEN_KEY"],
            algorithms=["HS256"],
            audience="samtal",
            options={"require": ["aud", "exp", "sub", "scope", "unit"]},
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "The token is not valid.") from error
    caller = Caller.model_validate(claims)
    if "campaign:write" not in caller.scope.split():
        raise HTTPException(403, "The token lacks the scope campaign:write.")
    return caller


@app.post("/conversations", status_code=201, response_model=Stored)
async def log_conversation(
    report: Report,
    request: Request,
    response: Response,
    session: Annotated[AsyncSession, Depends(get_session)],
    caller: Annotated[Caller, Depends(get_caller)],
) -> Conversation:
    """Log a report of conversations: the row and its outbox row in one transaction."""
    check_unit(request.app.state.parents, report.unit, caller.unit)
    stored = {**report.model_dump(), "logged_at": datetime.now(UTC)}
    async with session.begin():
        statement = insert(Conversation).values(stored).on_conflict_do_nothing()
        conversation = await session.scalar(statement.returning(Conversation))
        if conversation is not None:
            await tell(session, request.app.state.parents, conversation)
            return conversation
        response.status_code = 200
        return await session.get_one(Conversation, report.id)


async def tell(
    session: AsyncSession, parents: dict[str, str | None], conversation: Conversation
) -> None:
    """Leave an event for others, or count it here."""
    if not COUNTS:
        session.add(OutboxRow.logged(conversation))
        return
    by_day, by_year = tables.added(parents, vars(conversation))
    await session.execute(tables.ADD_DAYS, by_day)
    await session.execute(tables.ADD_YEARS, by_year)


def check_unit(parents: dict[str, str | None], unit: str, root: str) -> None:
    """The unit must be known and in the caller's subtree."""
    if unit not in parents:
        raise HTTPException(422, "There is no such unit.")
    at: str | None = unit
    while at is not None and at != root:
        at = parents.get(at)
    if at is None:
        raise HTTPException(403, "The unit is outside the token's part of the organisation.")
