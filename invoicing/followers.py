"""What the consoles show behind a payment's or refund's journey: its paper, and the e-mail that brings it."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from core.mail.models import Message, MessageState
from core.sagas.definition import Follower, follow
from invoicing import emails, selectors
from invoicing.models import Document

Papers = Callable[[Sequence[UUID]], Mapping[UUID, Sequence[Document]]]


def register() -> None:
    follow("payment", lambda ids: _told("Invoice", ids, selectors.papers_by_payment))
    follow("refund", lambda ids: _told("Credit note", ids, selectors.papers_by_refund))


def _told(title: str, ids: Sequence[UUID], papers: Papers) -> dict[UUID, list[Follower]]:
    found = papers(ids)
    sent = _sent([paper for each in found.values() for paper in each])
    return {subject: _of(title, list(found.get(subject, ())), sent) for subject in ids}


def _of(title: str, papers: list[Document], sent: set[str]) -> list[Follower]:
    labels = ", ".join(paper.label for paper in papers)
    is_sent = bool(papers) and all(emails.dedupe_key(paper) in sent for paper in papers)
    return [Follower(title, bool(papers), labels), Follower("E-mail", is_sent)]


def _sent(papers: Sequence[Document]) -> set[str]:
    keys = [emails.dedupe_key(paper) for paper in papers]
    messages = Message.objects.filter(dedupe_key__in=keys, state=MessageState.SENT)
    return set(messages.values_list("dedupe_key", flat=True))
