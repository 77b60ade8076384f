/** What keeps a vendor from being asked, and what it answers. */
import { IN_USE, RETRIES } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const VENDOR_REASONS: Readonly<Record<string, Reason>> = {
  AccountSecretMissing: {
    meaning: "A secret that the VendorAccount names is not there.",
    fine: IN_USE,
    remedy: "Set the variable or the file for the controller; Velvet tries again.",
    commands: ["velvet doctor"],
    where: ["account", "rotation"],
  },
  AccountUnauthorized: {
    meaning: "The vendor refused the account's own credential.",
    fine: IN_USE,
    remedy: "Renew the VendorAccount's own credential.",
    where: ["account", "rotation", "consumer"],
  },
  AccountForbidden: {
    meaning: "The vendor accepted the account's credential, but not this operation.",
    fine: IN_USE,
    remedy: "Give the account's credential the permission that the adapter's readme names.",
    where: ["account", "rotation", "consumer"],
  },
  AccountNotReady: {
    meaning: "The last probe of an account that this rotation needs failed.",
    fine: "Nothing was begun, and the credential in use stays as it is.",
    remedy: "Mend the account as its own reason says. It is probed every 30 seconds; what waits begins by itself.",
    commands: ["velvet status"],
    where: ["request"],
  },
  AccountBusy: {
    meaning: "As many calls of the account were under way as it may have at once, and one more was not sent.",
    fine: IN_USE,
    remedy:
      "Nothing, if it passes. Otherwise raise limits.concurrency of the VendorAccount, if its vendor allows more.",
    where: ["rotation", "consumer"],
  },
  TargetGone: {
    meaning: "The vendor knows no such object, or does not show it to this account.",
    fine: IN_USE,
    remedy:
      "Correct the name in the manifest, or remove the consumer; in this rotation it can be skipped with a ticket.",
    commands: ["velvet describe <request>", "velvet skip <request> <consumer>"],
    where: ["consumer", "rotation"],
  },
  VendorTimeout: {
    meaning: "The vendor gave up waiting for the request.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation", "consumer"],
  },
  VendorConflict: {
    meaning: "The vendor reports a conflict with another change.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation", "consumer"],
  },
  VendorNotReady: {
    meaning: "The vendor asked to send the request later.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation", "consumer"],
  },
  RateLimited: {
    meaning: "A rate limit is reached.",
    fine: IN_USE,
    remedy: "Wait; Velvet tries again when it may. Lower the account's limits where it happens often.",
    where: ["rotation", "consumer"],
  },
  VendorUnavailable: {
    meaning: "The vendor cannot answer now.",
    fine: IN_USE,
    remedy: "Wait; Velvet tries again. See the vendor's status page.",
    where: ["rotation", "consumer", "account"],
  },
  RequestRefused: {
    meaning: "The vendor refused the request.",
    fine: IN_USE,
    remedy: "Compare the manifest with the adapter's readme; quote the request id to the vendor.",
    where: ["rotation", "consumer"],
  },
  UnexpectedRedirect: {
    meaning: "The vendor answered with a redirect, and redirects are never followed.",
    fine: IN_USE,
    remedy: "Correct the VendorAccount's endpoint; a login wall before the API needs headers in the account.",
    where: ["rotation", "consumer", "account"],
  },
  AddressRefused: {
    meaning: "The host's address is one that this account may not connect to.",
    fine: IN_USE,
    remedy: "Use a public address, or let the platform team set allowPrivate; metadata addresses are never allowed.",
    where: ["rotation", "consumer", "account"],
  },
  AnswerTooLarge: {
    meaning: "The answer is larger than the adapter reads.",
    fine: IN_USE,
    remedy: "Check that the endpoint is the API that the adapter expects.",
    where: ["rotation", "consumer"],
  },
  AnswerTimeout: {
    meaning: "No answer came in time.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation", "consumer"],
  },
  AnswerNotUnderstood: {
    meaning: "The vendor's answer is not JSON.",
    fine: IN_USE,
    remedy: "Check that the VendorAccount's endpoint is the API and not a web page.",
    where: ["rotation", "consumer", "account"],
  },
  ConnectTimeout: {
    meaning: "The host could not be reached in time.",
    fine: IN_USE,
    remedy: "Check address, firewall and proxy; Velvet tries again.",
    where: ["rotation", "consumer", "account"],
  },
  ConnectionLost: {
    meaning: "The connection broke before the answer was complete.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation", "consumer", "account"],
  },
  NameNotResolved: {
    meaning: "The host name could not be resolved.",
    fine: IN_USE,
    remedy: "Correct the name, or see to the controller's DNS; Velvet tries again.",
    where: ["rotation", "consumer", "account"],
  },
  TlsFailed: {
    meaning: "No trusted TLS connection could be made.",
    fine: IN_USE,
    remedy: "See to the host's certificate and its name; a private authority must be trusted by the controller.",
    where: ["rotation", "consumer", "account"],
  },
  ConnectFailed: {
    meaning: "No connection could be made.",
    fine: IN_USE,
    remedy: "Check that the host listens and can be reached; Velvet tries again.",
    where: ["rotation", "consumer", "account"],
  },
};
