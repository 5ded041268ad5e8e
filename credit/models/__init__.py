from credit.models.claims import Dispute, LegalCase
from credit.models.collections import CollectionAction, CollectionCase, PaymentPromise
from credit.models.groups import GroupMove
from credit.models.lines import GRADES, CreditForm, CreditLine, LineProposal
from credit.models.nightly import NightlyStep
from credit.models.party import CreditParty, Decision, OrderCredit, Reservation
from credit.models.policy import Policy
from credit.models.rating import Investigation, Rating
from credit.models.receivables import Allocation, Instalment, Invoice, Payment, WriteOff
from credit.models.reviews import Review, ReviewCampaign
from credit.models.statements import Statement
from credit.models.supervision import (
    Behaviour,
    BudgetFigure,
    CreditAlert,
    CreditBudget,
    OverdueEpisode,
    OverdueMeasure,
    ReceivablesCeiling,
)

__all__ = [
    "GRADES",
    "Allocation",
    "Behaviour",
    "BudgetFigure",
    "CollectionAction",
    "CollectionCase",
    "CreditAlert",
    "CreditBudget",
    "CreditForm",
    "CreditLine",
    "CreditParty",
    "Decision",
    "Dispute",
    "GroupMove",
    "Instalment",
    "Investigation",
    "Invoice",
    "LegalCase",
    "LineProposal",
    "NightlyStep",
    "OrderCredit",
    "OverdueEpisode",
    "OverdueMeasure",
    "Payment",
    "PaymentPromise",
    "Policy",
    "Rating",
    "ReceivablesCeiling",
    "Reservation",
    "Review",
    "ReviewCampaign",
    "Statement",
    "WriteOff",
]
