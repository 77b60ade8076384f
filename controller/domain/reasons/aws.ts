/** What the adapter aws says. */
import { BOTH, IN_USE, NEW, NORMAL, NOTHING } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const AWS_REASONS: Readonly<Record<string, Reason>> = {
  CallerKnown: {
    meaning: "AWS accepts the account's own access key; the message says whose it is.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account"],
  },
  ClockSkewed: {
    meaning: "AWS refuses the date of a signature: the controller's clock is wrong by more than five minutes.",
    fine: IN_USE,
    remedy: "Set the controller's clock right; Velvet tries again.",
    where: ["account", "rotation", "consumer"],
  },
  KeyAccepted: {
    meaning: "AWS accepts the access key.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  KeyNotActive: {
    meaning: "AWS has no active access key with this id, or not all of its servers know it yet.",
    fine: BOTH,
    remedy: "Wait through the propagation window; then see in IAM whether the key is inactive or deleted.",
    where: ["rotation", "consumer"],
  },
  KeySecretWrong: {
    meaning: "AWS knows the access key's id, and the secret beside it is another key's.",
    fine: BOTH,
    remedy: "Find out who wrote half of a key; both fields belong together.",
    where: ["rotation", "consumer"],
  },
  KeyForbidden: {
    meaning: "AWS knows the access key, and a policy forbids it even to ask who it is.",
    fine: IN_USE,
    remedy: "Look at the policies of the user and of its organisation.",
    where: ["rotation", "consumer"],
  },
  KeyOfAnotherUser: {
    meaning: "The access key belongs to another IAM user than the issuer names.",
    fine: IN_USE,
    remedy: "Correct the issuer's user; or end the key by hand and say so with MarkRevoked.",
    commands: ["velvet mark-revoked <request>"],
    where: ["rotation"],
  },
  OwnKey: {
    meaning: "The access key to be ended is the one that Velvet itself works with.",
    fine: IN_USE,
    remedy: "Give the VendorAccount a key of another user, and try again.",
    commands: ["velvet retry <request>"],
    where: ["rotation"],
  },
  UserMissing: {
    meaning: "The IAM user that the issuer names does not exist.",
    fine: IN_USE,
    remedy: "Correct the issuer's user, or create it.",
    where: ["rotation"],
  },
  KmsKeyUnusable: {
    meaning: "The KMS key cannot be used: it does not exist, is disabled, or is of another account.",
    fine: IN_USE,
    remedy: "Correct kmsKey in the manifest, or enable the key.",
    where: ["consumer"],
  },
  ParameterVersionsFull: {
    meaning: "A parameter has 100 versions, and a label holds the oldest, so AWS takes no further one.",
    fine: IN_USE,
    remedy: "Move or remove the label on the oldest version; Velvet tries again.",
    commands: ["velvet retry <request>"],
    where: ["consumer"],
  },
  ParameterTypeDiffers: {
    meaning: "A parameter exists with another type than the manifest says, and AWS never changes a type.",
    fine: IN_USE,
    remedy: "Set type as it is, or delete the parameter by hand where nobody reads it.",
    where: ["consumer"],
  },
  ParameterRefused: {
    meaning: "AWS does not take the parameter as the manifest has it.",
    fine: IN_USE,
    remedy: "See its pattern, tier, name and label, and the region's quota.",
    where: ["consumer"],
  },
  ParameterValueRefused: {
    meaning: "No parameter can hold the value: it is empty, no text, too large, or has double braces.",
    fine: IN_USE,
    remedy: "Keep this field in a secret of Secrets Manager, or use an issuer whose value is plain text.",
    where: ["consumer"],
  },
  ParameterHistory: {
    meaning: "Older versions of a parameter stay readable in its history.",
    fine: NEW,
    remedy: "Nothing, once the old value is revoked; else delete the parameter, and let Velvet make it again.",
    where: ["rotation"],
  },
  SecretNotWritable: {
    meaning: "The secret is scheduled for deletion, or AWS does not let it be written for another such reason.",
    fine: IN_USE,
    remedy: "Restore the secret, or name another one.",
    where: ["consumer"],
  },
  SecretManagedElsewhere: {
    meaning: "The secret is written by a rotation function or by another AWS service.",
    fine: IN_USE,
    remedy: "Name a secret of its own, or end the other's rotation.",
    where: ["consumer"],
  },
  SecretNotJson: {
    meaning: "The secret holds something else than one JSON object.",
    fine: IN_USE,
    remedy: "Name a secret of its own, or make its value a JSON object by hand.",
    where: ["consumer"],
  },
  PreviousSecretVersion: {
    meaning: "The version before stays readable as AWSPREVIOUS until the next write.",
    fine: NEW,
    remedy: "Nothing, once the old value is revoked: AWS drops versions without a stage by itself.",
    where: ["rotation"],
  },
  SinkKindMissing: {
    meaning: "The block aws of a consumer names neither parameters nor a secret.",
    fine: IN_USE,
    remedy: "Give it one of both.",
    where: ["consumer"],
  },
};
