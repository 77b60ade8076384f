import type { AccountEndpoint, SecretSource, VendorAccountSpec } from "../../../crds/kinds.gen.ts";
import { OWN_BLOCK_MESSAGE, ownBlockRule } from "./block-rules.ts";
import { adapterNames, adaptersWith } from "./schema.ts";
import { type Twin, twinsOf } from "./twin.ts";

const SOURCE = {
  code: "OneSecretSource",
  rule: "[has(self.env), has(self.file), has(self.secretRef)].filter(given, given).size() == 1",
  message: "exactly one of env, file and secretRef must be given",
  holds: ({ env, file, secretRef }: SecretSource) =>
    [env, file, secretRef].filter((given) => given !== undefined).length === 1,
};

export const ACCOUNT_RULES: readonly Twin[] = [
  ...twinsOf<VendorAccountSpec>("VendorAccount", "spec", [
    {
      code: "ForeignBlock",
      rule: ownBlockRule(adaptersWith("VendorAccount", "spec")),
      message: OWN_BLOCK_MESSAGE,
      holds: (spec) => adapterNames().every((name) => spec[name] === undefined || spec.adapter === name),
    },
  ]),
  ...twinsOf<AccountEndpoint>("VendorAccount", "spec.endpoints[]", [
    {
      code: "PlainHttp",
      rule: "self.url.startsWith('https://') || (has(self.allowPrivate) && self.allowPrivate)",
      message: "a plain http URL is only for a private address: use https, or set allowPrivate",
      at: "url",
      holds: ({ url, allowPrivate }) => url.startsWith("https://") || allowPrivate === true,
    },
  ]),
  ...twinsOf<SecretSource>("VendorAccount", "spec.auth[]", [SOURCE]),
  ...twinsOf<SecretSource>("VendorAccount", "spec.headers[]", [SOURCE]),
];
