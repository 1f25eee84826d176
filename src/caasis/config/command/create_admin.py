"""``caasis create-admin``: the first administrator, from whom all other accounts come."""

import secrets

import click

WORDS = 4


@click.command("create-admin")
@click.option("--username", prompt="利用者名", help="ログインに使う名前（半角）。")
@click.option("--name", "display_name", prompt="氏名", help="画面に出る氏名。")
@click.option("--password", help="省くと、つくって表示します。")
def command(username: str, display_name: str, password: str | None) -> None:
    """システム管理者をつくります。はじめに一度だけ実行します。"""
    from caasis.config.bootstrap import start_django

    start_django()

    from caasis.accounts.services import create_user, grant_role
    from caasis.kernel.actor import SYSTEM, Role
    from caasis.kernel.errors import Invalid
    from caasis.platform.transactions import system_transaction

    made = password or "-".join(secrets.token_hex(3) for _ in range(WORDS))
    try:
        with system_transaction():
            user = create_user(actor=SYSTEM, username=username, display_name=display_name, password=made)
            grant_role(actor=SYSTEM, user_id=user.pk, role=Role.ADMIN)
    except Invalid as error:
        raise click.ClickException("\n".join(text for texts in error.fields.values() for text in texts)) from error
    click.echo(f"システム管理者「{user.username}」をつくりました。")
    if password is None:
        click.echo(f"パスワード：{made}")
        click.echo("この画面でしか表示しません。ログインしたら変えて、二段階認証を設定してください。")
