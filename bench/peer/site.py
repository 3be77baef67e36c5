"""The peer: the same home page as a Django application would have it, ORM and all, for the benches alone."""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
WEEKDAYS = "月火水木金土日"


def _database() -> dict[str, Any]:
    url = urlsplit(os.environ["BENCH_DATABASE"])
    query = parse_qs(url.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": url.username,
        "HOST": query["host"][0],
        "PORT": query["port"][0],
        "CONN_MAX_AGE": None,
    }


settings.configure(
    DEBUG=False,
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": _database()},
    INSTALLED_APPS=["django.contrib.humanize"],
    USE_I18N=True,
    USE_TZ=True,
    TIME_ZONE="Asia/Tokyo",
    LANGUAGE_CODE="ja",
    LOCALE_PATHS=[os.environ.get("BENCH_LOCALE", "")],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE / "templates"],
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "libraries": {"icons": "peer.icons"},
            },
        }
    ],
)
django.setup()


class Row(models.Model):
    """A row of a tenant."""

    id = models.UUIDField(primary_key=True)
    tenant_id = models.TextField()

    class Meta:
        """The product's tables."""

        abstract = True
        managed = False
        app_label = "bench"


class Customer(Row):
    """A customer."""

    number = models.TextField()
    name = models.TextField()

    class Meta(Row.Meta):
        db_table = "customer"


class Account(Row):
    """An account."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    status = models.TextField()
    role = models.TextField()

    class Meta(Row.Meta):
        db_table = "account"


class LoginSession(models.Model):
    """A session."""

    public_id = models.UUIDField(primary_key=True)
    tenant_id = models.TextField()
    token_hash = models.BinaryField()
    account = models.ForeignKey(Account, models.DO_NOTHING)
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(Row.Meta):
        db_table = "login_session"


class Contract(Row):
    """A contract."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    number_key = models.TextField()
    status = models.TextField()

    class Meta(Row.Meta):
        db_table = "contract"


class Service(Row):
    """A service."""

    contract = models.ForeignKey(Contract, models.DO_NOTHING)
    position = models.IntegerField()
    category = models.TextField()
    name = models.TextField()
    status = models.TextField()

    class Meta(Row.Meta):
        db_table = "service"


class Invoice(Row):
    """A bill."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    number = models.TextField()
    month = models.DateField()
    issued_on = models.DateField()
    due_on = models.DateField(null=True)
    status = models.TextField()
    payment_method = models.TextField()
    total = models.BigIntegerField()

    class Meta(Row.Meta):
        db_table = "invoice"


class Card(Row):
    """A card."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    brand = models.TextField()
    last4 = models.TextField()
    exp_month = models.IntegerField()
    exp_year = models.IntegerField()
    current = models.BooleanField()

    class Meta(Row.Meta):
        db_table = "payment_method"


class Notice(Row):
    """A notice."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING, null=True)
    title = models.TextField()
    importance = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta(Row.Meta):
        db_table = "notice"


class NoticeRead(models.Model):
    """That an account read a notice."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "notice_id")
    tenant_id = models.TextField()
    account = models.ForeignKey(Account, models.DO_NOTHING)
    notice = models.ForeignKey(Notice, models.DO_NOTHING)

    class Meta(Row.Meta):
        db_table = "notice_read"


def home(request: HttpRequest) -> HttpResponse:
    """The page of whoever the cookie belongs to: five statements."""
    from floor.app import MENU, PUBLIC

    tenant = request.get_host().partition(".")[0]
    token = request.COOKIES[f"__Host-mp-{tenant}-session"]
    now = datetime.now(UTC)
    session = LoginSession.objects.select_related("account__customer").get(
        tenant_id=tenant, token_hash=hashlib.sha256(token.encode()).digest()
    )
    idle = now - session.seen_at >= timedelta(minutes=30)
    if idle or session.expires_at <= now or session.account.status != "active":
        return HttpResponse("signed out", status=403)
    customer = session.account.customer
    today = now.astimezone(ZoneInfo("Asia/Tokyo")).date()
    read = NoticeRead.objects.filter(tenant_id=tenant, account_id=session.account_id, notice_id=models.OuterRef("id"))
    notices = list(
        Notice.objects.filter(tenant_id=tenant, starts_at__lte=now)
        .filter(models.Q(customer=None) | models.Q(customer=customer))
        .filter(models.Q(ends_at=None) | models.Q(ends_at__gt=now))
        .annotate(unread=~models.Exists(read))
        .order_by("-starts_at", "id")[:5]
    )
    services = list(
        Service.objects.filter(tenant_id=tenant, contract__tenant_id=tenant, contract__customer=customer)
        .exclude(status="terminated")
        .exclude(contract__status="terminated")
        .order_by("contract__number_key", "position")
    )
    bills = list(
        Invoice.objects.filter(
            tenant_id=tenant, customer=customer, month__gte=date(today.year - 1, today.month, 1)
        ).order_by("-month", "-issued_on", "-number")[:13]
    )
    card = Card.objects.filter(tenant_id=tenant, customer=customer, current=True).first()
    context = {
        "who": customer,
        "notices": notices,
        "services": services,
        "bill": bills[0],
        "unpaid": [bill for bill in bills if bill.status in ("unpaid", "failed")],
        "card": card,
        "menu": MENU,
        "public": PUBLIC,
        "path": request.path,
        "site": {"company": "青森ケーブルテレビ", "portal": "MyPage", "phone": "0120-442-208"},
    }
    return render(request, "home.html", context)


urlpatterns = [path("home", home)]
application = get_wsgi_application()
