/** What the adapter github says. */
import { BOTH, IN_USE, NORMAL, NOTHING, RETRIES, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const GITHUB_ACCOUNT_REASONS: Readonly<Record<string, Reason>> = {
  InstallationReady: {
    meaning: "GitHub accepts the App, and its installation is there.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account"],
  },
  AppNeeded: {
    meaning: "Only a GitHub App can do this, and the account has a token.",
    fine: IN_USE,
    remedy: "Set `app` in the VendorAccount, with its key as the auth entry `privateKey`.",
    where: ["account", "rotation"],
  },
  AppKeyInvalid: {
    meaning: "The account's `privateKey` is no RSA private key in PEM.",
    fine: IN_USE,
    remedy: "Give the file that GitHub made on the App's settings page, as it is.",
    where: ["account", "rotation", "consumer"],
  },
  AppUnauthorized: {
    meaning: "GitHub does not know the App by the account's key, or the controller's clock is wrong.",
    fine: IN_USE,
    remedy: "Check appId and privateKey, and that the controller's clock is right to the minute.",
    where: ["account", "rotation", "consumer"],
  },
  AppTokenRefused: {
    meaning:
      "GitHub refuses the token that the App was given for itself: it has ended, or is not known everywhere yet.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["account", "rotation", "consumer"],
  },
  InstallationGone: {
    meaning: "The App has no such installation.",
    fine: IN_USE,
    remedy: "Install the App again, or correct installationId in the VendorAccount.",
    where: ["account", "rotation", "consumer"],
  },
  PermissionMissing: {
    meaning: "The account lacks a permission, which the message names.",
    fine: IN_USE,
    remedy: "Give it to the App and accept it for the installation, or give it to the token; Velvet tries again.",
    where: ["rotation", "consumer"],
  },
  RepositoryMoved: {
    meaning: "The repository, or its owner, has another name now.",
    fine: IN_USE,
    remedy: "Write the new name into the manifest, and into the account's allow[].",
    where: ["rotation", "consumer"],
  },
  ScopeInvalid: {
    meaning: "The github block of a consumer does not say whose secrets are meant.",
    fine: IN_USE,
    remedy: "Give either repository, with or without environment, or organization.",
    where: ["consumer"],
  },
  SecretTooLarge: {
    meaning: "The value is larger than GitHub keeps.",
    fine: IN_USE,
    remedy: "Give the consumer a field that is smaller.",
    where: ["consumer"],
  },
  VisibilityUnknown: {
    meaning: "An organization's secret does not exist yet, and the manifest does not say who may read it.",
    fine: IN_USE,
    remedy: "Set visibility in the consumer (and selectedRepositoryIds for selected), or make the secret by hand.",
    where: ["consumer"],
  },
  RunningJobs: {
    meaning: "Jobs that were queued before the write keep the old value until they end.",
    fine: BOTH,
    remedy: "Wait for them, or cancel and re-run them, before the old value is ended.",
    where: ["consumer", "rotation"],
  },
};

export const GITHUB_CREDENTIAL_REASONS: Readonly<Record<string, Reason>> = {
  KindMissing: {
    meaning: "The issuer's github block does not say what is issued.",
    fine: UNTOUCHED,
    remedy: "Give one of deployKey, installationToken and personalAccessToken.",
    where: ["rotation"],
  },
  TokenOfAnotherUser: {
    meaning: "The token is not of the user whom the manifest names.",
    fine: "The token is left as it is.",
    remedy: "Hand in a token of that user, or correct login in the manifest.",
    where: ["rotation"],
  },
  PermissionNotGranted: {
    meaning: "The installation has not all of the repositories and permissions that the token is to have.",
    fine: IN_USE,
    remedy: "Let the installation have them, or ask for less in the manifest.",
    where: ["rotation"],
  },
  EndsByItself: {
    meaning:
      "GitHub ends the token only for whoever shows its value, which Velvet no longer has, or by itself within the hour.",
    fine: "Every consumer that was not skipped works with the new credential; the old one still works too.",
    remedy: RETRIES,
    where: ["rotation"],
  },
  TokenNotRevocable: {
    meaning: "GitHub does not end this token through its API.",
    fine: "Every consumer that was not skipped works with the new credential; the old one still works too.",
    remedy: "Delete it on GitHub's settings page, then confirm with MarkRevoked.",
    where: ["rotation"],
  },
  RevokeUnderWay: {
    meaning: "GitHub has taken the revocation, and still accepts or lists what it ends.",
    fine: "Every consumer that was not skipped works with the new credential.",
    remedy: RETRIES,
    where: ["rotation"],
  },
  KeyUnreadable: {
    meaning: "The value holds no private key of a kind that is known.",
    fine: UNTOUCHED,
    remedy: "Put the whole private key file where it is read from: Ed25519 or RSA, in OpenSSH's format or PEM.",
    where: ["rotation"],
  },
  DeployKeyListed: {
    meaning: "The repository has this deploy key.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  DeployKeyMissing: {
    meaning: "The repository has no such deploy key.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  DeployKeyDisabled: {
    meaning: "A policy of the repository's owner disables its deploy keys.",
    fine: UNTOUCHED,
    remedy: "Let the policy allow deploy keys, or use an App.",
    where: ["rotation"],
  },
  DeployKeyReadOnly: {
    meaning: "The key may read the repository, and not push, as the manifest wants it.",
    fine: "The key works for reading.",
    remedy: "Rotate it: the next one may push.",
    where: ["rotation"],
  },
  DeployKeyTaken: {
    meaning: "GitHub does not take the new key: it is in use elsewhere.",
    fine: IN_USE,
    remedy: "Abort, and request the rotation again: the next key is another one.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  KeyBoundToToken: {
    meaning: "GitHub deletes a deploy key together with the personal access token that made it.",
    fine: IN_USE,
    remedy: "Use an account with a GitHub App, or set acceptsEndWithToken: true.",
    where: ["rotation"],
  },
  TooManyKeys: {
    meaning: "The repository has more deploy keys than are looked through.",
    fine: IN_USE,
    remedy: "Delete those that nobody uses.",
    where: ["rotation"],
  },
};
