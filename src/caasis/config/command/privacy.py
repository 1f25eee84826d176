"""``caasis privacy``: erasure, and the blind index under a new key."""

import sys
from uuid import UUID

import click


@click.group("privacy")
def command() -> None:
    """個人情報の消去と、検索用の索引を管理します。"""


@command.command("reindex")
@click.option("--drop-old", is_flag=True, help="古い索引の鍵を消します。作り直しから8日たってから使います。")
def reindex(drop_old: bool) -> None:
    """電話・メール・氏名の索引を、新しい鍵で作り直します。動かしたまま実行でき、途中で止めてもまた実行できます。"""
    from caasis.config.bootstrap import start_django

    start_django()

    from tqdm import tqdm

    from caasis.kernel.errors import WrongState
    from caasis.privacy import reindex as work

    if drop_old:
        try:
            dropped = work.drop_old_versions()
        except WrongState as error:
            raise click.ClickException(error.message) from error
        click.echo(f"古い索引の鍵を{len(dropped)}個消しました。新しいバックアップを取ってください。")
        return
    if left := work.remaining():
        click.echo(f"前回の続きから始めます（残り{left}件）。")
    else:
        click.echo(f"新しい索引の鍵（版{work.start_reindex()}）を作りました。")
    with tqdm(total=work.remaining(), desc="索引を作り直し中", unit="件", leave=False, disable=None) as bar:
        while done := work.reindex_batch():
            bar.update(done)
    if left := work.remaining():
        click.echo(f"{left}件は、ほかの人が使っています。あとで、もう一度実行してください。", err=True)
        sys.exit(1)
    click.echo("索引の作り直しが終わりました。8日たったら --drop-old で古い鍵を消してください。")


@command.command("erase")
@click.option("--receipt", help="受付番号。その相談の接点と関係者の個人情報を消します。")
@click.option("--key", "key_id", type=UUID, help="記録の鍵の番号。1つの記録だけを消します。")
@click.option(
    "--reason",
    type=click.Choice(["consumer_request", "entered_by_mistake", "retention"]),
    required=True,
    help="消去の理由。",
)
@click.option("--yes", is_flag=True, help="確かめずに消します。")
def erase(receipt: str | None, key_id: UUID | None, reason: str, yes: bool) -> None:
    """個人情報を、履歴・ファイル・バックアップからも読めないように消します。元に戻せません。"""
    if (receipt is None) == (key_id is None):
        raise click.UsageError("--receiptか--keyのどちらかを指定してください。")
    from caasis.config.bootstrap import start_django

    start_django()

    from caasis.kernel.actor import SYSTEM
    from caasis.kernel.errors import NotFound
    from caasis.privacy.erasure import Reason, erase_record

    keys = [key_id] if key_id is not None else _keys_of(receipt or "")
    if not keys:
        raise click.ClickException("見つかりません。受付番号を確かめてください。")
    if not yes:
        click.confirm(f"{len(keys)}個の記録の個人情報を消します。元に戻せません。よろしいですか", abort=True)
    for each in keys:
        try:
            erase_record(actor=SYSTEM, key_id=each, reason=Reason(reason))
        except NotFound as error:
            raise click.ClickException("見つかりません。記録の鍵の番号を確かめてください。") from error
    click.echo(f"{len(keys)}個の記録の個人情報を消しました。")


def _keys_of(receipt: str) -> list[UUID]:
    """Record keys of a receipt: of a case with its contacts and people, or of a contact that is no case."""
    from caasis.cases.models import Case, CaseContact, Party
    from caasis.channels.models import Contact
    from caasis.kernel.ids import parse_receipt_number
    from caasis.platform.transactions import system_transaction

    number = parse_receipt_number(receipt)
    if number is None:
        return []
    with system_transaction():
        cases = Case.objects.filter(receipt_number=number)
        found = set(cases.values_list("record_key_id", flat=True))
        links = CaseContact.objects.filter(case__in=cases)
        found |= set(links.values_list("contact__record_key_id", flat=True))
        people = Party.objects.filter(case__in=cases).exclude(person=None)
        found |= set(people.values_list("person__record_key_id", flat=True))
        found |= set(Contact.objects.filter(receipt_number=number).values_list("record_key_id", flat=True))
    return sorted(found)
