/** Velvet's own refusals around access keys, in words. */
import type { AccessKeyMetadata } from "@aws-sdk/client-iam";
import type { ErrorFacts } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";

export function slotChanged(user: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "SlotChanged",
      message: `${user} has got another access key since this mint was decided.`,
      remedy: "Find out who made it; then request the rotation again.",
    },
    facts,
  );
}

export function quotaExhausted(before: readonly AccessKeyMetadata[], facts: ErrorFacts): Terminal {
  const ids = before.map(({ AccessKeyId: id, Status: status }) => `${id} (${status})`).join(", ");
  return new Terminal(
    {
      reason: "QuotaExhausted",
      message: `AWS allows a user two access keys, inactive ones included, and has: ${ids === "" ? "more than it lists yet" : ids}.`,
      remedy:
        "Delete the one that nobody uses at AWS; an inactive one that Velvet keeps for a restore with velvet destroy.",
    },
    facts,
  );
}

export function userMissing(user: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "UserMissing",
      message: `AWS has no IAM user ${user} in this account.`,
      remedy: "Correct the issuer's user, or create it.",
    },
    facts,
  );
}

export function keyOfAnother(operation: string, id: string, user: string): Terminal {
  return new Terminal(
    {
      reason: "KeyOfAnotherUser",
      message: `The access key ${id} does not belong to the IAM user ${user}.`,
      remedy: "Set the issuer's user to the one whose key it is, or end it by hand and say so with MarkRevoked.",
    },
    { vendor: "aws", operation },
  );
}

export function notYetAccepted(id: string): Transient {
  return new Transient(
    {
      reason: "NotIdentified",
      message: `AWS lists ${id} as active and does not accept it yet, so whether its secret is right cannot be told.`,
    },
    { vendor: "aws", operation: "sts:GetCallerIdentity" },
  );
}

export function ownKey(operation: string, id: string): Terminal {
  return new Terminal(
    {
      reason: "OwnKey",
      message: `${id} is the access key that Velvet itself works with: ending it would lock Velvet out.`,
      remedy: "Give the VendorAccount a key of another user, restart, and try again.",
    },
    { vendor: "aws", operation },
  );
}

export function restoredTooLate(id: string): Terminal {
  return new Terminal(
    {
      reason: "RetiredIdGone",
      message: `AWS has no access key ${id} any more, and makes none again.`,
      remedy: "Request a rotation for a new credential.",
    },
    { vendor: "aws", operation: "iam:UpdateAccessKey" },
  );
}
