from credit.models.lines import GRADES, CreditForm, CreditLine, LineProposal
from credit.models.party import CreditParty, Decision, OrderCredit, Reservation
from credit.models.policy import Policy
from credit.models.receivables import Allocation, Instalment, Invoice, Payment, WriteOff

__all__ = [
    "GRADES",
    "Allocation",
    "CreditForm",
    "CreditLine",
    "CreditParty",
    "Decision",
    "Instalment",
    "Invoice",
    "LineProposal",
    "OrderCredit",
    "Payment",
    "Policy",
    "Reservation",
    "WriteOff",
]
