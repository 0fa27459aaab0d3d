"""Whose mailboxes the demo moves: nine people, their passwords, and folders in their languages."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str, ...]

OLD_DOMAIN = "old-provider.example"
NEW_DOMAIN = "example.net"


@dataclass(frozen=True, slots=True)
class Person:
    """One mailbox. folders: the first gets about half of the mail. left_out: Trash and Junk, which stay behind."""

    name: str
    password: str
    messages: int
    folders: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()

    @property
    def login(self) -> str:
        return f"{self.name}@{OLD_DOMAIN}"

    @property
    def address(self) -> str:
        return f"{self.name}@{NEW_DOMAIN}"


CAST = (
    Person(
        "anna.bianchi",
        "Tramonto;rosso",
        420,
        (("INBOX",), ("Posta inviata",), ("Bozze",), ("Fatture",), ("Fatture", "2025"), ("Università & Ricerca",)),
        (("Cestino",),),
    ),
    Person(
        "juergen.mueller",
        'Fünf "Äpfel"',
        360,
        (("INBOX",), ("Gesendete Objekte",), ("Entwürfe",), ("Büro",), ("Büro", "Verträge und Übergaben"), ("Größe & Maß",)),
        (("Papierkorb",), ("Spam",)),
    ),
    Person(
        "zoe.lefevre",
        "été à la mer",
        310,
        (("INBOX",), ("Éléments envoyés",), ("Brouillons",), ("Clients",), ("Clients", "Müller & Fils"), ("Photos d'été",)),
        (("Corbeille",),),
    ),
    Person("yamada", "さくら-2011", 280, (("INBOX",), ("送信済み",), ("下書き",), ("日本語 フォルダ",), ("日本語 フォルダ", "2024年"))),
    Person("olga", "Ночь на Лысой горе", 240, (("INBOX",), ("Отправленные",), ("Черновики",), ("Проекты",)), (("Корзина",),)),
    Person("soren", "Rødgrød*med*fløde", 200, (("INBOX",), ("Sendt",), ("Kladder",), ("Årsregnskab",), ("Årsregnskab", "2023"))),
    Person(
        "pat.obrien",
        "it's #1",
        260,
        (("INBOX",), ("Sent",), ("Drafts",), ("Archive",), ("Archive", "2024"), ("Archive", "2024", "Q1 & Q2"), ("🎉 Parties",)),
        (("Trash",), ("Junk",)),
    ),
    Person("info", "info", 180, (("INBOX",), ("Sent",), ("R&D",))),
    Person("newsletter", "0000", 90, (("INBOX",), ("Archive",))),
)
