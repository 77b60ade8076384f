/** What the Parameter Store's own refusals mean. */
import type { AdapterError } from "../errors.ts";
import { Terminal } from "../errors.ts";
import { errorOf, factsOf, type Refusal, type Wanted } from "./call.ts";

export function writeFailed(refusal: Refusal, wanted: Wanted): AdapterError {
  const { action, on } = wanted;
  const facts = factsOf(wanted, refusal);
  switch (refusal.name) {
    case "ParameterMaxVersionLimitExceeded":
      return new Terminal(
        {
          reason: "ParameterVersionsFull",
          message: `${on} has 100 versions, and somebody's label holds the oldest, which AWS would have to drop.`,
          remedy: "Move or remove the label on the oldest version (aws ssm unlabel-parameter-version).",
        },
        facts,
      );
    case "HierarchyTypeMismatch":
      return new Terminal(
        {
          reason: "ParameterTypeDiffers",
          message: `${on} is of another type than the manifest says, and AWS never changes a type.`,
          remedy: "Set type as it is, or delete the parameter by hand where nobody reads it.",
        },
        facts,
      );
    case "Validation":
    case "ParameterPatternMismatch":
    case "HierarchyLevelLimitExceeded":
    case "ParameterLimitExceeded":
    case "UnsupportedParameterType":
      return new Terminal(
        {
          reason: "ParameterRefused",
          message: `AWS refuses to do ${action} on ${on} as the manifest has it (${refusal.name}).`,
          remedy:
            "See the parameter's pattern and tier (4 KB, or 8 KB where Advanced), its name, and the region's quota.",
        },
        facts,
      );
    default:
      return errorOf(refusal, wanted);
  }
}

export function labelRefused(name: string): Terminal {
  return new Terminal(
    {
      reason: "ParameterRefused",
      message: `AWS does not take the label for ${name}; the value itself is written.`,
      remedy: "Choose another label: not one that begins with a digit, aws or ssm.",
    },
    { vendor: "aws", operation: "ssm:LabelParameterVersion" },
  );
}

export function typeDiffers(name: string, held: string, wanted: string): Terminal {
  return new Terminal(
    {
      reason: "ParameterTypeDiffers",
      message: `${name} is a ${held} and the manifest says ${wanted}; AWS never changes a type.`,
      remedy: "Set type as it is, or delete the parameter by hand where nobody reads it.",
    },
    { vendor: "aws", operation: "ssm:PutParameter" },
  );
}

export function valueRefused(name: string): Terminal {
  return new Terminal(
    {
      reason: "ParameterValueRefused",
      message: `The value for ${name} is empty, is no UTF-8 text, is larger than 8 KB or has {{…}} in it, which no parameter can hold.`,
      remedy: "Keep this field in a secret of Secrets Manager, or use an issuer whose value is plain text.",
    },
    { vendor: "aws", operation: "ssm:PutParameter" },
  );
}
