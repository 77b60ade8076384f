/** What Secrets Manager's own refusals mean, and Velvet's own around a secret. */
import type { AdapterError, ErrorText } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";
import { errorOf, factsOf, type Refusal, type Wanted } from "./call.ts";

export function secretFailed(refusal: Refusal, wanted: Wanted): AdapterError {
  const { action, on } = wanted;
  const facts = factsOf(wanted, refusal);
  switch (refusal.name) {
    case "InvalidRequest":
      return new Terminal(
        {
          reason: "SecretNotWritable",
          message: `${on} is scheduled for deletion, or managed by another service, so AWS refuses ${action}.`,
          remedy: "Restore the secret (aws secretsmanager restore-secret), or name another one.",
        },
        facts,
      );
    case "InvalidParameter":
    case "Validation":
    case "LimitExceeded":
    case "ResourceExists":
      return new Terminal(
        {
          reason: "SecretRefused",
          message: `AWS refuses to do ${action} on ${on} (${refusal.name}).`,
          remedy: "See the secret's size (64 KB), its name, and how many versions and secrets there are.",
        },
        facts,
      );
    default:
      return errorOf(refusal, wanted);
  }
}

function refused(text: ErrorText, action = "PutSecretValue"): Terminal {
  return new Terminal(text, { vendor: "aws", operation: `secretsmanager:${action}` });
}

export function managedElsewhere(name: string, by: string): Terminal {
  return refused({
    reason: "SecretManagedElsewhere",
    message: `${name} is written by ${by}, and two that rotate one secret would undo each other.`,
    remedy: "Name a secret of its own, or end the other's rotation (aws secretsmanager cancel-rotate-secret).",
  });
}

export function scheduledForDeletion(name: string): Terminal {
  return refused({
    reason: "SecretNotWritable",
    message: `${name} is scheduled for deletion.`,
    remedy: "Restore the secret (aws secretsmanager restore-secret), or name another one.",
  });
}

export function notJson(name: string): Terminal {
  return refused(
    {
      reason: "SecretNotJson",
      message: `${name} holds something else than one JSON object, so a key in it cannot be told from the rest.`,
      remedy: "Name a secret of its own, or make its value a JSON object by hand.",
    },
    "GetSecretValue",
  );
}

export function memberNotText(name: string, key: string): Terminal {
  return refused({
    reason: "KeyNotText",
    message: `${key} of ${name} is an object or a list, which a credential would destroy.`,
    remedy: "Choose another key name, or remove that member by hand.",
  });
}

export function textRefused(name: string): Terminal {
  return refused({
    reason: "SecretRefused",
    message: `A value for ${name} is no UTF-8 text, or makes the secret larger than 64 KB.`,
    remedy: "Use an issuer or a field whose value is text, or a secret of its own.",
  });
}

export function changedMeanwhile(name: string): Transient {
  return new Transient(
    { reason: "VersionConflict", message: `${name} changed since it was looked at.` },
    { vendor: "aws", operation: "secretsmanager:UpdateSecretVersionStage" },
  );
}
