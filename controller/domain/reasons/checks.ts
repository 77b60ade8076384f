/** What an account's endpoints and the checks of consumers say. */
import { BOTH, IN_USE, NORMAL, NOTHING } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const CHECKS_REASONS: Readonly<Record<string, Reason>> = {
  EndpointInvalid: {
    meaning: "An endpoint of the VendorAccount has not the form that it needs.",
    fine: IN_USE,
    remedy: "Correct the VendorAccount; an endpoint holds neither user nor password.",
    where: ["account"],
  },
  EndpointInsecure: {
    meaning: "An endpoint is plain http to an address that is not private.",
    fine: IN_USE,
    remedy: "Use https. Plain http is for loopback and private addresses, with allowPrivate: true.",
    where: ["account"],
  },
  HeaderInvalid: {
    meaning: "A header of the VendorAccount has a name or a value that HTTP does not allow.",
    fine: IN_USE,
    remedy: "Correct the header; values are visible ASCII on one line.",
    where: ["account"],
  },
  NameInvalid: {
    meaning: "A name in the manifest cannot stand in a URL.",
    fine: IN_USE,
    remedy: "Correct the name in the manifest.",
    where: ["consumer"],
  },
  ValueNotSendable: {
    meaning: "The check would send a field that no header can carry unchanged.",
    fine: BOTH,
    remedy: "Check another way: an endpoint that sends another field, or a native or manual check.",
    where: ["consumer"],
  },
  StatusExpected: {
    meaning: "The check's endpoint answered as expected.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["consumer"],
  },
  Unauthorized: {
    meaning: "The check's endpoint refused the new credential.",
    fine: BOTH,
    remedy: "See whether the consumer has taken the new value; Velvet checks again.",
    commands: ["velvet describe <request>"],
    where: ["consumer"],
  },
  StatusUnexpected: {
    meaning: "The check's endpoint answered with a status that was not expected.",
    fine: BOTH,
    remedy: "Look at the consumer, or correct expectStatus in the VendorAccount.",
    where: ["consumer"],
  },
  EdgeAnswered: {
    meaning: "A proxy or a login wall answered in the consumer's place, which is no verdict.",
    fine: BOTH,
    remedy: "Let the check pass the wall, with headers in the VendorAccount; Velvet checks again.",
    where: ["consumer"],
  },
  Redirected: {
    meaning: "The check's endpoint answered with a redirect, which is no verdict.",
    fine: BOTH,
    remedy: "Name the final URL in the VendorAccount.",
    where: ["consumer"],
  },
  ConsumerUnavailable: {
    meaning: "The consumer cannot answer now, which is no verdict.",
    fine: BOTH,
    remedy: "See whether it is starting or down; Velvet checks again.",
    where: ["consumer"],
  },
  EndpointsAllowed: {
    meaning: "Every endpoint of the account passes the rules for addresses.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account"],
  },
  NothingToReach: {
    meaning: "Random values need no vendor.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account"],
  },
  AliveByConstruction: {
    meaning: "A random value has no vendor that could refuse it.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  ProposalMissing: {
    meaning: "No value was proposed to the issuer; this is a mistake of Velvet.",
    fine: IN_USE,
    remedy: "Report it as a bug.",
    where: ["rotation"],
  },
};
