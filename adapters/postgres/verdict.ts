/** What a login says of a value. Pure. */
import type { Liveness, Verdict } from "../contract.ts";
import type { Login } from "./login.ts";
import type { Slots } from "./slots.ts";

/** What `pg_roles` says of the user, where it could be asked: only needed for a login that is refused without a look at the password. */
export type RoleState = "may-login" | "no-login" | "missing" | "unknown";

export function verdictOf(login: Login, user: string, slots: Slots, state: RoleState): Verdict {
  return login.accepted ? accepted(login, user, slots) : refused(login.code, state);
}

function accepted(login: Extract<Login, { accepted: true }>, user: string, slots: Slots): Verdict {
  if (login.sessionUser !== user) {
    return verdict("inconclusive", "AnotherUser", "The server let it in as another user: a proxy stands in between.");
  }
  const isSlot = user === slots.role || user === slots.alternate;
  if (isSlot && login.currentUser !== slots.owner) {
    return verdict(
      "restricted",
      "ActsAsItself",
      `The login works, but its session acts as ${login.currentUser} and not as ${slots.owner}: what it creates the other role cannot change.`,
    );
  }
  const standby = login.inRecovery ? " The server is a standby." : "";
  return verdict("alive", "LoginAccepted", `The server accepted a login of ${user}.${standby}`);
}

function refused(code: string | undefined, state: RoleState): Verdict {
  switch (code) {
    // A wrong password, an unknown role, no password and an expired one all look the same from outside.
    case "28P01":
      return verdict("dead", "PasswordRejected", "The server refuses this user with this password.");
    case "28000":
      return notPermitted(state);
    // What follows comes after the password was accepted.
    case "42501":
      return verdict(
        "restricted",
        "ConnectPrivilegeMissing",
        "The password is right; CONNECT on the database is not granted.",
      );
    case "3D000":
      return verdict("restricted", "DatabaseMissing", "The password is right; the database does not exist.");
    case "53300":
      return verdict(
        "inconclusive",
        "TooManyConnections",
        "The server, the database or the role has no connection left.",
      );
    default:
      return verdict("inconclusive", "ServerUnavailable", "The server did not answer in time, or not at all.");
  }
}

/** `is not permitted to log in` and `no pg_hba.conf entry` share one SQLSTATE; only the catalogue tells them apart. */
function notPermitted(state: RoleState): Verdict {
  if (state === "no-login") return verdict("dead", "LoginDisabled", "The role may not log in (NOLOGIN).");
  if (state === "missing") return verdict("dead", "RoleMissing", "The role does not exist.");
  return verdict("inconclusive", "LoginNotPermitted", "The server lets nobody in this way: see its pg_hba.conf.");
}

function verdict(liveness: Liveness, reason: string, message: string): Verdict {
  return { liveness, reason, message };
}
