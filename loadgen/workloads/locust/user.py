"""The whole life of one user of a locustfile."""

from collections.abc import Callable
from typing import Any

from loadgen.workloads.locust.current import CURRENT
from loadgen.workloads.locust.exceptions import StopTest, StopUser
from loadgen.workloads.locust.file import LocustFile
from loadgen.workloads.locust.http.session import Session
from loadgen.workloads.locust.hub import Hub, UserEnds
from loadgen.workloads.locust.tasks import UserTasks


def make_locust_user(file: LocustFile, name: str, hub: Hub) -> Callable[[], None]:
    """What a user of the class `name` does, from on_start to on_stop: tasks, each with its wait, until the hub raises
    UserEnds or the file ends the user. To be called once, in a greenlet or thread of its own. It raises nothing but
    UserEnds.
    """

    def life() -> None:
        CURRENT.set(hub)
        user = None
        try:
            user = _new(file, name, hub)
            file.environment.runner.started(user)
            _live(user)
        except StopTest:
            file.environment.runner.quit()
        except UserEnds:
            raise
        except BaseException as error:  # sys.exit among them
            if user is not None:
                user._failed(error)
            else:
                hub.begin()
                hub.end(error)
        finally:
            if user is not None:
                file.environment.runner.ended(user)

    return life


def _new(file: LocustFile, name: str, hub: Hub) -> Any:
    """A user as its class makes it, with its hub before that."""
    kind = file.classes[name]
    user = kind.__new__(kind)
    user._hub = hub
    user.__init__(file.environment)
    return user


def _live(user: Any) -> None:
    try:
        user.on_start()
        UserTasks(user).run()
    except (StopUser, UserEnds):
        user.on_stop()
    finally:
        if isinstance(user.client, Session):
            user.client.settle_all()
