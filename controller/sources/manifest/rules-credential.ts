import type {
  ConsumerCheck,
  ConsumerSpec,
  CredentialSpec,
  CustodySpec,
  IssuerSpec,
  RotationPolicy,
} from "../../../crds/kinds.gen.ts";
import { ONE_BLOCK_MESSAGE, oneBlockRule, RESTART_MESSAGE, restartRule } from "./block-rules.ts";
import { adapterNames, adaptersThatRestart, adaptersWith } from "./schema.ts";
import { type Twin, twinsOf } from "./twin.ts";

/** At most one adapter's block, at each place that takes one. */
function oneBlock(place: "spec.issuer" | "spec.custody" | "spec.consumers[]"): Twin[] {
  return twinsOf<IssuerSpec | CustodySpec | ConsumerSpec>("Credential", place, [
    {
      code: "TwoBlocks",
      rule: oneBlockRule(adaptersWith("Credential", place)),
      message: ONE_BLOCK_MESSAGE,
      holds: (self) => adapterNames().filter((name) => self[name] !== undefined).length <= 1,
    },
  ]);
}

export const CREDENTIAL_RULES: readonly Twin[] = [
  ...twinsOf<CredentialSpec>("Credential", "spec", [
    {
      code: "CustodyMissing",
      rule: "has(self.custody) || has(self.readFrom)",
      message: "custody is required, unless readFrom names a consumer that the current value can be read from",
      holds: ({ custody, readFrom }) => custody !== undefined || readFrom !== undefined,
    },
    {
      code: "UnknownConsumer",
      rule: "!has(self.readFrom) || self.consumers.exists(consumer, consumer.id == self.readFrom)",
      message: "readFrom must be the id of one of the consumers",
      at: "readFrom",
      holds: ({ readFrom, consumers }) => readFrom === undefined || consumers.some(({ id }) => id === readFrom),
    },
  ]),
  ...oneBlock("spec.issuer"),
  ...oneBlock("spec.custody"),
  ...oneBlock("spec.consumers[]"),
  ...twinsOf<ConsumerSpec>("Credential", "spec.consumers[]", [
    {
      code: "RestartUnsupported",
      rule: restartRule(adaptersThatRestart()),
      message: RESTART_MESSAGE,
      at: "restart",
      holds: (self) => self.restart === undefined || adaptersThatRestart().some((name) => self[name] !== undefined),
    },
    {
      code: "PreviousKeyOfCaller",
      rule: "(has(self.role) && self.role != 'caller') || !self.keys.exists(key, has(key.previousKey))",
      message: "previousKey is for acceptors: set role to acceptor or both",
      at: "keys",
      holds: ({ role = "caller", keys }) => role !== "caller" || keys.every((key) => key.previousKey === undefined),
    },
    {
      code: "PreviousKeyTaken",
      rule: "!self.keys.exists(key, has(key.previousKey) && self.keys.exists(other, other.name == key.previousKey))",
      message: "a previousKey must not be the name of another key",
      at: "keys",
      holds: ({ keys }) => !keys.some((key) => keys.some((other) => other.name === key.previousKey)),
    },
  ]),
  ...twinsOf<ConsumerCheck>("Credential", "spec.consumers[].check", [
    {
      code: "CheckWithoutEndpoint",
      rule: "self.type != 'http' || (has(self.account) && has(self.endpoint))",
      message: "a check of type http needs account and endpoint",
      holds: ({ type, account, endpoint }) => type !== "http" || (account !== undefined && endpoint !== undefined),
    },
    {
      code: "CheckTakesNoEndpoint",
      rule: "self.type == 'http' || (!has(self.account) && !has(self.endpoint))",
      message: "account and endpoint belong to a check of type http",
      holds: ({ type, account, endpoint }) => type === "http" || (account === undefined && endpoint === undefined),
    },
  ]),
  ...twinsOf<RotationPolicy>("Credential", "spec.rotation", [
    {
      code: "DowntimeNotAccepted",
      rule: "!has(self.strategy) || self.strategy != 'Replace' || (has(self.acceptsDowntime) && self.acceptsDowntime)",
      message: "the strategy Replace kills the old credential first: it needs acceptsDowntime: true",
      holds: ({ strategy, acceptsDowntime }) => strategy !== "Replace" || acceptsDowntime === true,
    },
  ]),
  ...twinsOf<NonNullable<RotationPolicy["window"]>>("Credential", "spec.rotation.window", [
    {
      code: "EmptyWindow",
      rule: "self.start != self.end",
      message: "a window must not be empty: start and end are equal",
      holds: ({ start, end }) => start !== end,
    },
  ]),
];
