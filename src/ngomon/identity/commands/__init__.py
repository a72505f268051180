"""What people do about accounts, posts, persons and clients. Each is one thing somebody does, inside a unit."""

from ngomon.identity.commands.accounts import (
    appeal_lock,
    change_profile,
    decide_appeal,
    end_other_sessions,
    end_session,
    lock_account,
    open_account,
    open_organisation,
    set_password,
    unlock_account,
)
from ngomon.identity.commands.clients import make_client, revoke_client
from ngomon.identity.commands.codes import (
    add_contact_by_code,
    forget_spent,
    send_code,
    sign_in_by_code,
    sign_in_by_password,
)
from ngomon.identity.commands.merging import merge_persons
from ngomon.identity.commands.officers import take_up_officers
from ngomon.identity.commands.persons import (
    make_primary,
    register_person,
    remove_contact,
    verify_identity,
)
from ngomon.identity.commands.posts import (
    delegate,
    end_absence,
    end_delegation,
    leave_post,
    move_posts,
    set_absence,
    take_post,
)

__all__ = [
    "add_contact_by_code",
    "appeal_lock",
    "change_profile",
    "decide_appeal",
    "delegate",
    "end_absence",
    "end_delegation",
    "end_other_sessions",
    "end_session",
    "forget_spent",
    "leave_post",
    "lock_account",
    "make_client",
    "make_primary",
    "merge_persons",
    "move_posts",
    "open_account",
    "open_organisation",
    "register_person",
    "remove_contact",
    "revoke_client",
    "send_code",
    "set_absence",
    "set_password",
    "sign_in_by_code",
    "sign_in_by_password",
    "take_post",
    "take_up_officers",
    "unlock_account",
    "verify_identity",
]
