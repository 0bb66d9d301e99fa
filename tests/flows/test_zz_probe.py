from tests.flows.test_d_silent_alert import *
from tests.flows import twins as tw
import time
from collections import Counter
def test_probe(certified, tmp_path, monkeypatch):
    audit = begun(certified)
    with fork(certified.house, tmp_path, monkeypatch) as t:
        h=t.alarmed
        known={k:sorted(v) for k,v in tw.identifiers(h).items()}
        print({k:len(v) for k,v in known.items()})
        c=Counter()
        for path, m in h.web.get("/openapi.json").json()["paths"].items():
            if "get" in m:
                c[path]=sum(1 for _ in tw.addresses(path,m["get"],known))*(4 if path.startswith("/v1") else 2)
        print(sum(c.values())); print(c.most_common(40))
        t0=time.time(); h.web.get('/log/checkpoint'); print(time.time()-t0)
        t0=time.time(); [h.bea.get('/v1/certificates') for _ in range(20)]; print((time.time()-t0)/20)
    assert 0
