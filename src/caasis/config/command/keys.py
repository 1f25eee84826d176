"""``caasis keys``: the master keys."""

import sys

import click


@click.group("keys")
def command() -> None:
    """個人情報を守る鍵を管理します。"""


@command.command("rotate")
def rotate() -> None:
    """親鍵を新しくし、すべての記録の鍵を包み直します。動かしたまま実行でき、途中で止めてもまた実行できます。"""
    from caasis.config.bootstrap import start_django

    start_django()

    from tqdm import tqdm

    from caasis.privacy import rotation

    if rotation.is_unfinished():
        click.echo(f"前回の続きから始めます（残り{rotation.left_to_wrap()}件）。")
    else:
        click.echo(f"新しい親鍵（版{rotation.start_rotation()}）を作りました。")
    with tqdm(total=rotation.left_to_wrap(), desc="鍵を包み直し中", unit="件", leave=False, disable=None) as bar:
        while done := rotation.wrap_batch():
            bar.update(done)
    dropped = rotation.drop_unused_masters()
    if dropped is None:
        click.echo("長い処理が動いているので、古い親鍵はまだ消しません。あとで、もう一度実行してください。", err=True)
        sys.exit(1)
    if dropped:
        click.echo(f"使われなくなった親鍵を消しました（版{'、'.join(str(each) for each in sorted(dropped))}）。")
    click.echo("鍵の更新が終わりました。新しいバックアップを取ってください。")
