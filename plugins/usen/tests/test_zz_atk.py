from __future__ import annotations
import re, uuid
import pytest
from usenkit import *
from mypage.testing.portal import MakePortal
from mypage.web.routing import Route
import attackkit

def routes(portal):
    comp=portal.server.compiled if hasattr(portal.server,'compiled') else None
    import tomllib
    t=tomllib.load(open("plugins/usen/policy.toml","rb"))["routes"]
    return t

def fill(path):
    return re.sub(r"\{(\w+):(\w+)\}", lambda m: {"uuid":str(uuid.UUID(int=5)),"int":"1","str":"x"}[m[2]], path)

@pytest.mark.parametrize("stage",["first","card"])
def test_gates(make_portal, stage):
    portal=site(make_portal)
    other=site(make_portal,"u0021")
    s=subscriber(portal, confirmed=stage!="first", card=False)
    subscriber(other, login_id="u0021-000001")
    br=s.client()
    br.get("/")
    for key,v in routes(portal).items():
        method,path=key.split()
        if v["name"] in ("logout","sessions-end"): continue
        p=fill(path)
        a=br.get(p) if method=="GET" else br.post(p,{})
        loc=a.location if a.status in (302,303) else ""
        if "first-login" in loc or loc.endswith("/card"): continue
        print("ATK",stage,key,a.status,loc, a.raw.headers.get("cache-control"))
    # other portal with this session
    raw=attackkit.Browser(other.server, other.host, other.prefix)
    raw2=attackkit.Browser(portal.server, portal.host, portal.prefix)
    ck={c.name:c.value for c in br.http.cookies.jar} if hasattr(br,'http') else {}
    print("ATK cookies", [k for k in vars(br)], ck)
