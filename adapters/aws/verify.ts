/** Does AWS accept this access key? `GetCallerIdentity` works with any key that is alive, and needs no right. */
import type { Verdict } from "../contract.ts";
import { isAdapterError, OutcomeUnknown } from "../errors.ts";
import type { SecretFields } from "../secret.ts";
import type { Access } from "./access.ts";
import type { Refusal } from "./call.ts";
import { isForbidden, isSkewed, isThrottled } from "./refusals.ts";

export async function verify(access: Access, user: string, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  if (lacks(value)) {
    return {
      liveness: "needs-human",
      reason: "ValueIncomplete",
      message: "The value lacks its accessKeyId or its secretAccessKey, so nobody can sign with it.",
    };
  }
  try {
    const outcome = await access.caller(value, signal);
    return "refusal" in outcome ? refused(outcome.refusal) : accepted(outcome.output.arn, user);
  } catch (error) {
    if (!isAdapterError(error) || signal.aborted || error instanceof OutcomeUnknown) throw error;
    return { liveness: "inconclusive", reason: error.reason, message: error.message };
  }
}

/** `arn:aws:iam::123456789012:user/apps/orders` is of `orders`: the path of a user is no part of its name. */
export function isOf(arn: string, user: string): boolean {
  return /^arn:[a-z-]+:(?:iam|sts)::\d*:user\//.test(arn) && arn.slice(arn.lastIndexOf("/") + 1) === user;
}

/** Nobody can sign with half a key. */
export function lacks(value: SecretFields): boolean {
  return ["accessKeyId", "secretAccessKey"].some((name) => value[name]?.isEmpty !== false);
}

export function isSecretWrong(refusal: Refusal): boolean {
  return refusal.name === "SignatureDoesNotMatch" && !isSkewed(refusal);
}

function accepted(arn: string, user: string): Verdict {
  if (isOf(arn, user)) return { liveness: "alive", reason: "KeyAccepted", message: `AWS accepts the key of ${user}.` };
  return {
    liveness: "needs-human",
    reason: "KeyOfAnotherUser",
    message: `AWS accepts the key, and it is not one of the IAM user ${user}.`,
  };
}

function refused(refusal: Refusal): Verdict {
  const { name } = refusal;
  if (isThrottled(refusal)) return inconclusive("RateLimited", "AWS throttles the question.");
  if (isSkewed(refusal)) {
    return inconclusive("ClockSkewed", "AWS refuses the signature's date: the controller's clock is wrong.");
  }
  if (name === "InvalidClientTokenId") {
    return { liveness: "dead", reason: "KeyNotActive", message: "AWS knows no active key with this id, or not yet." };
  }
  if (isSecretWrong(refusal)) {
    return { liveness: "dead", reason: "KeySecretWrong", message: "The secret is not the one of this key id." };
  }
  if (isForbidden(refusal)) {
    return {
      liveness: "restricted",
      reason: "KeyForbidden",
      message: "AWS knows the key, and a policy forbids it even to ask who it is.",
    };
  }
  return inconclusive("VendorUnavailable", `AWS answered ${refusal.status}, which says nothing of the key.`);
}

function inconclusive(reason: string, message: string): Verdict {
  return { liveness: "inconclusive", reason, message };
}
