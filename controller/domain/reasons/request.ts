/** Why a request does not become a rotation now, or ever. */
import { BOTH, IN_USE, NOT_BEGUN, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const REQUEST_REASONS: Readonly<Record<string, Reason>> = {
  Expired: {
    meaning: "Its deadline passed before it could begin.",
    fine: NOT_BEGUN,
    remedy: "Merge a new request, with a later deadline.",
    commands: ["velvet request rotate <credential>"],
    where: ["request"],
  },
  RotationOff: {
    meaning: "This controller only observes: VELVET_ROTATION is off.",
    fine: NOT_BEGUN,
    remedy: "Start the controller with VELVET_ROTATION=on; the request is kept until its deadline.",
    where: ["request"],
  },
  Suspended: {
    meaning: "The request is suspended.",
    fine: NOT_BEGUN,
    remedy: "Set spec.suspend to false when it may begin.",
    where: ["request"],
  },
  CredentialSuspended: {
    meaning: "The Credential is suspended.",
    fine: NOT_BEGUN,
    remedy: "Set the Credential's spec.suspend to false when it may rotate.",
    where: ["request"],
  },
  NotBefore: {
    meaning: "Its time has not come: spec.notBefore lies ahead.",
    fine: NOT_BEGUN,
    remedy: "Wait, or merge another request without notBefore.",
    where: ["request"],
  },
  OutsideWindow: {
    meaning: "A schedule asked for it, and the window of its Credential closed before it could begin.",
    fine: NOT_BEGUN,
    remedy: "Wait for the window, or request the rotation yourself: what a person asks for has no window.",
    commands: ["velvet request rotate <credential>"],
    where: ["request"],
  },
  CredentialNotFound: {
    meaning: "There is no Credential of that name in its namespace yet.",
    fine: NOT_BEGUN,
    remedy: "Merge the Credential, or correct credentialRef in a new request.",
    commands: ["velvet validate"],
    where: ["request"],
  },
  RotationInProgress: {
    meaning: "Another rotation of the same credential is going on.",
    fine: "The rotation in progress is not disturbed.",
    remedy: "Wait for it or abort it, then merge a request with a new name.",
    commands: ["velvet status", "velvet abort <request>"],
    where: ["request"],
  },
  WrongEnvironment: {
    meaning: "It belongs to another environment than this controller or ledger.",
    fine: UNTOUCHED,
    remedy: "Send it to the controller of its own environment; never share a ledger between two.",
    where: ["request", "manifest", "start"],
  },
  NoConsumers: {
    meaning: "The Credential has no consumer, so nobody could prove that a new one works.",
    fine: IN_USE,
    remedy: "Register its consumers in the Credential.",
    where: ["request", "rotation"],
  },
  AccountNotFound: {
    meaning: "The Credential names a VendorAccount that is not there yet.",
    fine: NOT_BEGUN,
    remedy: "Merge the VendorAccount into the platform's tree, or correct the name.",
    where: ["request"],
  },
  AdapterUnknown: {
    meaning: "The account is of an adapter that this version does not have.",
    fine: IN_USE,
    remedy: "Correct the VendorAccount's adapter, or run a Velvet that has it.",
    where: ["request", "rotation", "account"],
  },
  RoleUnsupported: {
    meaning: "The account's adapter cannot do what it is used for.",
    fine: IN_USE,
    remedy: "Use an account whose adapter has that role: see the table of adapters.",
    where: ["request", "rotation"],
  },
  BlockMissing: {
    meaning: "A part of the Credential has no block of its account's adapter.",
    fine: NOT_BEGUN,
    remedy: "Add the block that the message names.",
    where: ["request"],
  },
  NotAllowed: {
    meaning: "The VendorAccount does not allow this Credential this use.",
    fine: NOT_BEGUN,
    remedy: "Ask the platform team to extend the account's allow[], or name an allowed target.",
    commands: ["velvet plan"],
    where: ["request", "manifest"],
  },
  Tearing: {
    meaning: "A consumer takes several fields, and its sink cannot change them at once.",
    fine: NOT_BEGUN,
    remedy: "Give the consumer one key that holds all of it, or set acceptsTearing where a mix is harmless.",
    commands: ["velvet plan"],
    where: ["request"],
  },
  EndpointUnknown: {
    meaning: "A check names an endpoint that its account does not have.",
    fine: NOT_BEGUN,
    remedy: "Correct the name, or ask the platform team to add the endpoint.",
    where: ["request"],
  },
  ReadFromUnknown: {
    meaning: "readFrom names none of the Credential's consumers.",
    fine: NOT_BEGUN,
    remedy: "Name the id of a consumer that holds the current value.",
    where: ["request"],
  },
  CannotBeRead: {
    meaning: "The sink does not show values, so what it holds proves nothing.",
    fine: BOTH,
    remedy:
      "Give the consumer an http check that proves the credential, read from another consumer, or confirm it after looking.",
    commands: ["velvet confirm <request> <consumer>"],
    where: ["request", "consumer"],
  },
  FieldUnknown: {
    meaning: "A consumer's key names a field that the issuer's values do not have.",
    fine: NOT_BEGUN,
    remedy: "Name one of the fields that the message lists.",
    where: ["request"],
  },
};
