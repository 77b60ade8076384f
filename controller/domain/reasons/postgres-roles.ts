/** What the adapter postgres says of roles and statements. */
import { IN_USE, RETRIES, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const POSTGRES_ROLES_REASONS: Readonly<Record<string, Reason>> = {
  StatementRefused: {
    meaning: "The server refused the statement.",
    fine: IN_USE,
    remedy: "Look up the SQLSTATE in the message, and the server's log at this time.",
    where: ["rotation"],
  },
  CommitUnconfirmed: {
    meaning: "The connection was lost before the server confirmed the commit.",
    fine: IN_USE,
    remedy: "Wait; Velvet looks what the server has and goes on from there.",
    where: ["rotation"],
  },
  Interrupted: {
    meaning: "A statement or login was given up before it took effect.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation"],
  },
  SlotLocked: {
    meaning: "Somebody else was changing the same role.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation"],
  },
  SlotBusy: {
    meaning: "No role is free for the next password: the other one may still be in use.",
    fine: IN_USE,
    remedy: "Destroy the retired id, or, where nobody uses the role, ALTER ROLE … NOLOGIN.",
    commands: ["velvet destroy <credential> <vendor-id>"],
    where: ["rotation"],
  },
  SlotChanged: {
    meaning: "The place at the vendor was changed after this mint was decided: the role, or the keys of the user.",
    fine: IN_USE,
    remedy: "Request the rotation again; it starts from what is there now.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  BootstrapCircularity: {
    meaning: "The manifest targets a credential that Velvet itself logs in with.",
    fine: IN_USE,
    remedy: "Name the role that the consumers log in as.",
    where: ["rotation"],
  },
  RolesNotApart: {
    meaning: "alternate is also the role or its owner.",
    fine: IN_USE,
    remedy: "Give alternate a name of its own.",
    where: ["rotation"],
  },
  RoleNameTooLong: {
    meaning: "A role's name is longer than Postgres keeps of a name.",
    fine: IN_USE,
    remedy: "Set a shorter alternate.",
    where: ["rotation"],
  },
  RoleMissing: {
    meaning: "The role does not exist.",
    fine: UNTOUCHED,
    remedy: "Create it with the rights that the consumers need; the message has the statement.",
    where: ["rotation", "account"],
  },
  RoleNotSupported: {
    meaning: "The role has SUPERUSER or REPLICATION, which a second role cannot take over.",
    fine: IN_USE,
    remedy: "Give the consumers a role without these.",
    where: ["rotation"],
  },
  RoleNotRelated: {
    meaning: "The alternate role is no member of the owner, so it is not this Credential's to take.",
    fine: IN_USE,
    remedy: "If it is, grant it: the message has the statement.",
    where: ["rotation"],
  },
  RoleNotConfigured: {
    meaning: "The value or the id belongs to a role that the issuer does not name.",
    fine: IN_USE,
    remedy: "Set the issuer's role and alternate to the roles that the consumers log in as.",
    where: ["rotation"],
  },
  SettingNotCopied: {
    meaning: "The two roles differ in a setting that Velvet may not change.",
    fine: IN_USE,
    remedy: "Set it by hand: the message has the statement.",
    where: ["rotation"],
  },
  ValueIncomplete: {
    meaning: "The value lacks a field, so nobody can log in with it.",
    fine: IN_USE,
    remedy: "Put the whole value into custody, or name a consumer that holds all of it in readFrom.",
    where: ["rotation"],
  },
  NotIdentified: {
    meaning: "The vendor did not say whether the value is the one that is in use now.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation"],
  },
  RetiredIdGone: {
    meaning: "The retired credential was destroyed, or something else took its place.",
    fine: IN_USE,
    remedy: "Request a rotation for a new credential.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  MarkerInvalid: {
    meaning: "A marker has not the form that Velvet writes; this is a mistake of Velvet.",
    fine: IN_USE,
    remedy: "Report it as a bug.",
    where: ["rotation"],
  },
  ProposalInvalid: {
    meaning: "The proposed value has no password of the form that Velvet chooses.",
    fine: IN_USE,
    remedy: "Abort, and request the rotation again.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  VerifierInvalid: {
    meaning: "The computed verifier has not the form that the server takes for one.",
    fine: IN_USE,
    remedy: "Report it as a bug.",
    where: ["rotation"],
  },
};
