from usenkit import *
def test_other_portal(make_portal):
    portal=site(make_portal); other=site(make_portal,"u0021")
    s=subscriber(portal); t=subscriber(other, login_id="u0021-000001", confirmed=False)
    br=s.client()
    jar=br._http.cookies
    print("ATK", [(c.name,c.path) for c in jar.jar])
    import httpx, attackkit
    raw=attackkit.Browser(other.server, other.host, other.prefix)
    for c in jar.jar:
        raw.cookies[c.name]=c.value
        raw.cookies[c.name.replace(portal.name,other.name).replace("u0020","u0021")]=c.value
    for p in ("/summary","/first-login","/card","/home"):
        x=other.wait(raw.send("GET",p)); print("ATK",p,x.status,x.header("location"))
