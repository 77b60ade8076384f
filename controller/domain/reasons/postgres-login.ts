/** What the adapter postgres says of logins and servers. */
import { IN_USE, NORMAL, NOTHING, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const POSTGRES_LOGIN_REASONS: Readonly<Record<string, Reason>> = {
  LoginAccepted: {
    meaning: "The server accepted the login.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account", "rotation"],
  },
  PasswordRejected: {
    meaning: "The server refuses this user with this password.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  LoginDisabled: {
    meaning: "The role may not log in.",
    fine: UNTOUCHED,
    remedy: "Let it log in again, or request the rotation with expect: Dead.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  LoginNotPermitted: {
    meaning: "The server lets nobody in this way.",
    fine: IN_USE,
    remedy: "See the server's pg_hba.conf.",
    where: ["rotation"],
  },
  AnotherUser: {
    meaning: "The server let the login in as another user: a proxy stands in between.",
    fine: IN_USE,
    remedy: "Point the account's endpoint at the server itself.",
    where: ["rotation"],
  },
  ActsAsItself: {
    meaning: "The login works, but its session does not act as the role's owner.",
    fine: "The login works.",
    remedy: "Let Velvet set the role again by a rotation; until then what it creates belongs to it alone.",
    where: ["rotation"],
  },
  ConnectPrivilegeMissing: {
    meaning: "The password is right; CONNECT on the database is not granted.",
    fine: IN_USE,
    remedy: "Grant CONNECT on the database to the role.",
    where: ["rotation"],
  },
  DatabaseMissing: {
    meaning: "The database of the account's endpoint does not exist.",
    fine: IN_USE,
    remedy: "Correct the endpoint of the VendorAccount.",
    where: ["rotation", "account"],
  },
  TooManyConnections: {
    meaning: "The server, the database or the role has no connection left.",
    fine: IN_USE,
    remedy: "Raise the limit or close connections; Velvet tries again.",
    where: ["rotation", "account"],
  },
  ServerUnavailable: {
    meaning: "The server cannot be reached, or does not answer in time.",
    fine: IN_USE,
    remedy: "Check that the server runs and can be reached; Velvet tries again.",
    where: ["rotation", "account"],
  },
  ServerReadOnly: {
    meaning: "The server is a standby, or failing over.",
    fine: IN_USE,
    remedy: "Point the account's endpoint at the primary; Velvet tries again.",
    where: ["rotation", "account"],
  },
  VersionUnsupported: {
    meaning: "The server is older than PostgreSQL 14.",
    fine: IN_USE,
    remedy: "Upgrade the server.",
    where: ["account"],
  },
  AdminLoginRefused: {
    meaning: "The server refuses the login of Velvet's own role.",
    fine: IN_USE,
    remedy: "Correct the account's user and password.",
    where: ["account", "rotation"],
  },
  MissingPrivilege: {
    meaning: "Velvet's role lacks a privilege.",
    fine: IN_USE,
    remedy: "Run the statements that the message names as a superuser; the adapter's readme lists them all.",
    where: ["account", "rotation"],
  },
  TlsMissing: {
    meaning: "The server does not offer TLS, and the account's sslMode asks for it.",
    fine: IN_USE,
    remedy: "Turn on ssl at the server, or set sslMode: disable for a server on the same machine.",
    where: ["account", "rotation"],
  },
  TlsUntrusted: {
    meaning: "The server's certificate is not trusted, or is for another host name.",
    fine: IN_USE,
    remedy: "Set the account's caFile to the authority that signed it, and the endpoint to the name that it is for.",
    where: ["account", "rotation"],
  },
  CaFileUnreadable: {
    meaning: "The account's caFile cannot be read.",
    fine: IN_USE,
    remedy: "Mount it, readable by the controller.",
    where: ["account", "rotation"],
  },
};
