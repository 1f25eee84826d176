import cProfile, pstats, pytest, time
pytestmark = []
from tests.support.scene import scene, client_of, targets, send, taken_back
def test_x(scene):
    c = client_of(scene.town, "counsellor")
    ts = [t for t in targets(scene) if "GET" in t.methods][:40]
    t0=time.process_time()
    targets(scene); print("targets", time.process_time()-t0)
    p = cProfile.Profile(); p.enable()
    t0=time.process_time()
    for t in ts:
        with taken_back(c): send(c, t, "GET")
    p.disable(); print("cpu per request", (time.process_time()-t0)/len(ts))
    pstats.Stats(p).sort_stats("cumulative").print_stats(45)
