from tests.deploy.test_compose import *
from tests.deploy.compose import Composition
import time
def test_x():
    with Composition.up() as c:
        t=time.time()
        while time.time()-t<25:
            r={n: requests.get(f"http://127.0.0.1:{c.port(n, 8001 + SERVICES.index(n))}/health/ready").json()["units"] for n in SERVICES}
            print(round(time.time()-t,1), r)
            if set(r.values())=={317}: break
            time.sleep(1)
        for n in ("membership","campaign","metrics"): print(n, c.log(n)[-2500:])
        print(c.broker.ctl("list_queues", "-p", "samtal", "name", "messages_ready", "messages_unacknowledged","consumers"))
        print(Caller(c).get("/campaign/freshness").text)
        assert 0
