"""Which event wakes which handler: the whole of Freemark's cause and effect on one screen. And whose dates stand in the
calendar beside those of findings.

Events carry ids, never facts: every handler reads the facts again, so a doubled, late or reordered event is harmless.
Nothing here decides anything.
"""

from __future__ import annotations

from audits.remedy import calendar
from audits.remedy import checks as follow_up
from audits.screening import passes as screening
from certify import agenda
from certify import publish as certificates
from certify import service as certify
from certify.reviews import service as reviews
from freemark import letters
from ground.outbox import Event, Handler, Handlers
from ground.world import World
from labels import printing
from labels import service as labels

calendar.add_source(agenda.entries)


def refresh_shelf(world: World) -> None:
    """Bring the shelf up to what the database says, as one set.

    Batches come first, so that no head stands before its parts even when this breaks off; and once more at the end,
    because a batch may have been sealed between the two and is in the heads already.
    """
    with world.shelf.publishing():
        labels.publish_inside(world)
        certificates.refresh_inside(world)
        labels.publish_inside(world)


def _publish(world: World, event: Event) -> None:
    refresh_shelf(world)


PUBLISH = Handler("publish.refresh", _publish)
SCREEN = Handler("screening.site", screening.on_site_event)
SITE = Handler("certify.consider", certify.on_site_event)
FOLLOW_UP = Handler("remedy.checks", follow_up.on_audit_submitted)
APPLICATION = Handler("certify.consider", certify.on_application_event)
CAUTION = Handler("certify.caution", reviews.on_certificate_news)

HANDLERS: Handlers = {
    # audits: what an auditor or a manufacturer said about a site
    "finding_filed": (SITE,),
    "alert_raised": (SITE, letters.ALERT),
    "alert_dismissed": (SITE,),
    "audit_submitted": (FOLLOW_UP, SITE, letters.REPORT),
    "report_released": (SITE, letters.REPORT),
    "report_amended": (SITE,),
    "finding_regraded": (SITE,),
    "action_changed": (SITE, letters.ACTION),
    # remedy: money came back or is missing again, workers were asked again, a date passed, a site told of itself
    "remedy_changed": (SITE,),
    "check_done": (SITE, letters.CHECK),
    "deadline_passed": (SITE,),
    "problem_disclosed": (letters.DISCLOSED,),
    "assignment_drawn": (letters.ASSIGNMENT,),
    "assignment_accepted": (letters.ASSIGNMENT,),
    # screening: who was held against the lists, and what became of it
    "organisation_added": (Handler("screening.organisation", screening.on_organisation_event),),
    "site_added": (SCREEN,),
    "screening_asked": (SCREEN,),
    "site_register_changed": (SCREEN, SITE),
    "screening_changed": (SITE,),
    # a firm or an auditor came under review, or into good standing again
    "accreditation_changed": (Handler("certify.caution", reviews.on_accreditation_changed),),
    # certify: what people signed, and what the rules made of it
    "application_changed": (APPLICATION,),
    "report_accepted": (APPLICATION, CAUTION),
    "caution_changed": (PUBLISH, letters.CAUTION),
    "case_changed": (APPLICATION,),
    "certificate_prepared": (Handler("certify.seal", certify.on_prepared),),
    "standing_changed": (Handler("labels.freeze", labels.freeze_orders), CAUTION, PUBLISH),
    "log_grew": (PUBLISH,),
    # labels: from an accepted order to printed sheets
    "order_accepted": (Handler("labels.mint", labels.on_order_accepted),),
    "batch_prepared": (Handler("labels.seal", labels.on_batch_prepared),),
    "batch_sealed": (PUBLISH, Handler("labels.render", printing.on_batch_sealed)),
    "batch_voided": (PUBLISH,),
    "batch_rebound": (PUBLISH,),
    # the rules themselves
    "rulebook_published": (PUBLISH, letters.RULEBOOK),
}
