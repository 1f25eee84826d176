import pytest
from tests.rooms.channels.conftest import png
pytestmark=[pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default","owner"])]

def test_shots(live_server, town, page, settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    from caasis.knowledge.services import load_seed_articles
    from caasis.kernel.actor import SYSTEM
    load_seed_articles(actor=SYSTEM, alerts=True)
    page.allow_console("status of 422")
    page.allow_console("status of 404")
    u=live_server.url
    def shot(name):
        for w in (1440,320):
            page.set_viewport_size({"width":w,"height":900})
            page.screenshot(path=f"/tmp/caasis/shots/{name}-{w}.png", full_page=True)
        page.set_viewport_size({"width":1440,"height":900})
    for name,url in [("top","/"),("guide","/guide/"),("search0","/search/?q=ぞうさんのかばん"),("search","/search/?q=定期購入をやめたい"),("article","/articles/F-1001/?day_y=2026&day_m=11&day_d=18"),("article0","/articles/F-1001/"),("alerts","/alerts/"),("offices","/offices/?postcode=980-0811"),("privacy","/privacy/")]:
        page.goto(u+url); shot(name)
    page.goto(u+"/consult/")
    shot("step1")
    for l in ["契約したけれど、やめたい","自分のこと"]: page.get_by_label(l).check()
    page.locator("[name=injury][value=no]").check(); page.locator("[name=money_moving][value=soon]").check()
    page.get_by_role("button",name="次へ：できごと").click()
    page.locator("[name=story]").fill("給湯器の点検だと言って来て、その日のうちに契約してしまいました。")
    shot("step2")
    page.get_by_role("button",name="次へ：契約").click()
    page.locator("[name=how][value=visit]").check()
    page.locator("[name=business]").fill("あおぞら設備点検　ヤマダと名乗った")
    page.locator("[name=contracted_on_y]").fill("2026");page.locator("[name=contracted_on_m]").fill("12");page.locator("[name=contracted_on_d]").fill("18")
    page.locator("[name=files]").set_input_files([{"name":"契約書 1枚目.png","mimeType":"image/png","buffer":png(600,400)},{"name":"名刺.png","mimeType":"image/png","buffer":png()}])
    page.get_by_role("button",name="次へ：あなたのこと").click()
    shot("step3e")
    d=page
    for n in ("contracted_on","document_on"):
        d.locator(f"[name={n}_y]").fill("令和8");d.locator(f"[name={n}_m]").fill("11");d.locator(f"[name={n}_d]").fill("19")
    d.locator("[name=document][value=yes]").check(); d.locator("[name=exceptions][value=none]").check(); d.locator("[name=amount]").fill("48万")
    page.get_by_role("button",name="次へ：あなたのこと").click()
    page.locator("[name=postcode]").fill("980-0811")
    shot("step4")
    page.get_by_role("button",name="次へ：確認").click()
    shot("step5")
    page.get_by_role("button",name="この内容で送る").click()
    shot("done")
    page.get_by_role("link",name="いまの状況を見る").click()
    shot("status")
    page.goto(u+"/receipt/"); shot("receipt")
    page.goto(u+"/consult/resume/"); shot("resume")
    page.goto(u+"/nai/"); shot("404")
