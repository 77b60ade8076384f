/** What the adapter infisical says. */
import { IN_USE, RETRIES, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const INFISICAL_REASONS: Readonly<Record<string, Reason>> = {
  AccountLocked: {
    meaning: "Infisical has locked the account's client id after wrong logins; the right client secret is refused too.",
    fine: IN_USE,
    remedy: "Wait until the lock ends, or clear the identity's lockouts in Infisical; find who logs in wrongly.",
    where: ["account", "rotation", "consumer"],
  },
  AccountTokenOver: {
    meaning: "Infisical refused the account's access token before it did anything.",
    fine: UNTOUCHED,
    remedy: RETRIES,
    where: ["rotation"],
  },
  AddressNotTrusted: {
    meaning: "The identity lets nobody log in from the address that Velvet comes from.",
    fine: IN_USE,
    remedy: "Add Velvet's address to the identity's trusted addresses for client secrets.",
    where: ["account", "rotation"],
  },
  InstanceTooOld: {
    meaning: "This Infisical does not have a route that Velvet needs.",
    fine: IN_USE,
    remedy: "Update the instance, or correct the VendorAccount's endpoint: it is the address without /api.",
    where: ["rotation", "consumer"],
  },
  UniversalAuthMissing: {
    meaning: "The identity has no universal auth, so it has no client secrets.",
    fine: IN_USE,
    remedy: "Add universal auth to the identity, or correct the issuer's identity.",
    where: ["rotation"],
  },
  IdentityNotConfigured: {
    meaning: "A value or an id belongs to another identity than the one that the issuer names.",
    fine: IN_USE,
    remedy: "Set the issuer's identity to the one that the consumers log in as.",
    where: ["rotation"],
  },
  ClientIdUnknown: {
    meaning: "The value has no client id, and the account may not look up the identity's.",
    fine: IN_USE,
    remedy: "Keep clientId beside clientSecret, or let the account's identity read identities.",
    where: ["rotation"],
  },
  ClientSecretRevoked: {
    meaning: "No client secret of the identity that is still valid begins like this one.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  ClientSecretRejected: {
    meaning: "Infisical refuses this client id with this client secret.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  ClientSecretExpired: {
    meaning: "The client secret has reached the end that it was made with.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead; Velvet makes client secrets without an end.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  ClientSecretUsedUp: {
    meaning: "The client secret was used as often as it may be.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead; Velvet makes client secrets without a limit.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  ClientIdLocked: {
    meaning: "Infisical has locked the client id after wrong logins; its right client secrets are refused too.",
    fine: "Access tokens that consumers already have go on working.",
    remedy: "Wait until the lock ends, or clear the identity's lockouts in Infisical; find who logs in wrongly.",
    where: ["rotation"],
  },
  ProbeHeldBack: {
    meaning: "Another client secret of this client id was refused a moment ago, and one more could lock it.",
    fine: IN_USE,
    remedy: "Wait; Velvet asks again as soon as Infisical has forgotten the failure.",
    where: ["rotation"],
  },
  AccessToken: {
    meaning: "Access tokens that were got with the old client secret outlive it: Infisical does not look at it again.",
    fine: "The old client secret gets no new token.",
    remedy: "Restart who used it; where it leaked, remove and add the identity's universal auth again.",
    where: ["rotation"],
  },
  SecretVersions: {
    meaning: "Infisical keeps the versions of a secret that were overwritten.",
    fine: "They are of no use once the old credential is revoked.",
    remedy: "Revoke the old credential; versions are only removed with the secret itself.",
    where: ["rotation"],
  },
  ValueHidden: {
    meaning: "Infisical shows the account that a secret is there, and not its value.",
    fine: IN_USE,
    remedy: "Allow the account's identity to read values there, or set readValues: false.",
    where: ["consumer"],
  },
  ValueNotKept: {
    meaning: "Infisical would not keep the value as it is: it cuts off blanks, and reads `${…}` as a reference.",
    fine: IN_USE,
    remedy: "Use an issuer or a field whose value is plain text without these, for example base64.",
    where: ["consumer"],
  },
  RotatedByInfisical: {
    meaning: "The secret belongs to a rotation of Infisical's own, which drops what others write.",
    fine: IN_USE,
    remedy: "End that rotation in Infisical, or name another key in the consumer's keys[].name.",
    where: ["consumer"],
  },
  ProjectUpgrading: {
    meaning: "Infisical is upgrading the project, and takes no writes while it does.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["consumer"],
  },
  ApprovalClosed: {
    meaning: "The change request that the write became was closed without being merged, so nothing was written.",
    fine: IN_USE,
    remedy: "Find out who closed it and why; then retry, which makes another one, or abort.",
    commands: ["velvet abort <request>"],
    where: ["consumer"],
  },
};
