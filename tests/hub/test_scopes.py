from sandbox.hub.scopes import COURSE, DESK, TRIAL, roles, server_scopes

ROLES = {role["name"]: role for role in roles()}


def test_no_role_is_an_admins():
    for role in ROLES.values():
        for scope in role["scopes"]:
            assert not scope.startswith("admin"), (role["name"], scope)
            assert scope not in ("inherit", "self", "tokens", "tokens!user", "shares!user")


def test_only_users_themselves_hold_the_desks_scope():
    holders = {name for name, role in ROLES.items() if DESK in role["scopes"]}
    assert holders == {"user"}


def test_server_token_never_acts_at_the_desk():
    for context in ("home", "permit-sb-2026-0001", "course-digital-money"):
        assert DESK not in server_scopes(context)
    assert DESK not in ROLES["server"]["scopes"]


def test_permit_server_may_submit_and_others_may_not():
    assert TRIAL in server_scopes("permit-sb-2026-0001")
    assert TRIAL not in server_scopes("course-digital-money")
    assert TRIAL not in server_scopes("home")


def test_course_server_may_hand_in_and_others_may_not():
    assert COURSE in server_scopes("course-digital-money")
    assert COURSE not in server_scopes("permit-sb-2026-0001")
    assert COURSE not in server_scopes("home")


def test_services_hold_what_they_need_and_no_more():
    held = {
        (service, scope)
        for role in ROLES.values()
        for service in role.get("services", [])
        for scope in role["scopes"]
    }
    assert held == {
        ("manager", "proxy"),
        ("membership", "read:servers"),
        ("membership", "read:tokens"),
        ("membership", "delete:servers"),
        ("membership", "delete:users"),
    }
