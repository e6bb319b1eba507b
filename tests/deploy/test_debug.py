from tests.deploy.compose import Composition
import time, pytest
@pytest.mark.parametrize("what", ["databases","broker"])
def test_x(what):
    with Composition.up() as c:
        time.sleep(3)
        getattr(c, what).kill()
        time.sleep(3)
        t=time.time()
        for p in c.running.values(): p.terminate()
        left = dict(c.running)
        while left and time.time()-t < 15:
            for n,p in list(left.items()):
                if p.poll() is not None: print(what, n, round(time.time()-t,1), p.returncode); left.pop(n)
            time.sleep(.1)
        print(what, "left", list(left))
        for n in list(left)[:1]: print(c.log(n)[-900:])
        for p in left.values(): p.kill()
        c.running.clear()
        assert 0
