"""The addresses of accounts, under /account/."""

from django.urls import path

from ngomon.identity.pages import locked, profile, signing_in

urlpatterns = [
    path("sign-in", signing_in.start, name="identity_sign_in"),
    path("sign-in/password", signing_in.password, name="identity_password"),
    path("code", signing_in.code, name="identity_code"),
    path("code/again", signing_in.code_again, name="identity_code_again"),
    path("welcome", signing_in.welcome, name="identity_welcome"),
    path("sign-out", signing_in.leave, name="identity_sign_out"),
    path("locked", locked.locked, name="identity_locked"),
    path("", profile.show, name="identity_profile"),
    path("profile", profile.change_profile, name="identity_change_profile"),
    path("contacts", profile.add_contact, name="identity_add_contact"),
    path("contacts/code", profile.contact_code, name="identity_contact_code"),
    path("contacts/code/again", profile.contact_code_again, name="identity_contact_code_again"),
    path("contacts/<uuid:contact_id>/remove", profile.remove_contact, name="identity_remove_contact"),
    path("contacts/<uuid:contact_id>/primary", profile.make_primary, name="identity_make_primary"),
    path("password", profile.set_password, name="identity_set_password"),
    path("sessions/<slug:handle>/end", profile.end_session, name="identity_end_session"),
    path("sessions/end-others", profile.end_other_sessions, name="identity_end_other_sessions"),
    path("organisations", profile.open_organisation, name="identity_open_organisation"),
    path("as/<uuid:account_id>", profile.act_as, name="identity_act_as"),
    path("absence", profile.set_absence, name="identity_set_absence"),
]
