/** What the adapter heroku says. */
import { IN_USE, NORMAL, NOTHING, RETRIES, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const HEROKU_REASONS: Readonly<Record<string, Reason>> = {
  ScopeTooNarrow: {
    meaning: "Heroku knows the token, whose scope does not reach the account.",
    fine: IN_USE,
    remedy: "Nothing for a consumer's token; give a VendorAccount's token the scope that the adapter's readme names.",
    where: ["account", "rotation"],
  },
  TwoFactorAsked: {
    meaning: "Heroku asks for a two-factor code, which only a person has.",
    fine: IN_USE,
    remedy: "Give the VendorAccount a token of a machine user for whom this needs no second factor.",
    where: ["account", "rotation", "consumer"],
  },
  AccountOnHold: {
    meaning: "Heroku has suspended the user, waits for a payment or wants the account verified.",
    fine: IN_USE,
    remedy: "See Heroku's dashboard as this user.",
    where: ["account", "rotation", "consumer"],
  },
  UseNotDeclared: {
    meaning: "The VendorAccount is not declared for what this Credential does with it.",
    fine: UNTOUCHED,
    remedy: "Add it to heroku.uses in the VendorAccount, or name another account.",
    where: ["rotation", "consumer"],
  },
  IssuerNotChosen: {
    meaning: "The issuer's block says neither authorization nor postgres.",
    fine: UNTOUCHED,
    remedy: "Give one of the two in the Credential's issuer.heroku.",
    where: ["rotation"],
  },
  TokenNotShown: {
    meaning: "Heroku has no such authorization, or shows no token of it.",
    fine: IN_USE,
    remedy: "Request the rotation again; the next mint makes another one.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  KeyOwnedByAddOn: {
    meaning: "An add-on owns one of the consumer's keys, and Heroku lets nobody else write it.",
    fine: IN_USE,
    remedy: "Choose other names in the consumer's keys; a database's credential is rotated by an issuer with postgres.",
    where: ["consumer"],
  },
  ConfigVarRefused: {
    meaning: "Heroku refuses the config vars, by their names or by their size together.",
    fine: IN_USE,
    remedy: "Check the key names; all config vars of an app together may have some 32 or 64 KB.",
    where: ["consumer"],
  },
  ReleasePending: {
    meaning: "A release of the app still runs its release phase, and what it brings cannot be seen before it ends.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["consumer"],
  },
  ReleaseFailed: {
    meaning: "The release that was to bring the new value did not succeed: it never reached the dynos.",
    fine: "The dynos run as before, with the old value, which was not revoked.",
    remedy: "Mend the app's release command; Velvet writes again. See `heroku releases:output`.",
    commands: ["velvet retry <request>"],
    where: ["consumer"],
  },
  ReleaseNotSeen: {
    meaning: "Heroku took the config vars, and shows no release for them yet.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["consumer"],
  },
  ReleaseHistory: {
    meaning: "Earlier releases still show their config vars, and a rollback brings them back.",
    fine: "The old value opens nothing once it is revoked.",
    remedy: "Do not roll back to a release from before the rotation.",
    where: ["rotation"],
  },
  LoginActive: {
    meaning: "Heroku shows this database login as the active one.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  LoginEnding: {
    meaning: "The database login was rotated; Heroku keeps its sessions for at most 30 minutes, and then ends it.",
    fine: "Every attached app was given the new login.",
    remedy: RETRIES,
    where: ["rotation"],
  },
  LoginUnknown: {
    meaning: "Heroku has no such database user with this password.",
    fine: UNTOUCHED,
    remedy: "Heroku may have rotated it by itself: read the value from an attached app, or request with expect: Dead.",
    commands: ["velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  LoginGone: {
    meaning: "Heroku no longer shows the database login that was minted.",
    fine: "Heroku gives the attached apps whatever login is in force.",
    remedy: "Request the rotation again; Heroku may have rotated it by itself.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  LoginInForce: {
    meaning:
      "The database login is the one that Heroku gives to the attached apps, and only the next rotation ends it.",
    fine: IN_USE,
    remedy: "Request a rotation; with forced: true it ends the old login at once.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  LoginNotConfigured: {
    meaning: "The id is no login of the add-on and credential that the manifest names now.",
    fine: IN_USE,
    remedy: "Set addon and credential back, or look at Heroku and say with MarkRevoked that it has ended.",
    commands: ["velvet mark-revoked <request>"],
    where: ["rotation"],
  },
  RotationUnderWay: {
    meaning: "Heroku is still rotating this credential, or still ending the login from before.",
    fine: IN_USE,
    remedy: "Wait, at most 30 minutes; Velvet looks again.",
    where: ["rotation"],
  },
  ResetNotAccepted: {
    meaning: "Rotating a default credential, or with forced, cuts its connections and restarts the attached apps.",
    fine: UNTOUCHED,
    remedy: "Set acceptsReset: true, or use a named credential without forced.",
    where: ["rotation"],
  },
};
