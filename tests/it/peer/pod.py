"""A pod made with the Python library `federation`, for trials: another mind about the same protocol.

    python pod.py --port 3003 --user py

Lives on http://127.0.0.1:PORT, in memory, with one user. Serves what another pod asks for (webfinger, host-meta,
hcard, nodeinfo, fetch, receive) and is driven by JSON:

    GET  /control/state                                 what came in, what was refused
    POST /control/find  {"id": "alice@127.0.0.1:3000"}  look somebody up
    POST /control/send  {"kind": "post", "data": {...}, "pod": "http://..."}       to a pod's public door
    POST /control/send  {"kind": "contact", "data": {...}, "person": "alice@..."}  to a person's private door
"""
import argparse
import datetime
import logging
import secrets
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--user", default="py")
options = arguments.parse_args()
HOST = f"127.0.0.1:{options.port}"
BASE = f"http://{HOST}"

# The library finds its hooks by dotted names of a module that can be imported.
sys.modules["pod"] = sys.modules["__main__"]

from django.conf import settings

settings.configure(
    SECRET_KEY="trial",
    INSTALLED_APPS=(),
    FEDERATION={
        "base_url": BASE,
        "federation_id": f"{BASE}/u/{options.user}/",
        "get_object_function": "pod.get_object",
        "get_private_key_function": "pod.get_private_key",
        "get_profile_function": "pod.get_profile",
        "search_path": "/search?q=",
        "tags_path": "/tag/:tag:/",
    },
)

import aiohttp
from aiohttp import web
from Crypto.PublicKey import RSA
from federation.entities.base import Comment, Follow, Post, Profile, Reaction, Retraction, Share
from federation.entities.diaspora.entities import DiasporaProfile
from federation.hostmeta.generators import RFC7033Webfinger, generate_hcard, generate_host_meta
from federation.inbound import handle_receive
from federation.outbound import handle_create_payload
from federation.types import RequestType, UserType
from federation.utils import diaspora, network

KINDS = {
    "post": Post,
    "comment": Comment,
    "like": Reaction,
    "reshare": Share,
    "contact": Follow,
    "retraction": Retraction,
    "profile": Profile,
}
MEMBERS = (
    "guid handle raw_content public target_guid target_handle root_target_guid entity_type following name url gender "
    "location reaction"
).split()


class User:
    """The one who lives here."""

    def __init__(self, name):
        self.name = name
        self.guid = secrets.token_hex(16)
        self.key = RSA.generate(2048)
        self.handle = f"{name}@{HOST}"

    def public_key(self):
        return self.key.publickey().export_key().decode()

    def for_library(self):
        return UserType(id=self.handle, handle=self.handle, guid=self.guid, private_key=self.key)

    def profile(self):
        images = {size: f"{BASE}/{size}.png" for size in ("small", "medium", "large")}
        return Profile(
            id=self.handle,
            handle=self.handle,
            guid=self.guid,
            name=self.name.capitalize(),
            raw_content="",
            image_urls=images,
            public=True,
            public_key=self.public_key(),
        )


user = User(options.user)
received, errors, own = [], [], {}


async def get_private_key(_id):
    return user.key


async def get_profile(**_):
    return user.profile()


async def get_object(_id, *_):
    return None


# On loopback there is no TLS. The library tries https first and gives up; let it go on to http.
defaults = list(network.fetch_document.__defaults__)
defaults[4] = False  # raise_ssl_errors
network.fetch_document.__defaults__ = tuple(defaults)
diaspora.get_fetch_content_endpoint = lambda host, kind, guid: f"http://{host}/fetch/{kind}/{guid}"


async def keep_profile(self):
    """Instead of asking for an ActivityPub actor that nobody here has."""
    return self


DiasporaProfile.merge_profiles = keep_profile


def plain(entity):
    """An entity as JSON."""
    kind = type(entity).__name__.removeprefix("Diaspora").lower()
    values = {name: getattr(entity, name, None) for name in MEMBERS}
    return {"kind": kind} | {name: value for name, value in values.items() if isinstance(value, (str, bool))}


async def take_in(request, door, recipient=None):
    body = await request.read()
    message = RequestType(body=body, headers=request.headers, method="POST", url=str(request.url))
    try:
        sender, _, entities = await handle_receive(message, user=recipient)
    except Exception as error:
        errors.append({"door": door, "error": type(error).__name__, "message": str(error)[:500]})
    else:
        received.extend({"door": door, "sender": sender, "entity": plain(entity)} for entity in entities)
        if not entities:
            errors.append({"door": door, "error": "nothing understood", "message": body[:500].decode("utf-8", "replace")})
    return web.Response(status=202)


async def home(_):
    return web.Response(text="a pod in Python")


async def webfinger(request):
    if request.query.get("resource", "").removeprefix("acct:") != user.handle:
        raise web.HTTPNotFound()
    document = RFC7033Webfinger(
        id=f"{BASE}/u/{user.name}/",
        handle=user.handle,
        guid=user.guid,
        base_url=BASE,
        profile_path=f"/u/{user.name}/",
    )
    return web.json_response(document.render(), content_type="application/jrd+json")


async def host_meta(_):
    return web.Response(body=generate_host_meta("diaspora", webfinger_host=BASE), content_type="application/xrd+xml")


async def hcard(request):
    if request.match_info["guid"] != user.guid:
        raise web.HTTPNotFound()
    name = user.name.capitalize()
    document = generate_hcard(
        "diaspora",
        hostname=BASE,
        fullname=name,
        firstname=name,
        lastname="",
        photo300=f"{BASE}/large.png",
        photo100=f"{BASE}/medium.png",
        photo50=f"{BASE}/small.png",
        searchable="true",
        guid=user.guid,
        public_key=user.public_key(),
        username=user.name,
    )
    return web.Response(text=document, content_type="text/html")


async def nodeinfo_links(_):
    link = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{BASE}/nodeinfo/2.0"}
    return web.json_response({"links": [link]})


async def nodeinfo(_):
    return web.json_response(
        {
            "version": "2.0",
            "software": {"name": "python-federation", "version": "0.28.0"},
            "protocols": ["diaspora"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": False,
            "usage": {"users": {}},
            "metadata": {},
        }
    )


async def receive_public(request):
    return await take_in(request, "public")


async def receive_private(request):
    if request.match_info["guid"] != user.guid:
        raise web.HTTPNotFound()
    return await take_in(request, "private", user.for_library())


async def fetch(request):
    entity = own.get(request.match_info["guid"])
    if entity is None:
        raise web.HTTPNotFound()
    payload = await handle_create_payload(entity, user.for_library(), "diaspora")
    return web.Response(body=payload, content_type="application/magic-envelope+xml")


async def state(_):
    return web.json_response({"id": user.handle, "guid": user.guid, "received": received, "errors": errors})


async def find(request):
    order = await request.json()
    profile = await diaspora.retrieve_and_parse_profile(order["id"])
    if profile is None:
        raise web.HTTPNotFound()
    return web.json_response(plain(profile) | {"public_key": profile.public_key})


def make(kind, data):
    if kind == "profile":
        return user.profile()
    author = {"handle": user.handle, "actor_id": user.handle}
    if kind in ("post", "comment", "like", "reshare"):
        guid = data.setdefault("guid", secrets.token_hex(16))
        author |= {"id": guid, "created_at": datetime.datetime.now(datetime.timezone.utc)}
    return KINDS[kind](**author, **data)


async def send(request):
    order = await request.json()
    entity = make(order["kind"], dict(order.get("data", {})))
    if order["kind"] in ("post", "comment"):
        own[entity.guid] = entity
    recipient = await diaspora.retrieve_and_parse_profile(order["person"]) if "person" in order else None
    key = RSA.import_key(recipient.public_key) if recipient else None
    payload = await handle_create_payload(entity, user.for_library(), "diaspora", to_user_key=key)
    if recipient:
        target = f"http://{order['person'].split('@')[1]}/receive/users/{recipient.guid}"
        call = {"json": payload}
    else:
        target = f"{order['pod']}/receive/public"
        call = {"data": payload, "headers": {"Content-Type": "application/magic-envelope+xml"}}
    async with aiohttp.ClientSession() as session, session.post(target, **call) as answer:
        return web.json_response({"guid": getattr(entity, "guid", ""), "status": answer.status})


app = web.Application(client_max_size=8 << 20)
app.add_routes(
    [
        web.get("/", home),
        web.get("/.well-known/webfinger", webfinger),
        web.get("/.well-known/host-meta", host_meta),
        web.get("/.well-known/nodeinfo", nodeinfo_links),
        web.get("/nodeinfo/2.0", nodeinfo),
        web.get("/hcard/users/{guid}", hcard),
        web.post("/receive/public", receive_public),
        web.post("/receive/users/{guid}", receive_private),
        web.get("/fetch/{kind}/{guid}", fetch),
        web.get("/control/state", state),
        web.post("/control/find", find),
        web.post("/control/send", send),
    ]
)
web.run_app(app, host="127.0.0.1", port=options.port, print=None)
