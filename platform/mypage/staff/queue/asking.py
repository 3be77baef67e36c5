"""Asking the customer something: the question in two steps, then a mail and a notice, and the time stands still."""

from __future__ import annotations

from mypage.db.session import Tx
from mypage.forms.fields import PortalForm, TextAreaField
from mypage.hooks.desk import WorkRule
from mypage.staff.customers.service import find_customer
from mypage.staff.queue.acting import late_reply, posted_version
from mypage.staff.queue.kinds import kind_of
from mypage.staff.queue.pages import ActPage
from mypage.staff.queue.subjects import after, before
from mypage.staff.queue.telling import tell_customer
from mypage.staff.queue.told import mailable
from mypage.staff.queue.views import find_item, means_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.work.errors import Moved, WrongState
from mypage.work.service import ask_back

LONGEST_QUESTION = 1000
TITLE = "We have a question"


def ask_page(rq: PortalRequest, tx: Tx, *, form: PortalForm | None = None, second: bool = False) -> ActPage:
    """The question, or the step that confirms it: to whom it goes, and what becomes of the time."""
    item, means = find_item(tx, rq.uuid_param("item_id")), means_of(rq)
    customer, rule = find_customer(tx, item.customer_id), means.operator.desk.rule(item.kind)
    form = form or question_form(rq, rule, language=customer.language)
    to = customer.email or rq.t("no mail address")
    days = means.operator.desk.answer_days
    texts = (
        rq.t("%(customer)s is asked by a notice and a mail to %(to)s.", customer=customer.name, to=to),
        rq.t("The answer should be there in %(days)s business days; until then the time stands still.", days=days),
    )
    return ActPage(
        title=rq.t("Ask the customer"),
        over=item.reference,
        sure=" ".join(texts),
        told=tuple(form.text("question").splitlines()) if second else (),
        reason="",
        note="",
        form=form,
        sealed=(("question", form.text("question")),) if second else (),
        button=rq.t("Send the question") if second else rq.t("Go on"),
        danger=False,
        action_url=rq.href("queue-ask", item_id=item.id),
        back_url=rq.href("queue-item", item_id=item.id),
        version=posted_version(rq) if rq.method == "POST" else item.version,
        templates=()
        if second
        else tuple(
            (means.words(each.label), rq.href("queue-ask", item_id=item.id, template=each.code))
            for each in rule.questions
        ),
    )


def ask_posted(rq: PortalRequest) -> Reply:
    """The steps of a question."""
    item = find_item(rq.tx, rq.uuid_param("item_id"))
    means = means_of(rq)
    form = question_form(rq, means.operator.desk.rule(item.kind), posted=True)
    if rq.form.get("back"):
        return Show(ask_page(rq, rq.tx, form=form))
    if not form.validate():
        return Show(ask_page(rq, rq.tx, form=form), status=422)
    if not rq.form.get("confirmed"):
        return Show(ask_page(rq, rq.tx, form=form, second=True))
    version, question, desk = posted_version(rq), form.text("question"), means.operator.desk
    before(rq.tx, item.id)
    try:
        item = ask_back(
            rq.tx,
            item.id,
            version=version,
            by=means.by,
            question=question,
            answer_days=desk.answer_days,
            closed=desk.closed,
        )
    except (Moved, WrongState) as late:
        return late_reply(rq, rq.tx, late)
    mailed = after(rq, rq.tx, item, "asked", question)
    if mailed is None:
        mailed = tell_customer(
            rq.tx,
            means,
            find_customer(rq.tx, item.customer_id),
            key=f"work-question-{item.id}-{version}",
            title=TITLE,
            texts=question.splitlines(),
            permission=kind_of(item.kind).notice_permission,
        )
    if mailed:
        rq.flash("ok", rq.t("The question was sent."))
    else:
        rq.flash("warn", rq.t("The question stands in the portal. No mail could be sent: please call the customer."))
    return Go("queue-item", {"item_id": item.id})


def question_form(rq: PortalRequest, rule: WorkRule, *, posted: bool = False, language: str = "ja") -> PortalForm:
    """The text of a question, filled from a template that the address names, in the customer's language."""
    catalogues = rq.desk.operator.catalogues
    words = catalogues.get(language) or catalogues["ja"]
    template = next((each for each in rule.questions if each.code == rq.query.get("template")), None)
    field = TextAreaField(
        "Question to the customer",
        description="The customer reads it as you write it. Say how to answer; no web addresses.",
        max_length=LONGEST_QUESTION,
        checks=(mailable,),
        render_kw={"rows": "6"},
    )
    values = {"question": words(template.text)} if template else {}
    return PortalForm({"question": field}, rq.form if posted else None, t=rq.t, values=values)
