import pytest

from accounts.models import Event
from accounts.services import record_event
from notifications import services, webhooks
from notifications.models import Endpoint, Secret
from tests.notifications.receiver import Receiver, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(certificate):
    receiver = Receiver(certificate)
    yield receiver
    receiver.close()


@pytest.fixture
def subscribe(receiver, sysadmin):
    """An endpoint at the receiver; the service would refuse an address on this machine."""

    def subscribe(*names, **fields):
        endpoint = Endpoint.objects.create(
            url=receiver.url(),
            events=list(names) or ["tier_changed"],
            created_by=sysadmin,
            **fields,
        )
        Secret.objects.create(endpoint=endpoint, value="whsec_" + "QUFB" * 10 + "QUE=")
        return endpoint

    return subscribe


@pytest.fixture
def tier_changed(k1):
    """The tier of K1 changes; the event."""

    def tier_changed(**data):
        told = {"from": "ordinary", "to": "key", "net_sales": "1.00", "share": "0.02", **data}
        record_event([k1.pk], "tiering.tier_changed", actor=None, data=told)
        return Event.objects.latest("pk")

    return tier_changed


@pytest.fixture
def send(receiver):
    """Tell of what happened, and send what waits for an endpoint."""

    def send(endpoint):
        services.dispatch_events()
        return services.deliver(endpoint.pk, transport=receiver.transport())

    return send


@pytest.fixture
def hooks(monkeypatch):
    monkeypatch.setattr(webhooks, "_hooks", webhooks._hooks.copy())
    return webhooks
